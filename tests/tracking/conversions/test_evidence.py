"""Which reports of an order belong together."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.conversions.evidence import Evidence, Presented, Role, join
from tracking.conversions.fields import Part, SaleFigures
from tracking.rule.attribution import Click, CookieType

START = datetime(2026, 3, 12, tzinfo=UTC)


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
