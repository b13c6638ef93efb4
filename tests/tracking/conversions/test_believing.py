"""Who is believed about a sale, when it happened, and what anybody can send about it."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from network.advertisers import signing_keys
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.clicks.keys import KEYS
from tracking.conversions import seen
from tracking.conversions.reports import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import Part, SaleFigures
from tracking.evidence.signing import Signature
from tracking.models import (
    Commission,
    Conversion,
    OrderSeen,
    Report,
    UnattributedSales,
)
from tracking.rule.reasons import ReportOutcome
from tracking.rule.tokens import Keys

pytestmark = pytest.mark.django_db
CONFIRMED = Advertiser.Verification.CONFIRMED


def partner(shop: Advertiser, cookie_type: str = "hard", **terms: Any) -> Publisher:
    publisher = make_publisher()
    make_partner(shop, publisher, cookie_type, **terms)
    return publisher


def reader_of(shop: Advertiser, publisher: Publisher, at: datetime = NOW) -> Browser:
    """A browser that followed the publisher's link."""
    browser = Browser(shop)
    browser.click(publisher, at)
    return browser


def bare(
    shop: Advertiser, order: str, at: datetime, amount: str = "1.00", **said: Any
) -> SaleReport:
    return make_report(shop, order, at, amount, source="pixel", **said)


def signed(shop: Advertiser, report: SaleReport, amount: str = "50.00") -> SaleReport:
    """The report as the shop's own page sends it."""
    key = shop.signing_keys.filter(valid_until=None).first() or signing_keys.make(
        shop, NOW, made_by=None
    )
    assert report.sale
    text = f"{report.sale.order}|{amount}||"
    return replace(report, signature=Signature(text, signing.sign(text, key.secret)))


def sale() -> Conversion:
    return Conversion.objects.select_related("decision").get()


def outcome(report: SaleReport) -> str:
    return Report.objects.get(id=report.id).outcome


def verdicts() -> list[str]:
    decision = sale().decision
    assert decision is not None
    return [item["verdict"] for item in decision.verdicts]


# --- What anybody can send ----------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False], ids=["before_the_sale", "after_the_sale"])
def test_a_report_without_a_token_blocks_and_changes_nothing(shop: Advertiser, first: bool) -> None:
    blog = partner(shop)
    browser = reader_of(shop, blog)
    stolen = bare(
        shop, "1", NOW + minutes(4 if first else 6), fields={"voucher": "STOLEN", "channel": "x"}
    )
    sent = [stolen, browser.report("1", NOW + minutes(5))]
    for report in sent if first else reversed(sent):
        record(report)
    found = sale()
    assert (found.conflict, found.amount_minor, found.voucher, found.channel) == ("", 5000, "", "")
    assert (found.commission.publisher, found.commission.status) == (blog, "pending")
    assert Report.objects.filter(rank="bare").count() == (0 if first else 1)
    if not first:
        assert outcome(stolen) == ReportOutcome.DISCREPANCY


def test_reports_without_a_token_make_no_sale(shop: Advertiser) -> None:
    for minute in range(3):
        assert record(bare(shop, "1", NOW + minutes(minute))) == ReportOutcome.NO_TOKEN
    assert not Conversion.objects.exists()
    assert not Report.objects.exists()
    assert UnattributedSales.objects.get().count == 1, "a reload is no sale of its own"


@pytest.mark.parametrize("kind", ["keyed", "signed"])
def test_a_rival_with_a_token_cannot_contest_what_the_shop_says(
    shop: Advertiser, kind: str
) -> None:
    """A partner's own token, with an order and an amount that it has guessed."""
    blog, thief = partner(shop), partner(shop)
    honest = reader_of(shop, blog).report("1", NOW + minutes(5))
    honest = replace(honest, source="keyed") if kind == "keyed" else signed(shop, honest)
    stolen = reader_of(shop, thief).report("1", NOW + minutes(4), "0.00", source="pixel")
    for report in (stolen, honest):
        record(report)
    assert (sale().conflict, sale().amount_minor) == ("", 5000)
    assert (Commission.objects.get().publisher, outcome(stolen)) == (blog, ReportOutcome.UNLINKED)


@pytest.mark.parametrize("amount", ["0", "0.00", "49.99", "50.01"])
def test_a_number_that_was_guessed_before_its_order_blocks_nothing(
    shop: Advertiser, amount: str
) -> None:
    """Numbers are easily foreseen; the click comes after the guess."""
    assert record(bare(shop, "1", NOW, amount)) == ReportOutcome.NO_TOKEN
    blog = partner(shop)
    found = reader_of(shop, blog, NOW + minutes(1)).buy("1", NOW + minutes(2))
    assert (found.at, found.commission.publisher) == (NOW + minutes(2), blog)
    assert verdicts() == ["held"]


# --- Ranks and signatures -----------------------------------------------------------------------


def test_each_report_keeps_its_rank(shop: Advertiser) -> None:
    browser = reader_of(shop, partner(shop))
    token = browser.tokens[0]
    assert token
    sent = {
        "token": browser.report("1", NOW + minutes(1)),
        "signed": signed(shop, browser.report("1", NOW + minutes(2))),
        "keyed": make_report(shop, "1", NOW + minutes(3), source="keyed"),
        "bare": bare(shop, "1", NOW + minutes(4)),
    }
    by_server = make_report(shop, "1", NOW + minutes(5), source="server", clicks=[token])
    for report in (*sent.values(), by_server):
        record(report)
    assert {name: Report.objects.get(id=report.id).rank for name, report in sent.items()} == {
        name: name for name in sent
    }
    assert Report.objects.get(id=by_server.id).rank == "token"


@pytest.mark.parametrize(
    ("text", "key", "rank"),
    [
        pytest.param("1|50.00||", "current", "signed", id="right"),
        pytest.param("1|50.0||", "current", "token", id="another_text"),
        pytest.param("1|50.00||", "none", "token", id="of_nobody"),
        pytest.param("1|50.00||", "old", "signed", id="old_key_in_its_time"),
        pytest.param("1|50.00||", "ended", "token", id="old_key_after_it"),
        pytest.param("1|50.00||", "other", "token", id="another_shop's"),
    ],
)
def test_a_wrong_signature_is_named_and_counts_for_nothing(
    shop: Advertiser, text: str, key: str, rank: str
) -> None:
    ended = signing_keys.make(shop, NOW - timedelta(days=9), made_by=None)
    old = signing_keys.make(shop, NOW - timedelta(days=5), made_by=None, overlap=timedelta(days=1))
    current = signing_keys.make(shop, NOW - minutes(1), made_by=None, overlap=timedelta(days=7))
    other = signing_keys.make(make_advertiser(), NOW, made_by=None)
    secrets = {"current": current, "old": old, "ended": ended, "other": other}
    secret = secrets[key].secret if key in secrets else "0" * 64
    report = reader_of(shop, partner(shop)).report("1", NOW + minutes(2))
    sent = replace(report, signature=Signature("1|50.00||", signing.sign(text, secret)))
    record(sent)
    kept = Report.objects.get()
    assert kept.rank == rank
    assert [error["field"] for error in kept.errors] == ([] if rank == "signed" else ["sig"])
    assert (kept.outcome, sale().amount_minor) == (ReportOutcome.CREATED, 5000)


def test_one_key_is_in_use_and_a_theft_ends_it_at_once(shop: Advertiser) -> None:
    first = signing_keys.make(shop, NOW, made_by=None)
    signing_keys.make(shop, NOW, made_by=None, overlap=timedelta(days=7))
    signing_keys.make(shop, NOW, made_by=None)
    keys = signing_keys.keys_of([shop.pk])[shop.pk]
    assert first.secret not in signing_keys.valid_at(keys, NOW)
    assert len(signing_keys.valid_at(keys, NOW)) == 1


def test_a_report_signed_with_a_stolen_key_is_not_believed(shop: Advertiser) -> None:
    stolen = signed(shop, reader_of(shop, partner(shop)).report("1", NOW + minutes(2)))
    signing_keys.make(shop, NOW + minutes(1), made_by=None)
    record(stolen)
    assert Report.objects.get().rank == "token"


# --- When it happened ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_click_after_the_order_is_not_paid_for_it(shop: Advertiser, kind: str) -> None:
    """The thank-you page is opened again after a click on a partner's link."""
    record(bare(shop, "1", NOW, "100.00"))
    browser = reader_of(shop, partner(shop, kind), NOW + minutes(1))
    found = browser.buy("1", NOW + minutes(2), "100.00")
    assert (found.at, verdicts()) == (NOW, ["after_conversion"])
    assert not Commission.objects.exists()


def test_a_second_device_that_clicked_after_the_order_contests_nothing(shop: Advertiser) -> None:
    blog = partner(shop)
    reader_of(shop, blog).buy("1", NOW + minutes(1))
    later = reader_of(shop, partner(shop), NOW + minutes(2)).report("1", NOW + minutes(3), "9.00")
    assert record(later) == ReportOutcome.UNLINKED
    assert (sale().conflict, sale().amount_minor, verdicts()) == ("", 5000, ["held"])
    assert (Commission.objects.get().publisher, Commission.objects.get().status) == (
        blog,
        "pending",
    )


def test_no_report_is_dated_after_its_receipt(shop: Advertiser) -> None:
    token = reader_of(shop, partner(shop)).tokens[0]
    assert token
    dated = make_report(shop, "1", NOW + timedelta(days=2), source="keyed", clicks=[token])
    record(replace(dated, received_at=NOW + minutes(1)))
    assert (sale().at, Report.objects.get().at) == (NOW + minutes(1), NOW + minutes(1))


def test_an_order_that_was_seen_cannot_be_read_and_is_forgotten(shop: Advertiser) -> None:
    record(bare(shop, "ORDER-10023", NOW))
    kept = OrderSeen.objects.get()
    assert kept.advertiser == shop
    assert "10023" not in str(vars(kept))
    figures = [SaleFigures(amount, "GBP", (Part("DEFAULT", amount),)) for amount in (100, 101)]
    named = [("ORDER-10023", each) for each in figures]
    assert seen.first_of(shop.pk, named) == {named[0]: NOW}
    assert seen.first_of(make_advertiser().pk, named) == {}
    assert seen.prune(NOW + timedelta(days=30)) == 0
    assert seen.prune(NOW + timedelta(days=30, seconds=1)) == 1


def test_an_order_that_was_seen_is_known_when_keys_were_rotated(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bare(shop, "1", NOW, "100.00"))
    browser = reader_of(shop, partner(shop), NOW + minutes(1))
    newest = max(KEYS.by_id) + 1
    rotated = Keys(by_id={**KEYS.by_id, newest: secrets.token_bytes(32)}, signing=newest)
    monkeypatch.setattr(seen, "KEYS", rotated)
    assert browser.buy("1", NOW + minutes(2), "100.00").at == NOW


def test_an_earlier_time_is_remembered_a_later_one_is_not(shop: Advertiser) -> None:
    for minute in (5, 3, 9):
        record(bare(shop, "1", NOW + minutes(minute)))
    assert OrderSeen.objects.get().first_at == NOW + minutes(3)


@pytest.mark.parametrize("kind", ["keyed", "signed"])
def test_what_the_shop_said_before_any_token_came_confirms_the_sale(kind: str) -> None:
    shop = make_advertiser(verification=CONFIRMED)
    told = make_report(shop, "1", NOW + minutes(2), "60.00")
    told = replace(told, source="keyed") if kind == "keyed" else signed(shop, told, "60.00")
    browser = reader_of(shop, partner(shop))
    assert record(told) == ReportOutcome.WAITING
    assert not Conversion.objects.exists()
    late = browser.report("1", NOW + minutes(3))
    assert record(late) == ReportOutcome.DISCREPANCY
    found = sale()
    assert (found.at, found.amount_minor, found.verified) == (NOW + minutes(2), 6000, True)
    assert found.reports.count() == 2


# --- One session speaks -------------------------------------------------------------------------


def test_a_session_that_is_over_is_not_revived_by_naming_it(shop: Advertiser) -> None:
    """The session's id stands in the token, for whoever has that."""
    browser = reader_of(shop, partner(shop, "soft"))
    session = browser.report("1", NOW).sessions
    browser.end_session()
    browser.buy("1", NOW + minutes(5))
    assert verdicts() == ["session_ended"]
    record(replace(browser.report("1", NOW + minutes(6)), sessions=session))
    assert verdicts() == ["session_ended"]
    assert not Commission.objects.exists()


# --- A channel that does not count --------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True], ids=["named_first", "named_later"])
@pytest.mark.parametrize("same", [True, False], ids=["same_browser", "another_browser"])
def test_a_channel_that_does_not_count_is_so_by_any_report(
    shop: Advertiser, same: bool, reverse: bool
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(uncounted_channels=["paid-search"])
    browser = reader_of(shop, partner(shop))
    other = browser if same else reader_of(shop, partner(shop))
    named = browser.report("1", NOW + minutes(5), fields={"channel": "Paid-Search"})
    silent = other.report("1", NOW + minutes(6), source="pixel")
    for report in reversed((named, silent)) if reverse else (named, silent):
        record(report)
    assert not Commission.objects.exclude(status="declined").exists()
    assert sale().decision is not None
    assert sale().decision.paid_publisher is None  # type: ignore[union-attr]
    assert outcome(named) == ReportOutcome.CHANNEL_NOT_COUNTED


def test_a_channel_that_counts_is_no_reason(shop: Advertiser) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(uncounted_channels=["paid-search"])
    browser = reader_of(shop, partner(shop))
    found = browser.buy("1", NOW + minutes(5), fields={"channel": "newsletter"})
    assert (found.channel, found.commission.status) == ("newsletter", "pending")
