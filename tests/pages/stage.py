"""Which pages there are, as whom each is looked at, and with what in it.

The list of pages is the URL configuration itself, through the table of
``tests/network/people/test_access.py``: a new URL that somebody may read is looked at, or is in
:data:`NO_PAGES`; there is no third way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import reverse

from network.advertisers import api_keys
from network.demo.pages import mailbox, places
from network.demo.pages.shop_server import ApiCall
from network.demo.story import cast
from network.demo.story.catalogue import PRODUCTS
from network.hosts import proving, tracking_hosts
from network.models import Advertiser, User
from publishers.models import (
    CookieTypeAssignment,
    LedgerAccount,
    LedgerTransaction,
    ModelTypeCookieType,
    NoticeMail,
    Partnership,
    Publisher,
)
from publishers.policy import assigning, deciding
from publishers.teams import invitations
from publishers.teams.models import Invitation
from tests.network.people.test_access import ADMIN, RULES, urls_of
from tests.support.makers import NOW
from tests.support.other_machines import Files, Names
from tracking.models import (
    Click,
    Commission,
    Conversion,
    Correction,
    Report,
    SetAside,
    SpoolHost,
    UnattributedSales,
    WhatIfRun,
)
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs as whatif_runs
from tracking.whatif.results import Question

URLCONF = "network.urls"
"""The site's, without what the demo adds."""
OPERATOR, STAFF, TEAM, STRANGER = "operator", "nimbus", "blog", "stranger"
GUARDED, SIGNING_IN = "guarded", "signing-in"
"""Somebody with a second factor, and the same person between password and code."""
CALL = ApiCall(
    f"POST {settings.SITE_URL}/api/v1/conversions\nAuthorization: Bearer sclk_0f1e2d3c…\n\n"
    '{\n  "order": "NO-1",\n  "amount": "49.90",\n  "clicks": []\n}',
    201,
    '{"status": 201, "order": "NO-1", "outcome": "waiting", "notes": [], "rejected_clicks": []}',
)
PASSWORD = "correct-horse-1"
TO_SOMEBODY, TO_STRANGER = "to-somebody-new", "to-somebody-with-an-account"
"""Tokens of invitations."""
MAIL_ERROR = "The mail server refused the address: 550 no such mailbox"


@dataclass(frozen=True, slots=True)
class Page:
    """A page to look at. ``who`` is a username, empty for nobody in particular."""

    address: str
    who: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Site:
    """The served network: its pages by name, and a session for everybody who looks at one."""

    pages: Mapping[str, Page]
    sessions: Mapping[str, str]


# --- The site's pages, from its URLs ------------------------------------------------------------

NO_PAGES = {
    "home": "leads on",
    "mfa_authenticate": "leads on",
    "admin:own_staff": "leads on",
    "publisher_home": "leads on",
    "admin:autocomplete": "answers scripts",
    "admin:jsi18n": "is a script",
    "admin:whatif_csv": "is a file",
    "admin:app_list": "leads on",
}
HISTORY = "admin:publishers_partnership_history"
"""They all look like this one."""


def site_pages() -> list[str]:
    """The keys of the URLs that are pages."""
    return [url.key for url in urls_of(URLCONF) if _is_page(url.key)]


def _is_page(key: str) -> bool:
    rule = RULES[key]
    if key.endswith("_history") and key != HISTORY:
        return False
    return bool(rule.read) and rule.answer == 200 and key not in NO_PAGES


def _who(key: str) -> str:
    """Staff where they may, since that is where they live; a publisher's team on its own pages."""
    read = RULES[key].read
    if not key.startswith("admin:"):
        return "" if "anonymous" in read else TEAM
    return STAFF if "owner_a" in read else OPERATOR


def _site_page(key: str, route: str, rows: Mapping[str, Model]) -> Page:
    bare = key.removeprefix("admin:")
    model = next((name for name in ADMIN if bare.startswith(f"{name}_")), "")
    values: dict[str, list[Any]] = {
        "admin:auth_user_password_change": [rows["network_user"].pk],
        "admin:whatif_run": [rows["whatif"].pk],
        "admin:tracking_conversion_settle": [rows["in_conflict"].pk],
        "admin:tracking_report_correct": [rows["refused"].pk],
        "admin:cancel_change": ["cookie-type", rows["coming"].pk],
        "sale": [cast.BLOG, rows["tracking_commission"].pk],
        "invitation": [TO_SOMEBODY],
        "admin:staff": [cast.SHOP],
        "account_reset_password_from_key": ["MQ", "used-already"],
    }
    if key in values:
        arguments = values[key]
    elif "<int:publisher>" in route:
        arguments = [cast.BLOG]
    else:
        arguments = [rows[model].pk] if "<" in route else []
    return Page(_on_site(reverse(key, args=arguments) + _query(key, rows)), _who(key))


def _query(key: str, rows: Mapping[str, Model]) -> str:
    queries = {
        "admin:publishers_partnership_status": "?to=suspended",
        "admin:tracking_conversion_settle_many": f"?sales={rows['in_conflict'].pk}",
        "admin:publishers_partnership_cookie_type": (
            f"?to=soft&partners={rows['publishers_partnership'].pk}"
        ),
    }
    return queries.get(key, "")


# --- Other states of them, and the other hosts' pages -------------------------------------------

OTHER_PAGES = (
    "operators-home",
    "confirmation-of-a-default",
    "confirmation-of-a-model-type",
    "what-if-waiting",
    "what-if-cancelled",
    "what-if-without-sales",
    "what-if-operators",
    "partners-soft",
    "partners-none",
    "sale-nobody",
    "sale-conflict",
    "sale-final",
    "sale-unverified",
    "report-refused",
    "report-corrected",
    "report-corrected-already",
    "no-membership",
    "invitation-with-account",
    "invitation-accept",
    "invitation-no-longer-good",
    "team-of-several",
    "clicks-wrong-days",
    "link-of-nobody",
    "second-factor-set-up",
    "second-factor-code",
    "second-factor-on",
    "second-factor-other-app",
    "second-factor-again",
    "second-factor-codes",
    "second-factor-new-codes",
    "second-factor-remove",
    "second-factor-reset",
    "not-found",
    "not-allowed",
    "unknown-advertiser",
    "demo-shop",
    "demo-product",
    "demo-checkout",
    "demo-thank-you",
    "demo-thank-you-server",
    "demo-blog",
    "demo-extension",
    "demo-cashback",
    "demo-overlay",
    "demo-people",
    "demo-mailbox",
    "demo-mail",
)


def _other_pages(rows: Mapping[str, Model]) -> dict[str, Page]:
    def sale(name: str) -> Page:
        return Page(_on_site(f"/admin/tracking/conversion/{rows[name].pk}/change/"), STAFF)

    def what_if(name: str) -> Page:
        return Page(_on_site(f"/admin/whatif/{rows[name].pk}/"), STAFF)

    partners, reports = "/admin/publishers/partnership/", "/admin/tracking/report/"
    return {
        "operators-home": Page(_on_site("/admin/"), OPERATOR),
        "confirmation-of-a-default": Page(
            _on_site(
                "/admin/publishers/modeltypecookietype/add/"
                f"?advertiser={cast.SHOP}&model_type=voucher&to=soft"
            ),
            STAFF,
        ),
        "confirmation-of-a-model-type": Page(
            _on_site(f"/admin/publishers/publisher/{cast.OVERLAY}/model-type/?model_type=content"),
            OPERATOR,
        ),
        "what-if-waiting": what_if("what_if_waiting"),
        "what-if-cancelled": what_if("what_if_cancelled"),
        "what-if-without-sales": what_if("what_if_without_sales"),
        "what-if-operators": Page(_on_site(f"/admin/whatif/?advertiser={cast.SHOP}"), OPERATOR),
        "partners-soft": Page(_on_site(f"{partners}?cookie_type=soft"), STAFF),
        "partners-none": Page(_on_site(f"{partners}?q=there-is-no-such-partner"), STAFF),
        "sale-nobody": sale("nobody_paid"),
        "sale-conflict": sale("in_conflict"),
        "sale-final": sale("final"),
        "report-refused": Page(_on_site(f"{reports}{rows['refused'].pk}/change/"), STAFF),
        "report-corrected": Page(_on_site(f"{reports}{rows['corrected'].pk}/change/"), STAFF),
        "report-corrected-already": Page(
            _on_site(f"{reports}{rows['corrected'].pk}/correct/"), STAFF
        ),
        "sale-unverified": Page(sale("unverified").address, OPERATOR),
        **_second_factor_pages(),
        "invitation-with-account": Page(_on_site(reverse("invitation", args=[TO_STRANGER]))),
        "invitation-accept": Page(_on_site(reverse("invitation", args=[TO_STRANGER])), STRANGER),
        "invitation-no-longer-good": Page(
            _on_site(reverse("invitation", args=["there-is-none"])), status=410
        ),
        "team-of-several": Page(_on_site(reverse("team", args=[cast.OVERLAY])), "overlay"),
        "clicks-wrong-days": Page(
            _on_site(reverse("clicks", args=[cast.BLOG]) + "?since=2026-01-02&until=2026-01-01"),
            TEAM,
            400,
        ),
        "link-of-nobody": Page(
            _on_site(reverse("links", args=[cast.BLOG]) + "?programme=x&target=nowhere"), TEAM, 400
        ),
        "no-membership": Page(_on_site("/dashboard/"), STRANGER),
        "not-found": Page(_on_site("/there-is-no-such-page"), STAFF, 404),
        "not-allowed": Page(_on_site("/admin/login/?next=/admin/"), TEAM, 403),
        "unknown-advertiser": Page(f"{settings.TRACKING_URL}/t/999999/c/1", status=404),
        "demo-shop": Page(places.url(places.SHOP)),
        "demo-product": Page(places.url(places.SHOP, f"/product/{PRODUCTS[0].slug}")),
        "demo-checkout": Page(places.url(places.SHOP, f"/checkout?product={PRODUCTS[0].slug}")),
        "demo-thank-you": Page(places.url(places.SHOP, "/thank-you/NO-1?amount=49.90")),
        "demo-thank-you-server": Page(
            places.url(places.SHOP, f"/thank-you/NO-1?amount=49.90&call={CALL.dump()}")
        ),
        "demo-blog": Page(places.url(places.BLOG)),
        "demo-extension": Page(places.url(places.EXTENSION)),
        "demo-cashback": Page(places.url(places.CASHBACK)),
        "demo-overlay": Page(places.url(places.OVERLAY)),
        "demo-people": Page(_on_site(reverse("demo"))),
        "demo-mailbox": Page(_on_site(reverse("demo_mailbox"))),
        "demo-mail": Page(_on_site(reverse("demo_mail", args=[mailbox.mails()[0].name]))),
    }


def _second_factor_pages() -> dict[str, Page]:
    user = User.objects.get(username=GUARDED)
    reset = reverse("admin:network_user_second_factor", args=[user.pk])
    return {
        "second-factor-set-up": Page(_on_site(reverse("mfa_activate_totp")), STRANGER),
        "second-factor-code": Page(_on_site(reverse("mfa_authenticate")), SIGNING_IN),
        "second-factor-on": Page(_on_site(reverse("mfa_index")), GUARDED),
        "second-factor-other-app": Page(_on_site(reverse("mfa_activate_totp")), GUARDED),
        "second-factor-again": Page(_on_site(reverse("mfa_reauthenticate")), GUARDED),
        "second-factor-codes": Page(_on_site(reverse("mfa_view_recovery_codes")), GUARDED),
        "second-factor-new-codes": Page(_on_site(reverse("mfa_generate_recovery_codes")), GUARDED),
        "second-factor-remove": Page(_on_site(reverse("mfa_deactivate_totp")), GUARDED),
        "second-factor-reset": Page(_on_site(reset), OPERATOR),
    }


def _on_site(path: str) -> str:
    return settings.SITE_URL + path


# --- The stage ----------------------------------------------------------------------------------


def site() -> Site:
    """The pages of the seeded network that the database holds."""
    _add_what_seeding_has_not()
    rows = _rows()
    urls = {url.key: url.route for url in urls_of(URLCONF)}
    pages = {key: _site_page(key, urls[key], rows) for key in site_pages()}
    pages |= _other_pages(rows)
    sessions = {name: _session(name) for name in (OPERATOR, STAFF, TEAM, "overlay")}
    return Site(pages, {**sessions, **_sessions_by_password()})


def _sessions_by_password() -> dict[str, str]:
    """Of those whose pages are for somebody who has just shown a password."""

    def session(client: Client) -> str:
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    by_code, between = _by_password(GUARDED), _by_password(GUARDED)
    user = User.objects.get(username=GUARDED)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    by_code.post(reverse("mfa_authenticate"), {"code": code})
    return {
        STRANGER: session(_by_password(STRANGER)),
        GUARDED: session(by_code),
        SIGNING_IN: session(between),
    }


def _by_password(username: str) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.post(reverse("account_login"), {"login": username, "password": PASSWORD})
    return client


def _add_what_seeding_has_not() -> None:
    """Something to read on every operators' page, and somebody who belongs nowhere."""
    User.objects.create_user(STRANGER, "stranger@example.com", PASSWORD)
    guarded = User.objects.create_user(GUARDED, "guarded@example.com", PASSWORD)
    TOTP.activate(guarded, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(guarded)
    overlay, shop = Publisher.objects.get(id=cast.OVERLAY), Advertiser.objects.get(id=cast.SHOP)
    _invite(TO_SOMEBODY, "nina@example.com", advertiser=shop, role="manager")
    _invite(TO_STRANGER, "stranger@example.com", by="overlay", team=overlay.team, role="member")
    _invite("failed", "no@mail.example", advertiser=shop, role="viewer", mail_error=MAIL_ERROR)
    SpoolHost.objects.create(name="web-1", registered_at=NOW, drained_to=NOW)
    SetAside.objects.create(
        host="web-1",
        segment="00017.spool",
        offset=4096,
        record='{"kind": "report", "order": "NO-7Q2M"}',
        error="KeyError: 'received_at'",
        set_aside_at=NOW,
    )
    shop = Advertiser.objects.get(id=cast.SHOP)
    person = User.objects.get(username=STAFF)
    api_keys.make(shop, "Order export", NOW, made_by=person)
    api_keys.revoke(
        api_keys.make(shop, "Old order export", NOW, made_by=person).row, NOW, revoked_by=person
    )
    _enter_hosts(shop)
    assigning.set_default(shop, "loyalty", "soft", NOW, reason="Ours is a shop", made_by=None)
    client = _client(STAFF)
    partnership = Partnership.objects.get(advertiser=cast.SHOP, publisher=cast.BLOG)
    assigning.assign(
        [partnership],
        "soft",
        NOW,
        reason="After the spring campaign",
        made_by=None,
        start=NOW + timedelta(days=30),
    )
    note = reverse("admin:publishers_partnership_note", args=[partnership.pk])
    deciding.change_terms(
        partnership,
        {"hard_days": 21},
        NOW,
        made_by=User.objects.get(username=STAFF),
        reason="Reviews are read long before the order.",
    )
    NoticeMail.objects.filter(recipient__username=TEAM).update(
        state="parked",
        attempts=9,
        last_error="The mail server could not be reached: Connection refused",
    )
    client.post(note, {"text": "Wants to talk about the spring campaign."})
    client.post(reverse("account_reset_password"), {"email": User.objects.get(username=TEAM).email})


def _enter_hosts(shop: Advertiser) -> None:
    """Tracking hosts in every state: in use, without its proof, checked in vain, and not yet."""
    lost, waits, new = (f"{name}.nimbus-outdoor.example" for name in ("lost", "go", "new"))
    tracking_hosts.replace(shop, [places.SHOP_TRACKING, lost, waits, new], NOW)
    leads_here = Names({lost: settings.TRACKING_HOST})
    proving.check(shop.own_hosts.get(host=lost), NOW, leads_here, Files())
    elsewhere = Names(
        {waits: "tracking.former-network.example"}, {f"_softclick.{waits}": ["softclick=0123"]}
    )
    proving.check(shop.own_hosts.get(host=waits), NOW, elsewhere, Files())
    later = NOW + timedelta(minutes=1)
    proving.check(shop.own_hosts.get(host=lost), later, Names(), Files())


def _invite(token: str, email: str, *, by: str = STAFF, **more: Any) -> None:
    Invitation.objects.create(
        email=email,
        token_hash=invitations.hash_of(token),
        invited_by=User.objects.get(username=by),
        created_at=NOW,
        expires_at=NOW + invitations.GOOD_FOR,
        **more,
    )


def _rows() -> dict[str, Model]:
    """A row of each model that the admin shows, of the shop and the blog where it has them."""
    sales = Conversion.objects.filter(advertiser=cast.SHOP)
    refused = Report.objects.filter(advertiser=cast.SHOP, outcome="invalid")
    commissions = Commission.objects.filter(advertiser=cast.SHOP, publisher=cast.BLOG)
    pending = _newest(commissions.filter(status="pending"))
    return {
        "network_advertiser": Advertiser.objects.get(id=cast.SHOP),
        "network_user": User.objects.get(username=TEAM),
        "admin_logentry": _newest(LogEntry.objects.all()),
        "publishers_publisher": Publisher.objects.get(id=cast.BLOG),
        "publishers_invitation": _newest(Invitation.objects.all()),
        "publishers_team": Publisher.objects.get(id=cast.OVERLAY).team,
        "publishers_partnership": Partnership.objects.get(
            advertiser=cast.SHOP, publisher=cast.BLOG
        ),
        "publishers_modeltypecookietype": _newest(
            ModelTypeCookieType.objects.filter(advertiser=cast.SHOP)
        ),
        "publishers_ledgeraccount": _newest(LedgerAccount.objects.filter(advertiser=cast.SHOP)),
        "publishers_ledgertransaction": _newest(
            LedgerTransaction.objects.filter(advertiser=cast.SHOP)
        ),
        "tracking_conversion": pending.conversion,
        "tracking_commission": pending,
        "tracking_report": _newest(Report.objects.filter(conversion=pending.conversion)),
        "tracking_click": _newest(Click.objects.filter(advertiser=cast.SHOP, publisher=cast.BLOG)),
        "tracking_unattributedsales": _newest(
            UnattributedSales.objects.filter(advertiser=cast.SHOP)
        ),
        "tracking_spoolhost": SpoolHost.objects.get(name="web-1"),
        "publishers_noticemail": _newest(
            NoticeMail.objects.filter(recipient__username=TEAM, state="parked")
        ),
        "tracking_setaside": SetAside.objects.get(segment="00017.spool"),
        **_what_ifs(),
        "coming": _newest(CookieTypeAssignment.objects.filter(advertiser=cast.SHOP)),
        "in_conflict": _newest(sales.filter(conflict__gt="")),
        "nobody_paid": _newest(sales.filter(decision__isnull=False, decision__paid_click=None)),
        "final": _newest(sales.filter(commission__status="final")),
        "refused": _newest(refused.exclude(sent={}).exclude(sent__has_key="test")),
        "corrected": _newest(
            Correction.objects.filter(advertiser=cast.SHOP).exclude(conversion=None)
        ).report,
        "unverified": _newest(Conversion.objects.filter(verified=False)),
    }


def _what_ifs() -> dict[str, Model]:
    """What staff asked: answered, waiting, cancelled, and over a time without sales."""

    def asked(publisher: int, until: datetime = NOW, days: int = 90) -> WhatIfRun:
        change = Change(types={publisher: CookieType.SOFT})
        question = Question({cast.SHOP: change}, until - timedelta(days=days), until)
        return whatif_runs.start(question, NOW, made_by=User.objects.get(username=STAFF))

    runs = {"whatif": asked(cast.EXTENSION)}
    runs["what_if_without_sales"] = asked(cast.BLOG, NOW - timedelta(days=300), days=2)
    for run in runs.values():
        whatif_runs.work(run.pk)
    runs["what_if_waiting"] = asked(cast.BLOG)
    runs["what_if_cancelled"] = asked(cast.CASHBACK)
    whatif_runs.cancel(runs["what_if_cancelled"])
    return {**runs}


def _newest(rows: QuerySet[Any]) -> Any:
    """Fails when the seeding has left none."""
    return rows.latest("pk")


def _client(username: str) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(User.objects.get(username=username))
    return client


def _session(username: str) -> str:
    """The session cookie of somebody who is signed in."""
    return _client(username).cookies[settings.SESSION_COOKIE_NAME].value
