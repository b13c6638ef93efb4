"""Every URL for every role, from the URL configuration itself: a new URL without a rule fails."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse, set_urlconf

from network.models import Advertiser, User
from network.project import hosts
from publishers.models import (
    LedgerAccount,
    LedgerTransaction,
    ModelTypeCookieType,
    NoticeMail,
    Publisher,
)
from publishers.policy import assigning, deciding
from publishers.teams import invitations
from publishers.teams.models import Invitation
from tests.network.people.rules import (
    ADMIN,
    EVERYBODY,
    RULES,
    SENT_ON,
    WITHOUT_A_FORM,
    WRITERS_OF_A,
    Rule,
    Url,
    urls_of,
)
from tests.network.project.test_content_policy import ADMINS, STRICT, policy_of
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tracking.models import (
    Click,
    Commission,
    Report,
    SetAside,
    SpoolHost,
    UnattributedSales,
    WhatIfRun,
)
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.results import Question

pytestmark = pytest.mark.django_db
TOKEN = "of-an-invitation"
HASHED = make_password("a-password-of-all-9")
"""Hashed once: it takes long, and on purpose."""


@dataclass
class World:
    """Advertiser A with its partner P, and beside them B with Q."""

    a: Advertiser
    b: Advertiser
    p: Publisher
    q: Publisher
    users: dict[str, User]
    rows: dict[str, Model] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        client = Client(HTTP_HOST=settings.SITE_HOST)
        if role != "anonymous":
            client.force_login(self.users[role])
        return client

    def address(self, url: Url) -> str:
        """The URL with A's and P's own objects in it."""
        bare = url.name.removeprefix("admin:")
        model = next((name for name in ADMIN if bare.startswith(f"{name}_")), "")
        key = self.rows[model].pk if model else None
        if not url.name:
            return self._address_of_route(url)
        arguments: dict[str, list[Any]] = {
            "admin:app_list": ["publishers"],
            "admin:view_on_site": [1, self.a.pk],
            "admin:auth_user_password_change": [self.rows["network_user"].pk],
            "account_reset_password_from_key": ["MQ", "used-already"],
            "admin:staff": [self.a.pk],
            "admin:integration": [self.a.pk],
            "invitation": [TOKEN],
            "first_operator": ["there-is-one"],
            "confirm_email": ["not-asked-for"],
            "end_session": [1],
            "apply": [self.p.pk, self.b.pk],
            "answer": [self.p.pk, self.b.pk],
            "admin:cancel_change": ["cookie-type", self.rows["coming"].pk],
            "admin:whatif_run": [self.rows["whatif"].pk],
            "admin:whatif_csv": [self.rows["whatif"].pk, "partners"],
            "sale": [self.p.pk, self.rows["tracking_commission"].pk],
        }
        if url.name in arguments:
            values = arguments[url.name]
        elif "<int:publisher>" in url.route:
            values = [self.p.pk]
        elif "<" in url.route:
            values = [key]
        else:
            values = []
        return reverse(url.name, args=values) + self.queries.get(url.name, "")

    def _address_of_route(self, url: Url) -> str:
        for model, row in self.rows.items():
            if f"/{model.replace('_', '/')}/" in url.route:
                return f"/{url.route}".replace("<path:object_id>", str(row.pk))
        return "/admin/there-is-no-such-page"


def sell(advertiser: Advertiser, publisher: Publisher, order: str, *, conflict: bool) -> None:
    """A sale with everything that belongs to it: final, or in conflict."""
    shopper = Shopper()
    partnership = advertiser.partnerships.get(publisher=publisher)
    at = NOW - timedelta(days=50)
    shopper.follow(partnership, at, ref=f"reference-{publisher.name}")
    shopper.buy(advertiser, at + timedelta(minutes=1), order=order)
    if conflict:
        data = {"order": order, "amount": "1.00"}
        later = at + timedelta(minutes=2)
        report_sale(advertiser, later, data, from_cookies=shopper.cookies, source="pixel")
    report_sale(advertiser, at, {"order": f"without-{order}", "amount": "5.00"})


def found() -> World:
    a, b = make_advertiser("Tenant A"), make_advertiser("Tenant B")
    p, q = make_publisher("Publisher P"), make_publisher("Publisher Q")
    for advertiser, publisher in ((a, p), (b, q)):
        make_partner(advertiser, publisher, "hard")
        sell(advertiser, publisher, f"final-{publisher.name}", conflict=False)
        finalise(NOW)
        sell(advertiser, publisher, f"open-{publisher.name}", conflict=True)
        assigning.set_default(
            advertiser, "voucher", "soft", NOW, reason=f"Of {advertiser}", made_by=None
        )
    world = World(a, b, p, q, make_users(a, b, p, q))
    SpoolHost.objects.create(name="web-1", registered_at=NOW, drained_to=NOW)
    SetAside.objects.create(
        host="web-1", segment="s", offset=0, record="{}", error="bad", set_aside_at=NOW
    )
    deciding.change_terms(a.partnerships.get(publisher=p), {"hard_days": 29}, NOW, made_by=None)
    [coming] = assigning.assign(
        [a.partnerships.get(publisher=p)],
        "soft",
        NOW,
        reason="Agreed",
        made_by=None,
        start=NOW + timedelta(days=9),
    )
    world.rows = {
        **rows_of(a, p),
        "coming": coming,
        "whatif": asked_of(a, p, world.users["owner_a"]),
    }
    sale, partner = (
        world.rows[name].pk for name in ("tracking_conversion", "publishers_partnership")
    )
    world.queries = {
        "admin:autocomplete": (
            "?term=a&app_label=network&model_name=staffmembership&field_name=user"
        ),
        "admin:publishers_partnership_status": "?to=suspended",
        "admin:tracking_conversion_rule_many": f"?to=decline&sales={sale}",
        "admin:tracking_conversion_settle_many": f"?sales={sale}",
        "admin:publishers_partnership_decide_many": f"?to=approved&partner={partner}",
        "admin:publishers_partnership_cookie_type": f"?to=soft&partners={partner}",
    }
    return world


def make_users(a: Advertiser, b: Advertiser, p: Publisher, q: Publisher) -> dict[str, User]:
    users = {
        "operator": make_user("operator"),
        "owner_a": make_user("owner", a),
        "manager_a": make_user("manager", a),
        "viewer_a": make_user("viewer", a),
        "owner_b": make_user("owner", b),
        "owner_p": make_user("owner", p),
        "member_p": make_user("member", p),
        "member_q": make_user("member", q),
        "stranger": make_user(),
    }
    for user in users.values():
        user.password = HASHED
        user.save(update_fields=["password"])
    return users


def rows_of(advertiser: Advertiser, publisher: Publisher) -> dict[str, Model]:
    """A row of each model that the admin shows, of this advertiser and this publisher. The sale is
    one in conflict, so that it can be settled."""
    sale = advertiser.conversions.get(order=f"open-{publisher.name}")
    return {
        "network_advertiser": advertiser,
        "network_user": make_user(),
        "publishers_publisher": publisher,
        "publishers_team": publisher.team,
        "publishers_invitation": Invitation.objects.create(
            email="nina@example.com",
            team=publisher.team,
            role="member",
            token_hash=invitations.hash_of(TOKEN),
            invited_by=make_user("operator"),
            created_at=NOW,
            expires_at=NOW + timedelta(days=7),
        ),
        "publishers_partnership": advertiser.partnerships.get(publisher=publisher),
        "publishers_modeltypecookietype": ModelTypeCookieType.objects.get(advertiser=advertiser),
        "publishers_ledgeraccount": LedgerAccount.objects.get(advertiser=advertiser),
        "publishers_ledgertransaction": LedgerTransaction.objects.get(advertiser=advertiser),
        "tracking_conversion": sale,
        "tracking_commission": Commission.objects.get(conversion=sale),
        "tracking_report": Report.objects.filter(conversion=sale)[0],
        "tracking_click": Click.objects.filter(publisher=publisher)[0],
        "tracking_unattributedsales": UnattributedSales.objects.get(advertiser=advertiser),
        "tracking_spoolhost": SpoolHost.objects.get(),
        "tracking_setaside": SetAside.objects.get(),
        "publishers_noticemail": NoticeMail.objects.filter(publisher=publisher)[0],
        "admin_logentry": LogEntry.objects.log_actions(
            make_user("operator").pk, [publisher], CHANGE, "Changed", single_object=True
        ),
    }


def asked_of(advertiser: Advertiser, publisher: Publisher, user: User) -> WhatIfRun:
    """A what-if of this person, counted."""
    change = Change(types={publisher.pk: CookieType.SOFT})
    question = Question({advertiser.pk: change}, since=NOW - timedelta(days=90), until=NOW)
    run = runs.start(question, NOW, made_by=user)
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def is_hidden(response: Any) -> bool:
    """Not found, not allowed, or shown the way to the sign-in."""
    if response.status_code == 302:
        elsewhere = SENT_ON.get(response.wsgi_request.path)
        sign_in = response.url.startswith(("/sign-in/", "/admin/login/"))
        return bool(sign_in or response.url == elsewhere)
    return bool(response.status_code in (403, 404))


def is_answered(response: Any, rule: Rule) -> bool:
    """As the rule says; a page that sends people on to what is theirs does so inside the site."""
    if rule.answer == 200 and response.status_code == 302:
        home = response.url == "/" or response.url.startswith(("/dashboard/", "/admin/"))
        return bool(home and not is_hidden(response))
    return bool(response.status_code == rule.answer)


def test_every_url_has_a_rule_and_every_rule_a_url() -> None:
    keys = {url.key for url in urls_of(settings.ROOT_URLCONF)}
    assert keys - set(RULES) == set(), "say in RULES who may see these"
    assert set(RULES) - keys == set(), "these are gone"


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_url_is_shown_to_whom_it_is_for_and_to_nobody_else(world: World, role: str) -> None:
    """Each with its content policy, which it keeps; a page names nobody who is no business of who
    reads it."""
    client = world.client(role)
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        rule, address = RULES[url.key], world.address(url)
        response = client.get(address)
        fine = is_answered(response, rule) if role in rule.read else is_hidden(response)
        if not fine:
            wrong.append(
                f"{address}: {response.status_code} {response.headers.get('Location', '')}"
            )
        framed = getattr(response, "is_framed_as_admin", False)  # refused, with the sidebar
        if policy_of(response) != (ADMINS if framed or url.route.startswith("admin/") else STRICT):
            wrong.append(f"{address}: its policy is {policy_of(response)}")
        if role in rule.read:
            page = response.content.decode()
            wrong += [f"{address}: holds {found.group()}" for found in INLINE.finditer(page)]
            wrong += [f"{address}: names {name}" for name in secrets(url, role) if name in page]
    assert wrong == []
    assert len(RULES) > 90


INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\s(?:src|type)=)|\son[a-z]+=", re.IGNORECASE)
"""A script or a style inside a page: the content policy would refuse it."""


def secrets(url: Url, role: str) -> set[str]:
    """What this page must not name to who belongs to Tenant A or Publisher P."""
    if role not in ("owner_a", "manager_a", "viewer_a", "owner_p", "member_p"):
        return set()
    found = {"Tenant B", "Publisher Q", "reference-Publisher Q"}
    return found - {"Tenant B"} if url.key == "find_programmes" else found  # one may apply


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_form_is_refused_to_those_who_may_not_write(world: World, role: str) -> None:
    client = world.client(role)
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        rule, address = RULES[url.key], world.address(url)
        if not rule.write or role in rule.write:
            continue
        response = client.post(address, {"to": "soft", "partners": "1", "reason": "none"})
        if not is_hidden(response) and response.status_code != 405:
            wrong.append(f"{address}: {response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", sorted(WRITERS_OF_A))
def test_every_form_is_open_to_those_who_may_write(world: World, role: str) -> None:
    client = world.client(role)
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        if role in RULES[url.key].write:
            response = client.post(world.address(url), {})
            if not is_taken(response, url):
                wrong.append(f"{url.key}: {response.status_code}")
    assert wrong == []


def is_taken(response: Any, url: Url) -> bool:
    """Shown again, since what was sent lacks everything; or carried out, where there is no form."""
    if url.key in WITHOUT_A_FORM:
        return bool(response.status_code == 302 and not is_hidden(response))
    lost = ("admin:publishers_partnership_cookie_type", "admin:tracking_conversion_settle_many")
    if url.key in lost:  # this form has lost its ids
        return bool(response.status_code in (200, 404))
    return bool(response.status_code == 200)


# The other hosts' URLs are for everybody: nobody signs in there.
PUBLIC = {
    *("click", "activate", "landing", "tag", "debug", "sale", "forget", "pixel", "page_style"),
    *("damaged_click", "damaged_pixel", "compatible_link", "compatible_pixel", "compatible_report"),
    "compatible_tag",
}
PUBLIC_IN_DEMO = PUBLIC | {"t/<int:advertiser>/demo/end-session"}
API = {
    *("api-1:api-root", "api-1:report_conversions", "api-1:approve", "api-1:approve_all"),
    *("api-1:decline", "api-1:decline_all", "api-1:cancel", "api-1:cancel_all"),
    *("api-1:openapi-json", "api-1:openapi-view", "compatible_orders"),
}
DEMO = {
    *("", "demo-product", "demo-checkout", "demo-thank-you", "demo-strip", "demo-skip"),
    *("demo-end-session", "demo-look", "static/<path:path>"),
}


@pytest.mark.parametrize(
    ("urlconf", "public"),
    [
        pytest.param("tracking.urls", PUBLIC, id="tracking"),
        pytest.param("network.demo.pages.tracking_urls", PUBLIC_IN_DEMO, id="tracking_in_the_demo"),
        pytest.param("network.demo.pages.urls", DEMO, id="demo"),
        pytest.param("tracking.api.urls", API, id="api"),
    ],
)
def test_every_url_of_another_host_is_declared_public(urlconf: str, public: set[str]) -> None:
    assert {url.key for url in urls_of(urlconf)} == public


def test_no_url_of_the_site_answers_on_the_tracking_host(world: World) -> None:
    answered: dict[str, tuple[str, dict[str, str]]] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        answered[address] = (status, dict(headers))

    application = hosts.application()
    for address in [world.address(url) for url in urls_of(settings.ROOT_URLCONF)]:
        environ = RequestFactory().get(address).environ
        list(application({**environ, "HTTP_HOST": settings.TRACKING_HOST}, start_response))
    set_urlconf(None)
    assert len(answered) > 100
    for address, (status, headers) in answered.items():
        assert status.startswith("404"), address
        assert "Set-Cookie" not in headers, address
