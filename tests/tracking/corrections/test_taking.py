"""Refused reports that staff correct: what becomes of them, who is believed, and once only."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from network.advertisers import signing_keys
from network.advertisers.terms import change_rate
from network.models import Advertiser, User
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record, refuse
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tracking.corrections.taking import NotCorrectable, correct, refusal, take_in, try_out
from tracking.evidence.fields import InvalidReport, as_sent
from tracking.evidence.signing import sign
from tracking.figures import home
from tracking.figures.queries import Period, Scope
from tracking.models import (
    Commission,
    Conversion,
    Correction,
    Decision,
    Report,
    Rollup,
    UnattributedSales,
)
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
SENT = {"order": "7", "amount": "1.234,50"}
RIGHT = {"order": "7", "amount": "1234.50"}
LATER = NOW + minutes(3 * 24 * 60)


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    publisher = make_publisher("Blog")
    make_partner(shop, publisher, "hard")
    return publisher


@pytest.fixture
def manager(shop: Advertiser) -> User:
    return make_user("manager", shop, name="mia")


def refused_after_a_click(shop: Advertiser, blog: Publisher, **given: Any) -> Report:
    browser = Browser(shop)
    browser.click(blog, NOW)
    brought = browser.report("x", NOW + minutes(5))
    evidence = {
        "source": "tag",
        "tokens": brought.tokens,
        "sessions": brought.sessions,
        "from_browser": True,
    }
    return refuse(shop, given.pop("data", SENT), NOW + minutes(5), **{**evidence, **given})


def take(row: Report, fields: Mapping[str, str], by: User) -> Correction:
    return take_in(correct(row, fields), by, LATER)


@pytest.fixture(autouse=True)
def clean_books() -> Iterator[None]:
    yield
    assert [str(item) for item in verify() if isinstance(item, Broken)] == []


def test_it_is_a_sale_dated_as_it_was_received(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    row = refused_after_a_click(shop, blog)
    done = take(row, RIGHT, manager)
    sale = Conversion.objects.get()
    assert (sale.order, sale.amount_minor, sale.at) == ("7", 123_450, NOW + minutes(5))
    assert Commission.objects.get().publisher == blog
    assert (done.outcome, done.conversion, done.made_by) == ("created", sale, manager)
    assert done.taken is not None
    kept = {"tokens", "sessions", "rank", "source", "at", "received_at", "from_browser"}
    assert {name: getattr(done.taken, name) for name in kept} == {
        name: getattr(row, name) for name in kept
    }
    row.refresh_from_db()
    assert (row.outcome, row.sent, row.conversion) == ("corrected", SENT, None)


def test_the_home_counts_it_no_longer(shop: Advertiser, blog: Publisher, manager: User) -> None:
    period, scope = (
        Period(NOW - minutes(60), NOW + minutes(60)),
        Scope(advertisers=frozenset({shop.pk})),
    )
    row = refused_after_a_click(shop, blog)
    refuse(shop, {**SENT, "order": "8"}, NOW)
    assert home.refused(scope, period) == 2
    take(row, RIGHT, manager)
    assert home.refused(scope, period) == 1


def test_it_does_not_confirm_what_only_a_browser_reported(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(verification="confirmed")
    take(refused_after_a_click(shop, blog), RIGHT, manager)
    assert (
        Conversion.objects.get().verified,
        Report.objects.get(order="7", outcome="created").rank,
    ) == (
        False,
        "token",
    )


def test_a_report_with_a_key_keeps_its_rank(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(verification="confirmed")
    row = refused_after_a_click(shop, blog, source="keyed", sessions=(), from_browser=False)
    done = take(row, RIGHT, manager)
    assert done.taken is not None
    assert (done.taken.rank, Conversion.objects.get().verified) == ("keyed", True)


@pytest.mark.parametrize(
    ("typed", "rank"),
    [
        pytest.param(
            {"order": "7", "amount": "12.00", "parts": "SHOES:12.00"}, "signed", id="as_signed"
        ),
        pytest.param({"order": "7", "amount": "12.00"}, "token", id="other_fields"),
    ],
)
def test_a_signature_counts_only_for_what_was_signed(
    shop: Advertiser, blog: Publisher, manager: User, typed: dict[str, str], rank: str
) -> None:
    """Its group of commissions was made only after the report had come."""
    key = signing_keys.make(shop, NOW, made_by=None).secret
    sig = sign("7|12.00||SHOES:12.00", key)
    data = {"order": "7", "amount": "12.00", "parts": "SHOES:12.00", "sig": sig}
    row = refused_after_a_click(shop, blog, data=data)
    assert row.rank == "signed"
    group = shop.commission_groups.create(code="SHOES", name="Shoes")
    change_rate(group, NOW, made_by=None, percent=Decimal(8))
    done = take(row, typed, manager)
    assert done.taken is not None
    assert (done.taken.rank, done.taken.errors) == (rank, [])


def test_without_a_click_it_is_only_counted(shop: Advertiser, manager: User) -> None:
    done = take(refuse(shop, SENT, NOW), RIGHT, manager)
    assert (done.outcome, done.taken, done.conversion) == ("no_token", None, None)
    assert UnattributedSales.objects.get().count == 1
    assert Report.objects.get().outcome == "corrected"


def test_of_an_order_that_is_known_it_is_one_report_more(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    row = refused_after_a_click(shop, blog)
    sale = Browser(shop)
    sale.jar = {}
    tokens = tuple(token["token"] for token in row.tokens if token["role"] == "hard")
    record(make_report(shop, "7", NOW + minutes(9), "1234.50", clicks=tokens))
    done = take(row, RIGHT, manager)
    conversion = Conversion.objects.get()
    assert (done.conversion, conversion.at) == (conversion, NOW + minutes(5))
    assert conversion.reports.count() == 2


def test_one_that_is_wrong_still_names_each_field_and_changes_nothing(
    shop: Advertiser, blog: Publisher
) -> None:
    row = refused_after_a_click(shop, blog)
    with pytest.raises(InvalidReport) as error:
        correct(row, {"order": "undefined", "amount": "1.234,50"})
    assert [one.field for one in error.value.errors] == ["order", "amount"]
    assert Report.objects.get().outcome == "invalid"


def test_trying_it_out_leaves_nothing_behind(shop: Advertiser, blog: Publisher) -> None:
    row = refused_after_a_click(shop, blog)
    found = try_out(correct(row, RIGHT), LATER)
    assert found.commission is not None
    assert (found.outcome, found.commission.publisher) == ("created", blog)
    for model in (Conversion, Commission, Decision, Correction):
        assert not model._default_manager.exists()
    assert not Rollup.objects.filter(counted__startswith="sale").exists()
    assert Report.objects.get().outcome == "invalid"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"sent": {}}, "cannot be corrected", id="nothing_could_be_read"),
        pytest.param({"outcome": "merged"}, "was not refused", id="not_refused"),
        pytest.param({"sent": {**SENT, "test": "1"}}, "was a test", id="a_test"),
    ],
)
def test_what_cannot_be_corrected_says_why(
    shop: Advertiser, blog: Publisher, manager: User, changed: dict[str, Any], said: str
) -> None:
    row = refused_after_a_click(shop, blog)
    Report.objects.filter(advertiser=shop, pk=row.pk).update(**changed)
    row.refresh_from_db()
    assert said in str(refusal(row))
    with pytest.raises(NotCorrectable, match=said):
        take(row, RIGHT, manager)
    assert Correction.objects.count() == 0


def test_a_closed_advertiser_takes_nothing_in(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    row = refused_after_a_click(shop, blog)
    Advertiser.objects.filter(pk=shop.pk).update(status="closed")
    with pytest.raises(NotCorrectable, match="closed"):
        take(row, RIGHT, manager)


def test_it_is_taken_in_once(shop: Advertiser, blog: Publisher, manager: User) -> None:
    row = refused_after_a_click(shop, blog)
    take(row, RIGHT, manager)
    with pytest.raises(NotCorrectable, match="already"):
        take(row, {**RIGHT, "order": "8"}, manager)
    assert Conversion.objects.count() == Correction.objects.count() == 1


def test_the_database_keeps_one_correction_of_a_report_and_never_changes_it(
    shop: Advertiser, blog: Publisher, manager: User
) -> None:
    done = take(refused_after_a_click(shop, blog), RIGHT, manager)
    done.pk = None
    with pytest.raises(IntegrityError, match="correction_once_per_report"), transaction.atomic():
        done.save(force_insert=True)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Correction.objects.filter(advertiser=shop).update(fields={})


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_wins(shop: Advertiser, blog: Publisher, manager: User) -> None:
    row = refused_after_a_click(shop, blog)
    together = Barrier(4)

    def try_it(order: str) -> bool:
        together.wait()
        try:
            take(Report.objects.get(advertiser=shop, pk=row.pk), {**RIGHT, "order": order}, manager)
        except NotCorrectable:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(try_it, ("7", "7", "8", "9")))
    assert sorted(won) == [False, False, False, True]
    assert Conversion.objects.count() == Correction.objects.count() == 1


def test_fields_are_kept_as_they_came_and_can_be_stored() -> None:
    data = {
        "order": "a\x00b\ud800",
        "amount": 1.5,
        "items": [{"id": "1"}],
        "unknown": "x",
        "sig": "s",
    }
    assert as_sent({**data, "parts": None, "voucher": "v" * 900}) == {
        "order": "a\\x00b\\ud800",
        "amount": "1.5",
        "items": '[{"id": "1"}]',
        "voucher": "v" * 300,
        "sig": "s",
    }
