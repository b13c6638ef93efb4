"""``verify`` names whatever breaks a promise; here each is broken on purpose."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction
from django.db.models import ForeignKey, Model, UUIDField
from pytest_django import DjangoDbBlocker

from network.models import Advertiser, User
from publishers.models import Partnership, Publisher
from tests.support.founding import made_once
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
)
from tracking.distribution.rows import AdvertiserRow
from tracking.distribution.tables import TABLES
from tracking.models import Conversion, Rollup, UnattributedSales, Validation
from tracking.verify.checks import Broken, Checked, Finding, verify
from tracking.verify.invariants import OF_SALES, Invariant
from tracking.verify.ledger import BALANCED, OF_LEDGER
from tracking.verify.references import REFERENCES

MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=40)


@pytest.fixture
def world(db: None) -> None:
    make_world()


@pytest.fixture(scope="class")
def one_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For all tests of a class."""
    with made_once(django_db_blocker, make_world):
        yield


@transaction.atomic
def make_world() -> None:
    """Sales of every kind: final, paid to nobody, open, in conflict, decided twice."""
    shop = make_advertiser("Shop")
    Advertiser.objects.filter(id=shop.id).update(network_fee_percent=10)
    blog, review = (make_partner(shop, make_publisher(name)) for name in ("Blog", "Review"))
    overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"))
    buy(blog, "final", LONG_AGO)
    buy(overlay, "nobody", LONG_AGO, in_one_session=False)
    assert finalise(NOW - timedelta(days=5)) == 2
    buy(blog, "open", NOW)
    buy(blog, "conflict", NOW)
    shopper = buy(review, "conflict", NOW)
    shopper.follow(overlay, NOW + 10 * MINUTE)
    shopper = buy(blog, "changed", NOW)
    shopper.follow(review, NOW + MINUTE)  # this click's record arrives after the sale


def buy(partner: Partnership, order: str, at: datetime, *, in_one_session: bool = True) -> Shopper:
    shopper = Shopper()
    shopper.follow(partner, at)
    if not in_one_session:
        shopper.end_session()
    shopper.buy(partner.advertiser, at + 5 * MINUTE, order=order)
    return shopper


def of(order: str) -> str:
    """The sale's id, in SQL."""
    return f"""(SELECT id FROM tracking_conversion WHERE "order" = '{order}')"""


def break_by(*statements: str) -> None:
    """Change rows behind the back of every trigger, and without constraints."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
            assert statement.startswith("ALTER") or cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> list[str]:
    return [str(finding) for finding in verify() if isinstance(finding, Broken)]


def alter(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"


def update(table: str, assignment: str, where: str) -> str:
    return f"UPDATE {table} SET {assignment} WHERE {where}"


def conversion(assignment: str, order: str) -> str:
    return update("tracking_conversion", assignment, f"id = {of(order)}")


def commission(assignment: str, order: str) -> str:
    return update("tracking_commission", assignment, f"conversion_id = {of(order)}")


def decision(assignment: str, order: str) -> str:
    return update("tracking_decision", assignment, f"conversion_id = {of(order)}")


def entry(assignment: str, kind: str) -> str:
    account = f"(SELECT id FROM publishers_ledgeraccount WHERE kind = '{kind}')"
    return update("publishers_ledgerentry", assignment, f"account_id = {account}")


def rollup(assignment: str, counted: str) -> str:
    return update("tracking_rollup", assignment, f"counted = '{counted}'")


def posted(assignment: str) -> str:
    return update("publishers_ledgertransaction", assignment, "kind = 'commission_final'")


TWO_PER_CONVERSION = alter("tracking_commission", "tracking_commission_conversion_id_key")
TWO_PER_POSTING = alter("tracking_commission", "tracking_commission_ledger_transaction_id_key")
FINAL_IS_CLOSED = alter("tracking_commission", "commission_final_when_closed")
ONE_ORDER = alter("tracking_conversion", "conversion_once_per_order")
NOT_ZERO = alter("publishers_ledgerentry", "ledger_entry_not_zero")
POSTING_KEY = alter("publishers_ledgertransaction", "publishers_ledgertransaction_key_key")
NOBODY = "paid_click = NULL, paid_publisher_id = NULL"

CASES = [
    pytest.param(
        [ONE_ORDER, conversion("\"order\" = 'open'", "changed")],
        r"I2 order 'open' of advertiser \d+: it has 2 conversions: \d+, \d+",
        id="one_order_twice",
    ),
    pytest.param(
        [
            conversion(
                f"decision_id = (SELECT min(id) FROM tracking_decision"
                f" WHERE conversion_id = {of('changed')})",
                "changed",
            )
        ],
        r"I2 conversion \d+: its current decision is \d+, and its newest is \d+",
        id="decision_is_an_old_one",
    ),
    pytest.param(
        [conversion("decision_id = NULL", "open")],
        r"I2 conversion \d+: its current decision is None, and its newest is \d+",
        id="no_decision",
    ),
    pytest.param(
        [f"DELETE FROM tracking_decision WHERE conversion_id = {of('changed')} AND sequence = 1"],
        r"I2 conversion \d+: it has 1 decisions, numbered 2 to 2",
        id="a_decision_is_gone",
    ),
    pytest.param(
        [conversion("closes_at = closes_at - interval '1 day'", "open")],
        r"I2 conversion \d+: it closes at .*, and its decision says .*",
        id="closes_earlier_than_decided",
    ),
    pytest.param(
        [conversion("closed_at = closes_at - interval '1 second'", "final")],
        r"I2 conversion \d+: it was closed at .*, before its windows closed at .*",
        id="closed_before_the_windows",
    ),
    pytest.param(
        [conversion("conflict = 'figures'", "final")],
        r"I2 conversion \d+: it was closed unresolved \(conflict 'figures', verified True\)",
        id="closed_in_conflict",
    ),
    pytest.param(
        [conversion("verified = FALSE", "final")],
        r"I2 conversion \d+: it was closed unresolved \(conflict '', verified False\)",
        id="closed_unverified",
    ),
    pytest.param(
        [TWO_PER_CONVERSION, commission(f"conversion_id = {of('open')}", "changed")],
        r"I2 conversion \d+: it has 2 commissions: \d+, \d+",
        id="two_commissions",
    ),
    pytest.param(
        [f"DELETE FROM tracking_commission WHERE conversion_id = {of('open')}"],
        r"I2 conversion \d+: its decision pays publisher \d+, and there is no commission",
        id="no_commission",
    ),
    pytest.param(
        [decision(NOBODY, "open")],
        r"I2 commission \d+: it is pending, and the decision pays nobody",
        id="commission_for_nobody",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'nobody_paid'", "open")],
        r"I2 commission \d+: it was declined because nobody is paid, and the decision pays"
        r" publisher \d+",
        id="declined_although_paid",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'suspended'", "open")],
        r"I2 commission \d+: it was declined with a suspension, and nobody declined it for"
        r" publisher \d+",
        id="declined_with_anothers_suspension",
    ),
    *(
        pytest.param(
            [commission(assignment, "open")],
            r"I2 commission \d+: it says hard click .* of publisher \d+ .*, and the decision hard"
            r" click .*".replace("it says hard", f"it says {said}"),
            id=f"commission_says_another_{name}",
        )
        for name, assignment, said in (
            ("publisher", "publisher_id = 999", "hard"),
            ("click", "click_id = gen_random_uuid()", "hard"),
            ("closing", "closes_at = closes_at + interval '1 day'", "hard"),
            ("cookie_type", "cookie_type = 'soft'", "soft"),
        )
    ),
    *(
        pytest.param(
            [commission(assignment, "open")],
            r"I2 commission \d+: it says .*, and its sale 4990 GBP at .*",
            id=f"commission_is_on_another_{name}",
        )
        for name, assignment in (
            ("amount", "sale_amount_minor = 4991"),
            ("currency", "currency = 'EUR'"),
            ("time", "sold_at = sold_at + interval '1 second'"),
        )
    ),
    pytest.param(
        [commission("amount_minor = 400", "open")],
        r"I2 commission \d+: it is 400 on 4990, and its rates give 399 on 4990",
        id="commission_is_not_what_its_rates_give",
    ),
    pytest.param(
        [commission("rates = '{}'", "open")],
        r"I2 commission \d+: it is 399 on 4990, and its rates give None on None",
        id="rates_are_lost",
    ),
    pytest.param(
        [FINAL_IS_CLOSED, commission("status = 'final'", "open")],
        r"I2 commission \d+: it is final and closed at None; its conversion was closed at None",
        id="final_and_not_closed",
    ),
    pytest.param(
        [commission("status = 'pending'", "final")],
        r"I2 commission \d+: it is pending and closed at .*; its conversion was closed at .*",
        id="closed_and_pending",
    ),
    pytest.param(
        [conversion("closed_at = NULL", "final")],
        r"I2 commission \d+: it is final and closed at .*; its conversion was closed at None",
        id="conversion_is_open_again",
    ),
    pytest.param(
        [entry("amount_minor = -398", "publisher_payable")],
        r"I3 ledger transaction \d+: its entries in GBP sum to 1, not to zero",
        id="unbalanced",
    ),
    pytest.param(
        [entry("currency = 'EUR'", "publisher_payable")],
        r"I3 ledger transaction \d+: its entries in EUR sum to -399, not to zero",
        id="balanced_only_across_currencies",
    ),
    pytest.param(
        [entry("currency = 'EUR'", "network_fees")],
        r"I3 ledger entry \d+: it is of -40 EUR, its account in GBP, its transaction"
        r" commission:\d+:final",
        id="entry_in_another_currency_than_its_account",
    ),
    pytest.param(
        [NOT_ZERO, entry("amount_minor = 0", "network_fees")],
        r"I3 ledger entry \d+: it is of 0 GBP, its account in GBP, its transaction .*",
        id="entry_of_nothing",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgertransaction"],
        r"I3 ledger entry \d+: it is of \S+ GBP, its account in GBP, its transaction missing",
        id="entry_without_transaction",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgeraccount WHERE kind = 'network_fees'"],
        r"I3 ledger entry \d+: it is of -40 GBP, its account missing, its transaction .*",
        id="entry_without_account",
    ),
    pytest.param(
        [f"DELETE FROM tracking_commission WHERE conversion_id = {of('final')}"],
        r"I3 ledger transaction \d+: 0 commissions have it \(key commission:\d+:final\)",
        id="posting_without_commission",
    ),
    pytest.param(
        [
            TWO_PER_POSTING,
            commission(
                "ledger_transaction_id = (SELECT id FROM publishers_ledgertransaction)", "open"
            ),
        ],
        r"I3 ledger transaction \d+: 2 commissions have it .*",
        id="posting_of_two_commissions",
    ),
    pytest.param(
        [posted("kind = 'gift'")],
        r"I3 ledger transaction \d+: nothing posts it \(kind gift, key .*, advertiser \d+\)",
        id="posting_of_a_kind_that_nothing_posts",
    ),
    pytest.param(
        [posted("advertiser_id = NULL")],
        r"I3 ledger transaction \d+: nothing posts it \(kind commission_final, .* None\)",
        id="posting_for_no_advertiser",
    ),
    pytest.param(
        [commission("ledger_transaction_id = NULL", "final")],
        r"I3 commission \d+: it is final, and its ledger transaction is missing",
        id="final_and_not_posted",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'by_advertiser'", "final")],
        r"I3 commission \d+: it is declined, and its ledger transaction is commission:\d+:final",
        id="declined_and_posted",
    ),
    *(
        pytest.param(
            [POSTING_KEY, posted(assignment)],
            r"I3 commission \d+: it says commission:\d+:final at .* advertiser \d+ publisher \d+,"
            r" and its ledger transaction .*",
            id=f"posted_with_another_{name}",
        )
        for name, assignment in (
            ("key", "key = 'commission:999:final'"),
            ("time", "at = at + interval '1 second'"),
            ("advertiser", "advertiser_id = NULL"),
            ("publisher", "publisher_id = 999"),
        )
    ),
    pytest.param(
        [
            entry("amount_minor = -400", "publisher_payable"),
            entry("amount_minor = -39", "network_fees"),
        ],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; posted are 400 owed to the publisher,"
        r" 39 to the network, 439 by the advertiser, in 3 entries",
        id="posted_with_other_amounts",
    ),
    pytest.param(
        ["UPDATE publishers_ledgeraccount SET publisher_id = 999 WHERE publisher_id > 0"],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; posted are 0 owed to the publisher, .*",
        id="posted_to_another_publisher",
    ),
    pytest.param(
        [
            "INSERT INTO publishers_ledgerentry"
            " (transaction_id, account_id, amount_minor, currency)"
            " SELECT transaction_id, account_id, sign * 5, currency FROM publishers_ledgerentry,"
            " (VALUES (1), (-1)) signs (sign) WHERE amount_minor = -40"
        ],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; .*, in 5 entries",
        id="posted_with_more_entries",
    ),
    pytest.param(
        [decision("decided_at = decided_at + interval '90 days'", "final")],
        r"I3 decision \d+: it was made at .*, after its conversion was closed at .*",
        id="decided_after_the_closing",
    ),
    pytest.param(
        [
            entry("amount_minor = amount_minor * 2", kind)
            for kind in ("publisher_payable", "network_fees", "advertiser_receivable")
        ],
        r"I5 publisher \d+: 798 GBP are owed to it for advertiser \d+, and its final commissions"
        r" are 399",
        id="more_is_owed_than_was_earned",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 publisher \d+: 0 GBP are owed to it for advertiser \d+, and its final commissions"
        r" are 399",
        id="less_is_owed_than_was_earned",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 advertiser \d+: it owes 0 GBP, and its final commissions with fees are 439",
        id="an_advertiser_owes_less",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 network fees of advertiser \d+: 0 GBP are posted, and its final commissions' fees"
        r" are 40",
        id="fees_are_not_posted",
    ),
]
IN_ROLLUPS = [
    pytest.param(
        [rollup("count = count + 1", "click_took")],
        r"R click_took of .*, advertiser \d+, publisher \d+, hard: the rollups say \d+ on 0 for 0,"
        r" and counting gives \d+ on 0 for 0 .*",
        id="a_click_too_many",
    ),
    pytest.param(
        ["DELETE FROM tracking_rollup WHERE counted = 'click_stood_down'"],
        r"R click_stood_down of .*: the rollups say 0 on 0 for 0, and counting gives 1 on 0 .*",
        id="a_click_is_not_counted",
    ),
    pytest.param(
        ["DELETE FROM tracking_click WHERE stood_down"],
        r"R click_stood_down of .*: the rollups say 1 on 0 for 0, and counting gives 0 on 0 .*",
        id="a_click_is_gone",
    ),
    pytest.param(
        [rollup("commission_minor = commission_minor + 1", "sale_final")],
        r"R sale_final of .*: the rollups say 1 on 4990 for 400, and counting gives 1 on 4990"
        r" for 399 .*",
        id="a_commission_miscounted",
    ),
    pytest.param(
        ["DELETE FROM tracking_rollup WHERE counted = 'sale_nobody'"],
        r"R sale_nobody of .*, publisher None, no type: the rollups say 0 on 0 for 0, and counting"
        r" gives 1 on 4990 for 0 .*",
        id="a_sale_is_not_counted",
    ),
    pytest.param(
        [rollup("hour = hour - interval '1 hour'", "touched")],
        r"R touched of .*: the rollups say 1 on 0 for 0, and counting gives 0 on 0 .*",
        id="counted_at_another_hour",
    ),
    pytest.param(
        [decision("verdicts = '[{}]'", "open")],
        r"R sales of advertiser \d+: what they are counted by cannot be read: KeyError.*",
        id="a_decision_cannot_be_read",
    ),
]
IN_DECISIONS = [
    pytest.param(
        [decision("inputs = jsonb_set(inputs, '{at}', '0')", "open")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="inputs_changed",
    ),
    pytest.param(
        [decision("verdicts = '[]'", "final")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="verdicts_changed",
    ),
    pytest.param(
        [decision("paid_publisher_id = paid_publisher_id + 1", "final")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="pays_another",
    ),
    pytest.param(
        [decision("inputs = '{}'", "open")],
        r"I6 decision \d+: what is stored with it cannot be read: KeyError.*",
        id="inputs_lost",
    ),
    pytest.param(
        [decision("rule_version = 9", "open")],
        r"I6 decision \d+: it was made by version 9 of the rule, not 1",
        id="unknown_rule",
    ),
    pytest.param(
        [decision("closes_at = closes_at - interval '1 hour'", "final")],
        r"I6 decision \d+: it closes at .*, and its clicks' windows at .*",
        id="closes_at_changed",
    ),
    pytest.param(
        [decision("inputs = jsonb_set(inputs, '{conflict}', '\"journeys\"')", "open")],
        r"I6 decision \d+: it pays publisher \d+ although its journeys conflict",
        id="pays_in_conflict",
    ),
    pytest.param(
        [conversion("decision_id = NULL", "open")],
        r"I6 conversion \d+: it has no decision",
        id="open_without_decision",
    ),
    pytest.param(
        ["UPDATE tracking_click SET window_minutes = 1"],
        r"I6 conversion \d+: what is stored differs from its decision's inputs in clicks",
        id="click_changed",
    ),
    pytest.param(
        [f"UPDATE tracking_report SET sessions = '[5]' WHERE conversion_id = {of('open')}"],
        r"I6 conversion \d+: what is stored differs from its decision's inputs in sessions",
        id="report_changed",
    ),
    pytest.param(
        [
            f'UPDATE tracking_report SET tokens = \'[{{"role": "hard", "token": "x", '
            f'"reason": ""}}]\' WHERE conversion_id = {of("open")}'
        ],
        r"I6 conversion \d+: its reports and clicks cannot be read: TokenError.*",
        id="token_lost",
    ),
    pytest.param(
        [f"DELETE FROM tracking_report WHERE conversion_id = {of('open')}"],
        r"I6 conversion \d+: its reports and clicks cannot be read: \w+.*",
        id="reports_lost",
    ),
]


@pytest.mark.usefixtures("world")
def test_nothing_is_broken_and_everything_was_looked_at() -> None:
    findings = list(verify())
    assert [str(finding) for finding in findings if isinstance(finding, Broken)] == []
    assert [str(finding) for finding in findings if isinstance(finding, Checked)] == [
        "5 conversions",
        "4 commissions",
        "1 ledger transactions",
        "3 ledger entries",
        f"{Rollup.objects.count()} rows of rollups",
        "7 decisions recomputed",
        "3 open conversions decided again",
    ]


@pytest.mark.usefixtures("one_world")
@pytest.mark.django_db
class TestBreaking:
    @pytest.mark.parametrize(("statements", "expected"), [*CASES, *IN_ROLLUPS, *IN_DECISIONS])
    def test_it_names_what_is_broken(self, statements: list[str], expected: str) -> None:
        break_by(*statements)
        found = broken()
        assert [line for line in found if re.fullmatch(expected, line)], found


def references() -> Iterator[tuple[type[Model], "ForeignKey[int, int]"]]:
    for model in AdvertiserRow.__subclasses__():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                yield model, field


@pytest.mark.usefixtures("world")
def test_it_names_what_refers_to_a_row_that_does_not_exist() -> None:
    add_what_the_world_has_none_of()
    for model, field in references():
        table, column = model._meta.db_table, field.column
        one = f"id = (SELECT id FROM {table} ORDER BY {column} IS NULL LIMIT 1)"
        missing = UUID(int=999) if isinstance(field.target_field, UUIDField) else 999
        with transaction.atomic():
            break_by(update(table, f"{column} = '{missing}'", one))
            found = broken()
            transaction.set_rollback(True)
        said = f"its {field.verbose_name} {missing} does not exist"
        such = rf"\(1 such {model._meta.verbose_name_plural} of advertiser \d+\)"
        expected = rf"E {model._meta.verbose_name} \S+: {said} {such}"
        assert [line for line in found if re.fullmatch(expected, line)], (expected, found)


def test_every_reference_is_looked_at() -> None:
    assert {model._meta.db_table for model, _ in references()} == set(TABLES)
    assert len(REFERENCES) == len(list(references()))


def add_what_the_world_has_none_of() -> None:
    sale = Conversion.objects.get(order="open")
    staff = User.objects.create(username="staff")
    Validation.objects.create(
        advertiser=sale.advertiser,
        conversion=sale,
        action=Validation.Action.APPROVE,
        at=NOW,
        made_by=staff,
        publisher=sale.commission.publisher,
        commission_minor=sale.commission.amount_minor,
        currency=sale.commission.currency,
    )
    UnattributedSales.objects.create(advertiser=sale.advertiser, hour=NOW, source="tag", count=1)


@pytest.mark.usefixtures("world")
def test_it_names_an_index_that_hides_rows() -> None:
    assert not any("indexes find" in line for line in broken())
    rows = list(Rollup.objects.all())
    not_kept_up = "UPDATE pg_index SET indisready = {} WHERE indrelid = 'tracking_rollup'::regclass"
    break_by(not_kept_up.format("FALSE"))
    for row in rows:
        row.pk = None
    Rollup.objects.bulk_create(rows)
    break_by(not_kept_up.format("TRUE"))
    said = f"the table has {2 * len(rows)} rows, and its indexes find {len(rows)} "
    assert [line for line in broken() if said in line and line.startswith("E tracking_rollup ")]


@pytest.mark.usefixtures("world")
def test_it_looks_at_every_advertiser() -> None:
    other = make_advertiser("Other")
    blog = Publisher.objects.get(name="Blog")
    buy(make_partner(other, blog), "elsewhere", NOW)
    break_by(commission("amount_minor = 400", "open"), commission("amount_minor = 1", "elsewhere"))
    found = [line for line in broken() if "its rates give" in line]
    assert [line.split()[2] for line in found] == [
        f"{Conversion.objects.get(order=order).commission.pk}:" for order in ("open", "elsewhere")
    ]


@pytest.mark.parametrize(
    "invariant",
    [*OF_SALES, *BALANCED, *OF_LEDGER],
    ids=lambda item: f"{item.row}: {item.sentence}",
)
def test_every_invariant_is_broken_by_a_case(invariant: Invariant) -> None:
    words = re.findall(r"[a-z]{3,}", re.sub(r"\{.*?\}", "", invariant.sentence))
    expected = [str(case.values[1]) for case in CASES]
    alike = [line for line in expected if all(word in line for word in words)]
    assert any(line.startswith(invariant.promise) for line in alike)


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_it_looked_at() -> None:
    make_world()
    output = StringIO()
    call_command("verify", stdout=output)
    checked, end = output.getvalue().splitlines()
    assert checked.startswith("Checked: 5 conversions, 4 commissions, ")
    assert end == "Nothing is broken."


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_what_is_broken_and_fails() -> None:
    make_world()
    with transaction.atomic():
        break_by(commission("amount_minor = 400", "open"), commission("amount_minor = 1", "final"))
    output = StringIO()
    with pytest.raises(CommandError, match=r"^7 broken\.$"):
        call_command("verify", stdout=output)
    *lines, checked = output.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["I2", "I2", "I3", "I5", "I5", "R", "R"]
    assert checked.startswith("Checked: ")


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def meddle() -> Iterator[Finding]:
        yield Checked("conversions", Conversion.objects.update(order="mine"))

    make_world()
    monkeypatch.setattr("tracking.management.commands.verify.verify", meddle)
    with pytest.raises(InternalError, match="read-only transaction"):
        call_command("verify", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_an_empty_run_is_visible() -> None:
    output = StringIO()
    call_command("verify", stdout=output)
    assert output.getvalue().startswith("Checked: 0 conversions, 0 commissions, ")
