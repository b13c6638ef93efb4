"""How often the pages of changes read each table of which what holds is made."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from network.advertisers import terms as advertisers
from network.effective.models import PolicyVersion
from network.models import AttributionTerms, CommissionRate
from network.pages.advertisers.api_keys import NewApiKeyPage, RevokeApiKey
from network.pages.advertisers.changes import AdvertiserTermsChange, RateChange, ToldChange
from network.pages.advertisers.signing_keys import NewSigningKey
from network.pages.people.admin import SecondFactorReset
from network.pages.site.change_pages import ChangeView
from network.pages.site.terms_form import TermsChangeView
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.pages.cookie_types.assignment import Assignment, Selection
from publishers.pages.cookie_types.cancelling import KINDS, Cancelling
from publishers.pages.cookie_types.confirmation import CookieTypeChange
from publishers.pages.cookie_types.default import DefaultChange
from publishers.pages.cookie_types.model_type import ModelTypeChange
from publishers.pages.partners.applications import DecidingMany
from publishers.pages.partners.changes import Asking, NewNote, NewPartner, PartnershipTermsChange
from publishers.pages.partners.status import StatusChange
from publishers.pages.publishers.closing import Closing
from publishers.pages.teams.invitation_admin import NewInvitation
from publishers.policy import assigning, deciding, programme_terms
from tests.publishers.pages.cookie_types.asking import ADDRESS, DEFAULT, fields_of
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.support.what_ifs import DAY, Market
from tracking.pages.rulings.settling import Settling, SettlingMany
from tracking.pages.rulings.validation import (
    Approval,
    Decline,
    RulingMany,
    TakingBack,
    ValidationChange,
)
from tracking.pages.sales.correcting import Correcting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]

TABLES = {
    model._meta.db_table
    for model in (
        PartnershipTerms,
        AttributionTerms,
        CookieTypeAssignment,
        PublisherModelType,
        ModelTypeCookieType,
        CommissionRate,
    )
}
LOCK = f"SELECT FROM {PolicyVersion._meta.db_table} FOR UPDATE"

ON_PAGE = 2
"""With what the page is about, and then all that holds for it."""
BEFORE_LOCK = 2
"""What holds as the page shows it, and what others changed since it was made."""
UNDER_LOCK = 4
"""What holds before the change and after it; what others changed; which starts are taken."""


@dataclass(frozen=True)
class ChangePage:
    """``about`` what it is; ``chosen`` comes with the address, ``typed`` with the form."""

    address: str
    chosen: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    by_operator: bool = False


def of_partner(page: str, **typed: Any) -> Callable[[Market], ChangePage]:
    return lambda market: ChangePage(
        f"/admin/publishers/partnership/{market.extension.pk}/{page}", typed=typed
    )


def of_shop(page: str, **typed: Any) -> Callable[[Market], ChangePage]:
    return lambda market: ChangePage(
        f"/admin/network/advertiser/{market.shop.pk}/{page}", typed=typed
    )


def of_applicant(to: str) -> Callable[[Market], ChangePage]:
    def page(market: Market) -> ChangePage:
        applicant = deciding.apply(
            market.shop, make_publisher(), NOW - DAY, made_by=make_user("publisher")
        )
        return ChangePage(f"/admin/publishers/partnership/{applicant.pk}/status/?to={to}")

    return page


def of_partners(market: Market) -> ChangePage:
    partners = f"{market.blog.pk},{market.extension.pk}"
    return ChangePage(ADDRESS, {"to": "soft", "partners": partners})


def of_applications(market: Market) -> ChangePage:
    applicant = deciding.apply(
        market.shop, make_publisher(), NOW - DAY, made_by=make_user("publisher")
    )
    address = f"/admin/publishers/partnership/decide/?to=approved&partner={applicant.pk}"
    return ChangePage(address)


def of_default(market: Market) -> ChangePage:
    chosen = {"advertiser": market.shop.pk, "model_type": "extension", "to": "soft"}
    return ChangePage(DEFAULT, chosen)


def of_model_type(market: Market) -> ChangePage:
    address = f"/admin/publishers/publisher/{market.blog.publisher_id}/model-type/"
    return ChangePage(address, {"model_type": "extension"}, by_operator=True)


def of_new_partner(market: Market) -> ChangePage:
    chosen = {"advertiser": market.shop.pk, "publisher": make_publisher().pk, "status": "approved"}
    return ChangePage("/admin/publishers/partnership/add/", typed=chosen, by_operator=True)


def cancelling(kind: str) -> Callable[[Market], ChangePage]:
    return lambda market: ChangePage(
        f"/admin/coming/{kind}/{coming(kind, market).pk}/cancel/", by_operator=True
    )


def coming(kind: str, market: Market) -> Any:
    """A change that can be cancelled."""
    said: dict[str, Any] = {"reason": "R", "made_by": None, "start": NOW + 9 * DAY}
    partner, shop = market.extension, market.shop
    match kind:
        case "cookie-type":
            return assigning.assign([partner], "soft", NOW, **said)[0]
        case "status":
            return deciding.change_terms(partner, {"hard_days": 5}, NOW, **said)
        case "terms":
            return programme_terms.change(shop, {"soft_hours": 5}, NOW, **said)
        case "default":
            return assigning.set_default(shop, "extension", "soft", NOW, **said)
        case "commission":
            group = shop.commission_groups.get()
            five: dict[str, Any] = {"percent": Decimal(5), "made_by": None}
            return advertisers.change_rate(group, NOW, start=NOW + 9 * DAY, **five)
    assert kind == "model-type"
    return assigning.change_model_type(partner.publisher, "content", NOW, **said)


View = type[ChangeView[Any]]
Case = tuple[View, Callable[[Market], ChangePage]]
PAGES: Mapping[str, Case] = {
    "terms_of_a_partner": (PartnershipTermsChange, of_partner("terms/", hard_days=9)),
    "end": (StatusChange, of_partner("status/?to=ended")),
    "suspension": (StatusChange, of_partner("status/?to=suspended")),
    "approval": (StatusChange, of_applicant("approved")),
    "declined_application": (StatusChange, of_applicant("declined")),
    "terms_of_a_shop": (AdvertiserTermsChange, of_shop("terms/", hard_days=9)),
    "rate": (RateChange, of_shop("rate/", percent=9)),
    "applications": (DecidingMany, of_applications),
    "cookie_type": (Assignment, of_partners),
    "default": (DefaultChange, of_default),
    "model_type": (ModelTypeChange, of_model_type),
    "new_partner": (NewPartner, of_new_partner),
    **{f"cancelled_{kind}": (Cancelling, cancelling(kind)) for kind in KINDS},
}
ELSEWHERE: set[View] = {
    *(NewApiKeyPage, RevokeApiKey, NewSigningKey, SecondFactorReset, NewInvitation, NewNote),
    *(Approval, Decline, TakingBack, Settling, SettlingMany, Correcting, Closing, Asking),
    RulingMany,
}
"""What is confirmed on such a page and is no change of the policy."""
NEVER_SENT: set[View] = {
    *(TermsChangeView, ToldChange, CookieTypeChange, ValidationChange, Selection),
}
"""What others have in common; and the list's own page, which leads to that of an assignment."""


def reads(statements: Iterable[str]) -> Counter[str]:
    """How often each of the tables was read for its rows."""
    read = (statement.partition(" FROM ") for statement in statements)
    tables = (rest.split()[0].strip('"') for verb, _, rest in read if verb.startswith("SELECT"))
    return Counter(table for table in tables if table in TABLES)


def beyond(most: int, found: Counter[str]) -> dict[str, int]:
    return {table: times for table, times in found.items() if times > most}


def kinds_of(view: View) -> Iterator[View]:
    for each in view.__subclasses__():
        yield each
        yield from kinds_of(each)


def test_every_page_of_a_change_is_placed() -> None:
    get_resolver("network.urls").url_patterns  # noqa: B018 - imports all pages
    tried = {view for view, _ in PAGES.values()}
    assert set(kinds_of(ChangeView)) == tried | ELSEWHERE | NEVER_SENT
    assert not any(view.changes_policy for view in ELSEWHERE)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> set[View]:
    """What has answered so far."""
    found: set[View] = set()
    respond = ChangeView.response

    def response(view: ChangeView[Any]) -> HttpResponse:
        found.add(type(view))
        return respond(view)

    monkeypatch.setattr(ChangeView, "response", response)
    return found


@pytest.mark.parametrize(
    ("view", "make_page"), [pytest.param(*case, id=name) for name, case in PAGES.items()]
)
def test_what_holds_is_read_once_and_again_under_the_lock(
    view: View,
    make_page: Callable[[Market], ChangePage],
    client: Client,
    market: Market,
    answering: set[View],
) -> None:
    advertisers.change_terms(market.shop, {"notice_days": 1}, NOW - 9 * DAY, made_by=None)
    make_partner(market.shop, make_publisher(), "hard")
    page = make_page(market)
    reader = signed_in(make_user("operator", name="otto")) if page.by_operator else client
    with CaptureQueriesContext(connection) as shown:
        answer = reader.get(page.address, page.chosen)
    held = {each.html_name: each.value() for each in answer.context["form"]}
    filled = {name: value for name, value in held.items() if value is not None}
    typed = {**fields_of(answer), **filled, "reason": "Late clicks", **page.typed}
    with CaptureQueriesContext(connection) as made:
        assert reader.post(page.address, typed).status_code == 302
    assert answering == {view}
    statements = [query["sql"] for query in made]
    [locked, *_] = [at for at, sql in enumerate(statements) if LOCK in sql]
    assert beyond(ON_PAGE, reads(query["sql"] for query in shown)) == {}
    assert beyond(BEFORE_LOCK, reads(statements[:locked])) == {}
    under_lock = reads(statements[locked:])
    assert under_lock
    assert beyond(UNDER_LOCK, under_lock) == {}
