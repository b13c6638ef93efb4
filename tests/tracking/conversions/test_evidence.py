"""Reading a report's fields, and which reports of an order belong together."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.conversions.evidence import Evidence, Presented, Role, join
from tracking.conversions.fields import InvalidReport, Part, SaleFigures, Terms, read_fields
from tracking.rule.attribution import Click, CookieType

POUNDS = Terms("GBP", {"DEFAULT", "SALE"})
YEN = Terms("JPY", {"DEFAULT"})
GOOD = {"order": "10023", "amount": "49.90"}
START = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "terms", "figures"),
    [
        pytest.param(GOOD, POUNDS, (4990, "GBP", [("DEFAULT", 4990)]), id="plain"),
        pytest.param({**GOOD, "amount": "0"}, POUNDS, (0, "GBP", [("DEFAULT", 0)]), id="zero"),
        pytest.param({**GOOD, "amount": 49.9}, POUNDS, (4990, "GBP", [("DEFAULT", 4990)]), id="no"),
        pytest.param({**GOOD, "amount": "4990"}, YEN, (4990, "JPY", [("DEFAULT", 4990)]), id="yen"),
        pytest.param(
            {**GOOD, "parts": "SALE:9.90|DEFAULT:40.00"},
            POUNDS,
            (4990, "GBP", [("SALE", 990), ("DEFAULT", 4000)]),
            id="parts",
        ),
    ],
)
def test_it_reads_figures(
    data: dict[str, object], terms: Terms, figures: tuple[int, str, list[tuple[str, int]]]
) -> None:
    amount, currency, parts = figures
    expected = SaleFigures(amount, currency, tuple(Part(*part) for part in parts))
    assert read_fields(data, terms).figures == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *[
            pytest.param({"amount": text}, "amount", id=f"amount {text!r}")
            for text in (
                "",
                "NaN",
                "-1",
                "+1",
                "1e5",
                "1,000.00",
                "49.999",
                "1.",
                ".5",
                "٤٩",
                "0x1",
            )
        ],
        pytest.param({"amount": "9" * 15}, "amount", id="absurd amount"),
        pytest.param({"amount": "Infinity"}, "amount", id="infinity"),
        pytest.param({"amount": None}, "amount", id="no amount"),
        pytest.param({"order": ""}, "order", id="no order"),
        pytest.param({"order": "x" * 65}, "order", id="over-long order"),
        pytest.param({"order": "a\x00b"}, "order", id="control character in order"),
        pytest.param({"currency": "GPB"}, "currency", id="unknown currency"),
        pytest.param({"currency": "EUR"}, "currency", id="currency without a rate"),
        pytest.param({"parts": "DEFAULT:1.00"}, "parts", id="parts do not add up"),
        pytest.param({"parts": "NONE:49.90"}, "parts", id="unknown group"),
        pytest.param({"parts": "DEFAULT=49.90"}, "parts", id="malformed parts"),
        pytest.param({"parts": "DEFAULT:59.90|SALE:-10.00"}, "parts", id="negative part"),
        pytest.param({"customer": "old"}, "customer", id="unknown customer"),
    ],
)
def test_it_names_the_wrong_field_and_the_remedy(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({**GOOD, **change}, POUNDS)
    assert {error.field for error in caught.value.errors} == {field}
    assert all(error.expected and error.remedy for error in caught.value.errors)


def test_it_names_every_wrong_field_at_once() -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({"order": "", "amount": "x", "customer": "x"}, POUNDS)
    assert [error.field for error in caught.value.errors] == ["order", "amount", "customer"]


def evidence(
    number: int, source: str = "tag", *, journeys: tuple[int, ...] = (), amount: int = 100
) -> Evidence:
    clicks = (
        Click(UUID(int=number * 10 + journey), number, 1, CookieType.HARD, 60, journey, 7)
        for journey in journeys
    )
    at = START + timedelta(minutes=number)
    figures = SaleFigures(amount, "GBP", (Part("DEFAULT", amount),))
    presented = tuple(Presented(Role.SERVER, click) for click in clicks)
    return Evidence(UUID(int=number), source, at, at, figures, presented)


@pytest.mark.parametrize(
    ("reports", "linked", "conflict"),
    [
        pytest.param([evidence(1)], [1], "", id="one without a journey"),
        pytest.param([evidence(1, journeys=(1,)), evidence(2)], [1, 2], "", id="silent one joins"),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(1,))], [1, 2], "", id="same journey"
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(2,))], [], "journeys", id="strangers"
        ),
        pytest.param(
            [
                evidence(1, journeys=(1,)),
                evidence(2, journeys=(2,)),
                evidence(3, journeys=(1, 2)),
            ],
            [1, 2, 3],
            "",
            id="strangers joined by a third",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, "keyed", journeys=(2,))],
            [2],
            "",
            id="the keyed one with a token decides",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(2,)), evidence(3, "keyed")],
            [],
            "journeys",
            id="a keyed one without a token does not",
        ),
        pytest.param(
            [evidence(1, "keyed", journeys=(1,)), evidence(2, "keyed", journeys=(2,))],
            [],
            "journeys",
            id="two keyed ones that differ",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, amount=200)],
            [1, 2],
            "figures",
            id="different figures",
        ),
        pytest.param(
            [
                evidence(1, "keyed", journeys=(1,)),
                evidence(2, journeys=(2,), amount=200),
            ],
            [1],
            "",
            id="an unlinked report's figures do not matter",
        ),
    ],
)
def test_which_reports_belong_together(
    reports: list[Evidence], linked: list[int], conflict: str
) -> None:
    joined = join(reports)
    assert [report.id.int for report in joined.linked] == linked
    assert joined.conflict == conflict


def test_the_most_trusted_figures_and_the_earliest_time_speak() -> None:
    joined = join([evidence(1, "pixel", amount=1), evidence(2, amount=2), evidence(3, "keyed")])
    assert joined.figures is not None
    assert (joined.figures.amount_minor, joined.at) == (100, START + timedelta(minutes=1))


reports = st.lists(
    st.builds(
        evidence,
        st.integers(1, 8),
        st.sampled_from(["keyed", "tag", "pixel", "server"]),
        journeys=st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple),
        amount=st.sampled_from([100, 100, 200]),
    ),
    min_size=1,
    unique_by=lambda report: report.id,
)


@settings(deadline=None)
@given(reports, st.randoms())
def test_the_order_of_reports_never_matters(found: list[Evidence], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = join(found), join(shuffled)
    assert set(first.linked) == set(second.linked)
    assert (first.conflict, first.at, first.figures) == (
        second.conflict,
        second.at,
        second.figures,
    )
    assert {*first.linked, *first.unlinked} == set(found)
