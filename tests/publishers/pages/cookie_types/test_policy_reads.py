"""How often the pages of changes read each table of which what holds is made."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.advertisers import terms as advertisers
from network.effective.models import PolicyVersion
from network.models import AttributionTerms, CommissionRate
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.policy import assigning, deciding, programme_terms
from tests.publishers.pages.cookie_types.asking import ADDRESS, DEFAULT, fields_of
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.support.what_ifs import DAY, Market

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
    return assigning.change_model_type(partner.publisher, "content", NOW, **said)


def reads(statements: Iterable[str]) -> Counter[str]:
    """How often each of the tables was read for its rows."""
    read = (statement.partition(" FROM ") for statement in statements)
    tables = (rest.split()[0].strip('"') for verb, _, rest in read if verb.startswith("SELECT"))
    return Counter(table for table in tables if table in TABLES)


def beyond(most: int, found: Counter[str]) -> dict[str, int]:
    return {table: times for table, times in found.items() if times > most}


@pytest.mark.parametrize(
    "make_page",
    [
        pytest.param(of_partner("terms/", hard_days=9), id="terms_of_a_partner"),
        pytest.param(of_partner("status/?to=ended"), id="end"),
        pytest.param(of_partner("status/?to=suspended"), id="suspension"),
        pytest.param(of_applicant("approved"), id="approval"),
        pytest.param(of_applicant("declined"), id="declined_application"),
        pytest.param(of_shop("terms/", hard_days=9), id="terms_of_a_shop"),
        pytest.param(of_shop("rate/", percent=9), id="rate"),
        pytest.param(of_partners, id="cookie_type"),
        pytest.param(of_default, id="default"),
        pytest.param(of_model_type, id="model_type"),
        pytest.param(of_new_partner, id="new_partner"),
        pytest.param(cancelling("cookie-type"), id="cancelled_cookie_type"),
        pytest.param(cancelling("status"), id="cancelled_terms_of_a_partner"),
        pytest.param(cancelling("terms"), id="cancelled_terms_of_a_shop"),
        pytest.param(cancelling("default"), id="cancelled_default"),
        pytest.param(cancelling("model-type"), id="cancelled_model_type"),
    ],
)
def test_what_holds_is_read_once_and_again_under_the_lock(
    make_page: Callable[[Market], ChangePage], client: Client, market: Market
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
    statements = [query["sql"] for query in made]
    [locked, *_] = [at for at, sql in enumerate(statements) if LOCK in sql]
    assert beyond(ON_PAGE, reads(query["sql"] for query in shown)) == {}
    assert beyond(BEFORE_LOCK, reads(statements[:locked])) == {}
    under_lock = reads(statements[locked:])
    assert under_lock
    assert beyond(UNDER_LOCK, under_lock) == {}
