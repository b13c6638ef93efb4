"""Which pages there are, as whom each is looked at, and with what in it.

The list of pages is the URL configuration itself, through the table of
``tests/network/people/test_access.py``: a new URL that somebody may read is looked at, or is in
:data:`NO_PAGES`; there is no third way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from network.demo.pages import mailbox, places
from network.demo.pages.shop_server import ApiCall
from network.demo.story import cast
from network.demo.story.catalogue import PRODUCTS
from network.models import User
from tests.network.people.rules import ADMIN, RULES, urls_of
from tests.pages.staged_rows import (
    GUARDED,
    OPERATOR,
    PASSWORD,
    SIGNING_IN,
    STAFF,
    STRANGER,
    TEAM,
    TO_SOMEBODY,
    TO_STRANGER,
    add_what_seeding_has_not,
    client_of,
    rows_of_every_kind,
)

URLCONF = "network.urls"
"""The site's, without what the demo adds."""
CALL = ApiCall(
    f"POST {settings.SITE_URL}/api/v1/conversions\nAuthorization: Bearer sclk_0f1e2d3c…\n\n"
    '{\n  "order": "NO-1",\n  "amount": "49.90",\n  "clicks": []\n}',
    201,
    '{"status": 201, "order": "NO-1", "outcome": "waiting", "notes": [], "rejected_clicks": []}',
)


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
    "admin:publishers_ledgeraccount_csv": "is a file",
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
        "first_operator": ["there-is-one"],
        "confirm_email": ["not-asked-for"],
        "admin:staff": [cast.SHOP],
        "admin:integration": [cast.SHOP],
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
        "admin:tracking_conversion_rule_many": (
            f"?to=approve&sales={rows['tracking_conversion'].pk}"
        ),
        "admin:tracking_conversion_settle_many": f"?sales={rows['in_conflict'].pk}",
        "admin:publishers_partnership_decide_many": (
            f"?to=approved&partner={rows['publishers_partnership'].pk}"
        ),
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
    "sales-unverified",
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
    "end-other-sessions",
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
        "sales-unverified": Page(
            _on_site("/admin/tracking/conversion/?state=Unverified"), OPERATOR
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
        "end-other-sessions": Page(_on_site(reverse("end_other_sessions")), TEAM),
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
    add_what_seeding_has_not()
    rows = rows_of_every_kind()
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


def _session(username: str) -> str:
    """The session cookie of somebody who is signed in."""
    return client_of(username).cookies[settings.SESSION_COOKIE_NAME].value
