"""Every URL for every role, from the URL configuration itself: a new URL without a rule fails."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse, set_urlconf
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from network.advertisers import tracking_hosts
from network.models import Advertiser, CommissionGroup, User
from network.people import access
from network.project import hosts
from publishers.models import (
    LedgerAccount,
    LedgerTransaction,
    ModelTypeCookieType,
    NoticeMail,
    PartnerNote,
    Publisher,
)
from publishers.notices import reading as notice_reading
from publishers.policy import assigning, deciding
from publishers.teams import invitations
from publishers.teams.models import Invitation
from tests.support.founding import made_once
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
from tracking.commissions import rulings
from tracking.commissions.rulings import Statement
from tracking.models import (
    Click,
    Commission,
    Report,
    SetAside,
    SpoolHost,
    UnattributedSales,
    Validation,
    WhatIfRun,
)
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.results import Question

pytestmark = pytest.mark.django_db

NOBODY: frozenset[str] = frozenset()
OPERATORS = frozenset({"operator"})
WRITERS_OF_A = OPERATORS | {"owner_a", "manager_a"}
STAFF_OF_A = WRITERS_OF_A | {"viewer_a"}
STAFF = STAFF_OF_A | {"owner_b"}
WRITERS = WRITERS_OF_A | {"owner_b"}
TEAM_OF_P = frozenset({"owner_p", "member_p"})
PUBLISHERS = TEAM_OF_P | {"member_q"}
SIGNED_IN = STAFF | PUBLISHERS | {"stranger"}
ASKED = frozenset({"owner_a"})
"""Who asked a what-if; nobody else sees it."""
EVERYBODY = SIGNED_IN | {"anonymous"}
TOKEN = "of-an-invitation"
HASHED = make_password("a-password-of-all-9")
"""Hashed once: it takes long, and on purpose."""


@dataclass(frozen=True)
class Rule:
    """Who may GET a URL and with which answer, and who may POST to it. Everybody else gets 404,
    403 or the way to the sign-in."""

    read: frozenset[str]
    write: frozenset[str] = NOBODY
    answer: int = 200


@dataclass(frozen=True)
class AdminRules:
    """The pages that the admin makes for a model; ``page`` is that of a row of A's."""

    listed: frozenset[str]
    page: frozenset[str]
    add: frozenset[str] = NOBODY
    change: frozenset[str] = NOBODY


OF_A = AdminRules(listed=STAFF, page=STAFF_OF_A)
OF_OPERATORS = AdminRules(listed=OPERATORS, page=OPERATORS)

ADMIN: dict[str, AdminRules] = {
    "network_advertiser": AdminRules(STAFF, STAFF_OF_A, add=OPERATORS, change=WRITERS_OF_A),
    "network_user": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_publisher": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_team": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_invitation": AdminRules(OPERATORS, OPERATORS, add=OPERATORS),
    "publishers_partnership": AdminRules(STAFF, STAFF_OF_A, add=OPERATORS),
    "publishers_modeltypecookietype": AdminRules(STAFF, STAFF_OF_A, add=WRITERS),
    "publishers_ledgeraccount": OF_A,
    "publishers_ledgertransaction": OF_A,
    "tracking_conversion": OF_A,
    "tracking_commission": OF_A,
    "tracking_report": OF_A,
    "tracking_click": OF_A,
    "tracking_unattributedsales": OF_A,
    "tracking_spoolhost": OF_OPERATORS,
    "tracking_setaside": OF_OPERATORS,
    "publishers_noticemail": OF_OPERATORS,
    "admin_logentry": OF_OPERATORS,
}

RULES: dict[str, Rule] = {
    "home": Rule(SIGNED_IN),
    "account_login": Rule(EVERYBODY),
    "account_inactive": Rule(EVERYBODY),
    "account_logout": Rule(SIGNED_IN | {"anonymous"}, answer=405),
    "account_reauthenticate": Rule(SIGNED_IN),
    "account_change_password": Rule(SIGNED_IN),
    "account_set_password": Rule(SIGNED_IN, answer=302),
    "account_reset_password": Rule(EVERYBODY),
    "account_reset_password_done": Rule(EVERYBODY),
    "account_reset_password_from_key": Rule(EVERYBODY),
    "account_reset_password_from_key_done": Rule(EVERYBODY),
    "mfa_authenticate": Rule(SIGNED_IN),  # in the midst of signing in; leads on after it
    "invitation": Rule(EVERYBODY),
    "mfa_index": Rule(SIGNED_IN),
    "mfa_reauthenticate": Rule(SIGNED_IN, answer=302),  # without one: by password
    "mfa_activate_totp": Rule(SIGNED_IN, answer=302),  # by password first
    "mfa_deactivate_totp": Rule(NOBODY),  # without one
    "mfa_view_recovery_codes": Rule(NOBODY),  # without one
    "mfa_generate_recovery_codes": Rule(SIGNED_IN, answer=302),  # by password first
    "publisher_home": Rule(SIGNED_IN),
    "dashboard": Rule(TEAM_OF_P),
    "programmes": Rule(TEAM_OF_P),
    "find_programmes": Rule(TEAM_OF_P),
    "applied_programmes": Rule(TEAM_OF_P),
    "links": Rule(TEAM_OF_P),
    "apply": Rule(TEAM_OF_P, answer=405),
    "clicks": Rule(TEAM_OF_P),
    "clicks_without_cookie": Rule(TEAM_OF_P),
    "notices": Rule(TEAM_OF_P),
    "sales": Rule(TEAM_OF_P),
    "team": Rule(TEAM_OF_P, write=frozenset({"owner_p"})),
    "sales_elsewhere": Rule(TEAM_OF_P),
    "sale": Rule(TEAM_OF_P),
    "admin:index": Rule(STAFF),
    "admin:login": Rule(STAFF, answer=302),
    "admin:logout": Rule(STAFF, answer=405),
    "admin:password_change": Rule(STAFF, answer=302),
    "admin:password_change_done": Rule(STAFF),
    "admin:autocomplete": Rule(OPERATORS),
    "admin:jsi18n": Rule(STAFF),
    "admin:view_on_site": Rule(NOBODY),
    "admin:search": Rule(NOBODY),
    "admin:app_list": Rule(STAFF),
    "admin:own_staff": Rule(STAFF),
    "admin:staff": Rule(STAFF_OF_A, write=OPERATORS | {"owner_a"}),
    "admin:publishers_invitation_do": Rule(OPERATORS, write=OPERATORS, answer=405),
    "admin:simulator": Rule(STAFF, write=STAFF),
    "admin:whatif": Rule(STAFF, write=STAFF),
    "admin:whatif_run": Rule(ASKED, write=ASKED),
    "admin:whatif_csv": Rule(ASKED),
    "admin/(?P<url>.*)$": Rule(NOBODY),
    "admin:auth_user_password_change": Rule(OPERATORS, write=OPERATORS),
    "admin:network_user_second_factor": Rule(OPERATORS, write=OPERATORS),
    "admin:network_advertiser_terms": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_rate": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_signing_key": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_publisher_model_type": Rule(OPERATORS, write=OPERATORS),
    "admin:publishers_partnership_terms": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:cancel_change": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_note": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_status": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_cookie_type": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_approve": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_decline": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_settle": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_take_back": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_health": Rule(OPERATORS),
    "admin:tracking_setaside_replay": Rule(OPERATORS, write=OPERATORS, answer=405),
    "admin:publishers_noticemail_again": Rule(OPERATORS, write=OPERATORS, answer=405),
}
for model, rules in ADMIN.items():
    RULES |= {
        f"admin:{model}_changelist": Rule(rules.listed),
        f"admin:{model}_add": Rule(rules.add, write=rules.add),
        f"admin:{model}_history": Rule(rules.page),
        f"admin:{model}_delete": Rule(NOBODY),
        f"admin:{model}_change": Rule(rules.page, write=rules.change),
        f"admin/{model.replace('_', '/')}/<path:object_id>/": Rule(STAFF, answer=302),
    }
WITHOUT_A_FORM = {
    "admin:tracking_setaside_replay",
    "admin:publishers_invitation_do",
    "admin:publishers_noticemail_again",
    "admin:whatif_run",
}
"""A POST there does it, and leads on to the page of what it was done to."""
SENT_ON = {"/admin/logout/": "/admin/"}
"""Where those whom a URL is not for are sent, if not to the sign-in; that is hidden in its turn."""


@dataclass(frozen=True)
class Url:
    """A pattern of the URL configuration: its name where it has one, else its route."""

    key: str
    name: str
    route: str


def walk(patterns: list[Any], route: str = "", namespace: str = "") -> Iterator[Url]:
    for item in patterns:
        below = f"{route}{item.pattern}"
        if isinstance(item, URLResolver):
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            yield from walk(item.url_patterns, below, inner)
        elif isinstance(item, URLPattern):
            name = f"{namespace}{item.name}" if item.name else ""
            yield Url(name or below, name, below)


def urls_of(urlconf: str) -> list[Url]:
    return list(walk(get_resolver(urlconf).url_patterns))


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
            "invitation": [TOKEN],
            "apply": [self.p.pk, self.b.pk],
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


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world of all tests of this module."""
    with made_once(django_db_blocker, found) as world:
        yield world


@pytest.fixture
def world(founded: World, at_now: None, db: None) -> World:
    """For one test, which may change it."""
    return copy.deepcopy(founded)


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
    world.queries = {
        "admin:autocomplete": (
            "?term=a&app_label=network&model_name=staffmembership&field_name=user"
        ),
        "admin:publishers_partnership_status": "?to=suspended",
        "admin:publishers_partnership_cookie_type": (
            f"?to=soft&partners={world.rows['publishers_partnership'].pk}"
        ),
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
    assert wrong == []


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
    if url.key == "admin:publishers_partnership_cookie_type":  # this form has lost its ids
        return bool(response.status_code in (200, 404))
    return bool(response.status_code == 200)


MUST_HAVE_ONE = ["operator", "owner_a", "owner_b", "owner_p"]
ON_THE_WAY = {"account_reauthenticate", "account_logout", "mfa_activate_totp"}


@pytest.mark.parametrize("role", MUST_HAVE_ONE)
def test_without_a_second_factor_there_is_nothing_but_its_set_up(
    world: World, role: str, settings: Settings
) -> None:
    settings.TOTP_REQUIRED = True
    client = world.client(role)
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        for method in ("get", "post"):
            answer = getattr(client, method)(world.address(url))
            led = answer.headers.get("Location", "").startswith("/second-factor/set-up/")
            if led is (url.key in ON_THE_WAY):
                wrong.append(f"{method} {world.address(url)}: {answer.status_code}")
            if url.key == "account_logout":
                client = world.client(role)
    assert wrong == []


@pytest.mark.parametrize("role", MUST_HAVE_ONE)
def test_with_a_second_factor_everything_is_as_the_role_says(
    world: World, role: str, settings: Settings
) -> None:
    settings.TOTP_REQUIRED = True
    client = world.client(role)
    show_second_factor(client, world.users[role])
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        if url.key.startswith("mfa_"):
            continue
        rule, address = RULES[url.key], world.address(url)
        response = client.get(address)
        fine = is_answered(response, rule) if role in rule.read else is_hidden(response)
        if not fine:
            wrong.append(f"{address}: {response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", sorted(SIGNED_IN - set(MUST_HAVE_ONE)))
def test_nobody_else_must_have_a_second_factor(world: World, role: str, settings: Settings) -> None:
    settings.TOTP_REQUIRED = True
    there = world.client(role).get("/", follow=True)
    assert there.status_code == 200
    assert "/second-factor/" not in there.request["PATH_INFO"]


def show_second_factor(client: Client, user: User) -> None:
    """Give somebody one, which this session has shown."""
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


@pytest.mark.parametrize("role", ["owner_a", "viewer_a", "member_p"])
def test_no_page_names_another_tenant(world: World, role: str) -> None:
    client = world.client(role)
    named = []
    for url in urls_of(settings.ROOT_URLCONF):
        if role in RULES[url.key].read:
            text = client.get(world.address(url)).content.decode()
            secrets = ("Tenant B", "Publisher Q", "reference-Publisher Q")
            named += [(url.key, secret) for secret in secrets if secret in text]
    may_apply = ("find_programmes", "Tenant B")
    assert [each for each in named if each != may_apply] == []


INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\s(?:src|type)=)|\son[a-z]+=", re.IGNORECASE)


def test_no_page_holds_a_script_or_a_style_itself(world: World) -> None:
    """The content policy would refuse it."""
    client = world.client("operator")
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        if "operator" in RULES[url.key].read:
            page = client.get(world.address(url)).content.decode()
            wrong += [f"{url.key}: {found.group()}" for found in INLINE.finditer(page)]
    assert wrong == []


def test_another_tenants_row_is_not_there(world: World) -> None:
    client = world.client("owner_b")
    answers = {
        (model, page): client.get(
            reverse(f"admin:{model}_{page}", args=[world.rows[model].pk])
        ).status_code
        for model in ADMIN
        for page in ("change", "history", "delete")
    }
    assert {key: status for key, status in answers.items() if status != 404} == {}
    assert answers


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("network/advertiser/{a}/terms/", id="terms"),
        pytest.param("network/advertiser/{a}/rate/", id="rate"),
        pytest.param("publishers/partnership/{partnership}/terms/", id="partnership_terms"),
        pytest.param("publishers/partnership/{partnership}/note/", id="note"),
        pytest.param("publishers/partnership/{partnership}/status/?to=ended", id="status"),
        pytest.param(
            "publishers/partnership/cookie-type/?to=soft&partners={partnership}", id="cookie_type"
        ),
        pytest.param("tracking/conversion/{sale}/approve/", id="approve"),
        pytest.param("tracking/conversion/{sale}/decline/", id="decline"),
        pytest.param("tracking/conversion/{sale}/settle/", id="settle"),
        pytest.param("tracking/conversion/{sale}/take-back/", id="take_back"),
        pytest.param("tracking/conversion/{sale}/", id="redirect_to_the_page"),
    ],
)
def test_another_tenants_row_cannot_be_acted_on(world: World, address: str) -> None:
    row = world.rows["tracking_conversion"]
    partnership = world.rows["publishers_partnership"]
    path = address.format(a=world.a.pk, partnership=partnership.pk, sale=row.pk)
    client = world.client("owner_b")
    assert client.get(f"/admin/{path}", follow=True).status_code == 404
    assert client.post(f"/admin/{path}", {"reason": "none"}, follow=True).status_code == 404


def test_an_id_of_another_tenant_in_a_selection_is_not_found(world: World) -> None:
    own = world.b.partnerships.get()
    others = world.rows["publishers_partnership"]
    response = world.client("owner_b").post(
        "/admin/publishers/partnership/cookie-type/",
        {"to": "soft", "partners": f"{own.pk},{others.pk}", "reason": "mine"},
    )
    assert response.status_code == 404
    assert own.assignments.count() == 1


def test_an_action_reaches_own_rows_only(world: World) -> None:
    others = world.rows["publishers_partnership"]
    response = world.client("owner_b").post(
        "/admin/publishers/partnership/",
        {"action": "set_soft", "_selected_action": [str(others.pk)]},
        follow=True,
    )
    assert "Publisher P" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("tracking/conversion/?advertiser={a}", id="filter_that_is_not_offered"),
        pytest.param("tracking/conversion/?advertiser__id__exact={a}", id="made_up_filter"),
        pytest.param("publishers/partnership/?q={p}", id="search"),
        pytest.param("tracking/click/?q={click}", id="search_by_id"),
        pytest.param("tracking/commission/?q={p}", id="search_by_name"),
    ],
)
def test_a_filter_or_search_finds_nothing_of_another_tenant(world: World, path: str) -> None:
    values = {"a": world.a.pk, "p": world.p.pk, "click": world.rows["tracking_click"].pk}
    page = world.client("owner_b").get(f"/admin/{path.format(**values)}").content.decode()
    assert "Publisher P" not in page
    assert "Tenant A" not in page


def test_a_lookup_through_relations_is_refused(world: World) -> None:
    address = "/admin/tracking/commission/?publisher__partnerships__advertiser__name=Tenant+A"
    assert world.client("owner_b").get(address).status_code == 400


def test_staff_of_two_advertisers_choose_between_theirs_only(world: World) -> None:
    c = make_advertiser("Tenant C")
    user = make_user("viewer", c)
    user.staff_memberships.create(advertiser=world.b, role="owner")
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(user)
    page = client.get("/admin/tracking/conversion/").content.decode()
    assert "Tenant B" in page
    assert "Tenant C" in page
    assert "Tenant A" not in page
    assert client.get(f"/admin/tracking/conversion/?advertiser={world.a.pk}").status_code == 404


@pytest.mark.parametrize(
    ("model_name", "field_name"),
    [
        pytest.param("staffmembership", "user", id="users"),
        pytest.param("staffmembership", "advertiser", id="advertisers"),
        pytest.param("commissiongroup", "advertiser", id="advertisers_by_group"),
    ],
)
def test_autocomplete_offers_nothing_of_another_tenant(
    world: World, model_name: str, field_name: str
) -> None:
    query = f"?app_label=network&model_name={model_name}&field_name={field_name}&term="
    response = world.client("owner_b").get(f"/admin/autocomplete/{query}")
    if response.status_code == 200:
        assert [item["text"] for item in response.json()["results"]] == ["Tenant B"]
    else:
        assert response.status_code == 403


def test_a_viewer_is_offered_no_action(world: World) -> None:
    page = world.client("viewer_a").get("/admin/publishers/partnership/").content.decode()
    assert "Set soft" not in page
    response = world.client("viewer_a").post(
        "/admin/publishers/partnership/",
        {"action": "set_soft", "_selected_action": [str(world.rows["publishers_partnership"].pk)]},
        follow=True,
    )
    assert "Reason, shown to the partner" not in response.content.decode()


def test_somebody_deactivated_sees_nothing(world: World) -> None:
    client = world.client("owner_a")
    User.objects.filter(pk=world.users["owner_a"].pk).update(is_active=False)
    assert is_hidden(client.get("/admin/"))


def test_every_model_has_a_rule() -> None:
    ours = {"network", "publishers", "tracking", "admin"}
    labels = {m._meta.label_lower for m in apps.get_models() if m._meta.app_label in ours}
    assert set(access.RULES) == labels


def test_a_model_without_a_rule_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "RULES", {})
    with pytest.raises(ImproperlyConfigured, match=r"CommissionGroup has no rule"):
        access.for_staff(CommissionGroup.objects.all(), AnonymousUser())


def test_what_is_not_for_publishers_is_an_error_there() -> None:
    with pytest.raises(ImproperlyConfigured, match="not shown to publishers"):
        access.for_publisher(Report.objects.all(), 1)


def test_every_rules_lookup_leads_to_its_tenant(world: World) -> None:
    for advertiser, publisher in ((world.a, world.p), (world.b, world.q)):
        make_what_no_page_needs(advertiser, publisher, world.users["operator"])
    for label, rule in access.RULES.items():
        rows = apps.get_model(label)._default_manager.all()
        if rule.advertiser:
            seen = access.for_staff(rows, world.users["owner_a"])
            assert set(seen) == belonging(rows, rule.advertiser, world.a), label
        if rule.publisher:
            seen = access.for_publisher(rows, world.p.pk)
            assert set(seen) == belonging(rows, rule.publisher, world.p), label


def make_what_no_page_needs(advertiser: Advertiser, publisher: Publisher, person: User) -> None:
    """A row of each model that the world has none of."""
    tracking_hosts.replace(advertiser, [f"go.shop-{advertiser.pk}.example"])
    notice_reading.mark_read(person, publisher, 0)
    PartnerNote.objects.create(
        partnership=advertiser.partnerships.get(publisher=publisher),
        text=f"Of {advertiser}",
        made_by=person,
        created_at=NOW,
    )
    sale = advertiser.conversions.get(order=f"open-{publisher.name}")
    said = Statement(action=Validation.Action.APPROVE, made_by=person)
    rulings.carry_out(said, sale.commission, NOW)


def belonging(rows: QuerySet[Model], lookup: str, tenant: Advertiser | Publisher) -> set[Model]:
    """The rows from which the lookup leads to the tenant itself, and not to what has its id."""
    theirs = {row for row in rows if tenant in reached(row, lookup)}
    assert theirs, f"no row of {rows.model} by {lookup}"
    return theirs


def reached(row: Model, lookup: str) -> list[Model]:
    found = [row]
    for name in lookup.split("__"):
        if name != "pk":
            values = [getattr(each, name) for each in found]
            found = [row for value in values for row in several(value)]
    return found


def several(value: Any) -> list[Model]:
    return list(value.all()) if hasattr(value, "all") else [value]


# The other hosts' URLs are for everybody: nobody signs in there.

PUBLIC = {"click", "activate", "tag", "sale", "pixel", "page_style"}
PUBLIC_IN_DEMO = PUBLIC | {"t/<int:advertiser>/demo/end-session"}
DEMO = {
    "",
    "demo-product",
    "demo-checkout",
    "demo-thank-you",
    "demo-strip",
    "demo-skip",
    "demo-end-session",
    "demo-look",
    "static/<path:path>",
}


@pytest.mark.parametrize(
    ("urlconf", "public"),
    [
        pytest.param("tracking.urls", PUBLIC, id="tracking"),
        pytest.param("network.demo.pages.tracking_urls", PUBLIC_IN_DEMO, id="tracking_in_the_demo"),
        pytest.param("network.demo.pages.urls", DEMO, id="demo"),
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
