"""One table of a sale's states: in Python, in SQL and on pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from django.db.models import Model
from django.utils.html import format_html

from network.models import Advertiser
from network.pages.site import badges
from tests.support.makers import NOW, Shopper, make_partner, make_publisher
from tracking.commissions.states import (
    OF_SALE,
    TABLE,
    SaleState,
    ShownState,
    StateFacts,
    in_state,
    sales_in_state,
    state_case,
    state_of,
)
from tracking.commissions.states import shown as shown_state
from tracking.explain.explanations import state_of_sale
from tracking.models import Commission, Conversion
from tracking.rollups.contributions import STATES

UNPAID = "declined, as nobody is paid"
OPEN = ("Pending", "Approved", "On hold", "Unverified")
"""States in which no sale is closed; nor is any in conflict."""
LATER = datetime(2026, 4, 11, 9, 12, tzinfo=UTC)


def shown(closed_at: datetime | None = None, reason: str = "", **facts: Any) -> ShownState:
    return shown_state(StateFacts(**facts), closes_at=LATER, closed_at=closed_at, reason=reason)


@pytest.mark.parametrize(
    ("facts", "state", "tone", "label"),
    [
        pytest.param({"status": "pending"}, "Pending", "", "Pending", id="pending"),
        pytest.param(
            {"status": "approved"},
            "Approved",
            "good",
            "Approved, final on 11 Apr 2026",
            id="approved",
        ),
        pytest.param(
            {"status": "final", "closed_at": NOW},
            "Final",
            "good",
            "Final, payable on 12 Mar 2026",
            id="final",
        ),
        pytest.param(
            {"status": "declined", "reason": "Returned: {size}"},
            "Declined",
            "wrong",
            "Declined: Returned: {size}",
            id="declined",
        ),
        pytest.param(
            {"status": "pending", "in_conflict": True},
            "Conflict",
            "wrong",
            "Conflict",
            id="conflict",
        ),
        pytest.param(
            {"status": "declined", "in_conflict": True, "verified": False},
            "Conflict",
            "wrong",
            "Conflict",
            id="conflict_before_declined_and_unverified",
        ),
        pytest.param(
            {"status": None, "in_conflict": True},
            "Conflict",
            "wrong",
            "Conflict",
            id="conflict_of_nobody",
        ),
        pytest.param(
            {"status": "approved", "verified": False},
            "Unverified",
            "waiting",
            "Unverified",
            id="unverified_before_approved",
        ),
        pytest.param(
            {"status": "pending", "verified": False, "over_limit": True},
            "On hold",
            "waiting",
            "On hold",
            id="on_hold_before_unverified",
        ),
        pytest.param(
            {"status": "declined", "over_limit": True, "reason": "Fraud"},
            "Declined",
            "wrong",
            "Declined: Fraud",
            id="declined_before_on_hold",
        ),
        pytest.param(
            {"status": "declined", "verified": False, "reason": "Fraud"},
            "Declined",
            "wrong",
            "Declined: Fraud",
            id="declined_before_unverified",
        ),
        pytest.param(
            {"status": "final", "in_conflict": True, "verified": False, "closed_at": NOW},
            "Final",
            "good",
            "Final, payable on 12 Mar 2026",
            id="final_stays_final",
        ),
        pytest.param(
            {"status": None, "verified": False},
            "Nobody",
            "",
            "Pending, nobody paid",
            id="nobody",
        ),
        pytest.param(
            {"status": None, "closed_at": NOW},
            "Nobody",
            "",
            "Closed, nobody paid",
            id="nobody_closed",
        ),
    ],
)
def test_a_state_and_how_it_is_shown(
    facts: dict[str, Any], state: str, tone: str, label: str
) -> None:
    found = shown(**facts)
    assert (found.state.value, found.tone, str(found)) == (state, tone, label)
    assert badges.state(found) == format_html('<span class="badge state {}">{}</span>', tone, label)


def test_every_state_has_a_row_and_a_count() -> None:
    assert sorted(row.state for row in TABLE) == sorted(SaleState)
    assert set(STATES.values()) == set(SaleState)
    assert not TABLE[-1].when


@pytest.mark.django_db
def test_python_and_sql_agree_on_every_combination_of_facts(shop: Advertiser) -> None:
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    shopper = Shopper()
    shopper.follow(blog, NOW)
    model = shopper.buy(shop, NOW, order="7")
    commission = Commission.objects.get(conversion=model)
    expected, without, impossible = dict[int, SaleState](), set[int](), set[int]()
    for number, (status, conflict, closed, verified, large) in enumerate(_combinations()):
        sale = _copy(
            model,
            order=f"s{number}",
            pays_nobody=status is None or (status == UNPAID and conflict == ""),
            conflict=conflict,
            conflict_since=NOW if conflict else None,
            verified=verified,
            over_limit=large,
            closed=closed,
        )
        facts = StateFacts(
            status=None if status == UNPAID else status,
            in_conflict=conflict != "" and not closed,
            verified=verified,
            over_limit=large,
        )
        state = expected[sale.pk] = state_of(facts)
        without |= set() if status else {sale.pk}
        impossible |= {sale.pk} if closed and (state in OPEN or conflict) else set()
        if status:
            reason = "by_advertiser" if status == "declined" else ""
            if status == UNPAID:
                status, reason = "declined", "nobody_paid"
            _copy(commission, conversion=sale, status=status, decline_reason=reason, closed=closed)
    sales = Conversion.objects.filter(pk__in=expected)
    in_sql = sales.annotate(state_now=state_case(OF_SALE)).values_list("pk", "state_now")
    assert dict(in_sql) == expected
    assert set(expected.values()) == set(SaleState)
    assert {sale.pk: state_of_sale(sale).state for sale in sales} == expected
    commissions = Commission.objects.filter(conversion__in=expected)
    found = commissions.annotate(state_now=state_case()).values_list("conversion", "state_now")
    assert dict(found) == {pk: expected[pk] for pk in dict(found)}
    assert set(dict(found).values()) == set(SaleState)
    for state in SaleState:
        wanted = {pk for pk, of_sale in expected.items() if of_sale is state} - impossible
        listed = set(in_state(commissions, state).values_list("conversion", flat=True))
        assert listed - impossible == wanted - without, state
        also = without if state is SaleState.NOBODY else set()
        of_sales = set(sales_in_state(sales, state).values_list("pk", flat=True))
        assert of_sales - impossible == (wanted | also) - impossible, state


@pytest.mark.django_db
def test_a_sale_that_pays_nobody_says_so_as_long_as_it_does(shop: Advertiser) -> None:
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"))
    for order, partner in (("paid", blog), ("nobody's", overlay)):
        shopper = Shopper()
        shopper.follow(partner, NOW)
        shopper.end_session()
        shopper.buy(shop, NOW, order=order)
    listed = sales_in_state(Conversion.objects.all(), SaleState.NOBODY)
    assert list(listed.values_list("order", flat=True)) == ["nobody's"]


def _combinations() -> Iterator[tuple[str | None, str, bool, bool, bool]]:
    """All that can be stored: what is final is closed."""
    for status, conflict, closed, verified, large in product(
        (*Commission.Status.values, UNPAID, None),
        Conversion.Conflict.values,
        (False, True),
        (False, True),
        (False, True),
    ):
        if status != "final" or closed:
            yield status, conflict, closed, verified, large


def _copy(model: Model, *, closed: bool, **changed: Any) -> Any:
    """A further row like this one, but for these columns."""
    row = type(model)()
    for field in model._meta.concrete_fields:
        if not field.primary_key and field.attname not in ("decision_id", "ledger_transaction_id"):
            setattr(row, field.attname, getattr(model, field.attname))
    row.closed_at = NOW if closed else None  # type: ignore[attr-defined]
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()
    return row
