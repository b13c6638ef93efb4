"""What is kept as JSON stays readable, and is written as it was: rows, files and spools outlive a
version."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from network.clock import from_ms
from tracking.clicks import snapshot
from tracking.clicks.snapshot import AdvertiserSnapshot, Snapshot, Span
from tracking.commissions import decisions
from tracking.conversions import reports
from tracking.conversions.recording import SaleReport
from tracking.evidence.fields import FieldError, Part, SaleFields, SaleFigures
from tracking.evidence.joining import Role
from tracking.rule.attribution import Click, CookieType, Sale, SoftRule
from tracking.rule.consent import Consent
from tracking.rule.reasons import ClickReason
from tracking.rule.replay import Change
from tracking.spool import intake
from tracking.whatif.results import Question, question_in, question_json

HARD, SOFT, REPORT = (UUID(f"0195f000-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))
AT = 1_773_324_000_123

INPUTS: dict[str, Any] = {
    "at": AT,
    "sessions": [3, 7],
    "soft_rule": "sole",
    "validation_minutes": 60,
    "clicks": [
        {
            "id": str(HARD),
            "at": AT - 2,
            "publisher": 5,
            "cookie_type": "hard",
            "window_minutes": 43_200,
            "journey": 2**62,
            "session": 7,
            "stood_down": False,
            "soft_rule": "first",
            "reason": None,
        },
        {
            "id": str(SOFT),
            "at": AT - 1,
            "publisher": 6,
            "cookie_type": "soft",
            "window_minutes": 1_440,
            "journey": 0,
            "session": 0,
            "stood_down": True,
            "soft_rule": "last",
            "reason": "bot",
            "in_page": True,
        },
    ],
    "reports": [str(REPORT)],
    "conflict": "figures",
}
CLICKS = [
    Click(HARD, AT - 2, 5, CookieType.HARD, 43_200, 2**62, 7),
    Click(SOFT, AT - 1, 6, CookieType.SOFT, 1_440, 0, 0, True, SoftRule.LAST, ClickReason.BOT),
]
SALE = Sale(AT, frozenset({7, 3}), SoftRule.SOLE, 60)


def test_the_inputs_of_a_decision() -> None:
    assert decisions.inputs_json(CLICKS, SALE, [REPORT], "figures", frozenset({SOFT})) == INPUTS
    recorded = decisions.recorded_in(INPUTS)
    assert (list(recorded.clicks), recorded.sale) == (CLICKS, SALE)
    assert decisions.activations_in(INPUTS) == {SOFT}


@pytest.mark.parametrize("changes", [{}, {"open_until": AT + 9, "open_by": INPUTS["clicks"][0]}])
def test_inputs_are_read_from_text_as_from_json(changes: dict[str, Any]) -> None:
    inputs = {**INPUTS, **changes}
    from_text, recorded = (
        decisions.recorded_in_text(json.dumps(inputs)),
        decisions.recorded_in(inputs),
    )
    assert (from_text.clicks, from_text.activations) == (recorded.clicks, recorded.activations)
    for name in Sale.__struct_fields__:
        assert getattr(from_text.sale, name) == getattr(recorded.sale, name)
    mentioned = [
        (one.publisher, one.cookie_type) for one in decisions.mentions_in_text(json.dumps(inputs))
    ]
    assert mentioned == [(5, CookieType.HARD), (6, CookieType.SOFT)]


def test_inputs_of_another_kind_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="at"):
        decisions.sale_in({**INPUTS, "at": "today"})
    with pytest.raises(msgspec.ValidationError, match="cookie_type"):
        decisions.clicks_in({"clicks": [{**INPUTS["clicks"][0], "cookie_type": "firm"}]})


SNAPSHOT = """{"version": 4, "advertisers": {"7": {"id": 7, "name": "Shop", "closed": false,
"currency": "GBP", "landing_url": "https://shop.example/", "domains": ["shop.example"],
"click_parameter": "clickid", "strip_click_parameter": false, "consent_default": "ask",
"longest_window_days": 30, "groups": ["DEFAULT"], "partners": {"5": [{"starts_at": 0,
"approved": true, "cookie_type": "soft", "window_minutes": 1440, "soft_rule": "first",
"in_page": false, "strictly_necessary": true}]}, "own_hosts": ["go.shop.example"]}}}"""


def test_the_snapshot_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(SNAPSHOT)
    shop = AdvertiserSnapshot(
        id=7,
        name="Shop",
        closed=False,
        currency="GBP",
        landing_url="https://shop.example/",
        domains=("shop.example",),
        click_parameter="clickid",
        strip_click_parameter=False,
        consent_default=Consent.ASK,
        longest_window_days=30,
        groups=frozenset({"DEFAULT"}),
        partners={5: (Span(0, True, CookieType.SOFT, 1440, SoftRule.FIRST, False, True),)},
        own_hosts=("go.shop.example",),
    )
    read = snapshot.load(path)
    assert read == Snapshot(4, {7: shop})
    assert read.by_own_host == {"go.shop.example": 7}
    snapshot.save(read, path)
    assert json.loads(path.read_text()) == json.loads(SNAPSHOT)


QUESTION: dict[str, Any] = {
    "since": "2026-03-01T00:00:00.004567+00:00",
    "until": "2026-03-12T14:00:00+00:00",
    "changes": {
        "7": {
            "types": {"5": "soft"},
            "soft_rule": None,
            "hard_days": 14,
            "own_hard_days": {"5": None, "6": 30},
            "soft_hours": None,
        }
    },
}


def test_the_question_of_a_what_if() -> None:
    question = Question(
        {7: Change({5: CookieType.SOFT}, hard_days=14, own_hard_days={5: None, 6: 30})},
        datetime(2026, 3, 1, microsecond=4567, tzinfo=UTC),
        datetime(2026, 3, 12, 14, tzinfo=UTC),
    )
    assert question_in(QUESTION) == question
    assert question_in(json.loads(json.dumps(question_json(question)))) == question


RECORD: dict[str, Any] = {
    "kind": "report",
    "id": REPORT.hex,
    "advertiser": 7,
    "source": "tag",
    "received_at": AT / 1000,
    "at": AT / 1000,
    "sale": {
        "order": "10023",
        "figures": {
            "amount_minor": 4990,
            "currency": "GBP",
            "parts": [{"group": "DEFAULT", "amount_minor": 4990}],
        },
        "voucher": "",
        "channel": "",
        "customer": "new",
        "test": False,
        "notes": [],
        "items": [],
    },
    "tokens": [["hard", "token"]],
    "sessions": [7],
    "from_browser": True,
    "session_by_cookie": False,
    "is_unanswered": False,
    "is_crowded": False,
    "errors": [],
    "order": "",
    "signature": None,
    "sent": {},
}


def report(**changed: Any) -> SaleReport:
    figures = SaleFigures(4990, "GBP", (Part("DEFAULT", 4990),))
    known: dict[str, Any] = {
        "id": REPORT,
        "advertiser": 7,
        "source": "tag",
        "received_at": from_ms(AT),
        "at": from_ms(AT),
        "sale": SaleFields("10023", figures, customer="new"),
        "tokens": ((Role.HARD, "token"),),
        "sessions": (7,),
        "from_browser": True,
    }
    return SaleReport(**{**known, **changed})


def test_a_report_in_the_spool() -> None:
    assert json.loads(json.dumps(intake.report_record(report()))) == RECORD
    assert intake.report_in(RECORD) == report()


@pytest.mark.parametrize("later", ["notes", "items"])
def test_a_report_whose_sale_was_spooled_before_it_had_this(later: str) -> None:
    sale = {name: value for name, value in RECORD["sale"].items() if name != later}
    assert intake.report_in({**RECORD, "sale": sale}) == report()


@pytest.mark.parametrize("later", ["sent", "is_crowded"])
def test_a_report_that_was_spooled_before_this_was_kept(later: str) -> None:
    kept = {name: value for name, value in RECORD.items() if name != later}
    assert intake.report_in(kept) == report()


def test_a_refused_report_in_the_spool() -> None:
    wrong, sent = FieldError("amount", "a", "b", "c"), {"order": "x", "amount": "a"}
    refused = report(sale=None, order="x", errors=(wrong,), sent=sent)
    assert intake.report_in(json.loads(json.dumps(intake.report_record(refused)))) == refused


def test_the_figures_of_a_stored_report() -> None:
    """Beside them stand fields that are not among the figures."""
    kept = {**RECORD["sale"]["figures"], "voucher": "", "channel": "", "customer": "new"}
    figures = SaleFigures(4990, "GBP", (Part("DEFAULT", 4990),))
    assert msgspec.convert(kept, SaleFigures) == figures
    assert (
        json.loads(json.dumps(reports.sale_json(SaleFields("1", figures, customer="new")))) == kept
    )
