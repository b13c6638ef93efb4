"""Which reports of an order belong together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from network.milliseconds import to_ms
from tracking.evidence import joining
from tracking.evidence.fields import Part, SaleFigures
from tracking.evidence.joining import Evidence, Joined, OrderContext, Presented, Role, join
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import Click, CookieType

WITHOUT_SHRINKING = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""For what runs with faults, too: there is no need to find the smallest example of those."""
START = datetime(2026, 3, 12, tzinfo=UTC)


def evidence(
    number: int,
    rank: str = "",
    *,
    journeys: tuple[int, ...] = (),
    amount: int = 100,
    clicked: int = 0,
    session: int = 7,
    **said: Any,
) -> Evidence:
    """A report received in minute ``number``, of clicks in minute ``clicked``."""
    clicked_at = to_ms(START) + clicked * 60_000
    clicks = (
        Click(UUID(int=number * 10 + journey), clicked_at, 1, CookieType.HARD, 60, journey, session)
        for journey in journeys
    )
    at = START + timedelta(minutes=number)
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "rank": Rank(rank or ("token" if journeys else "bare")),
        "received_at": at,
        "at": at,
        "figures": SaleFigures(amount, "GBP", (Part("DEFAULT", amount),)),
        "presented": tuple(Presented(Role.SERVER, click) for click in clicks),
    }
    return Evidence(**{**values, **said})


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
            [evidence(1, journeys=(1,)), evidence(2, journeys=(2,), amount=1)],
            [],
            "journeys",
            id="strangers_with_other_figures",
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
            [3],
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
            [evidence(1, journeys=(1,)), evidence(2, "signed", journeys=(2,))],
            [2],
            "",
            id="the signed one with a token decides over a token",
        ),
        pytest.param(
            [
                evidence(1, "signed", journeys=(1,)),
                evidence(2, "keyed", journeys=(2,)),
                evidence(3, journeys=(3,)),
            ],
            [2],
            "",
            id="the keyed one decides over all",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, amount=200)],
            [1, 2],
            "",
            id="a bare one contests no figures",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(1,), amount=200)],
            [1, 2],
            "figures",
            id="different figures of one rank",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, "signed", amount=200)],
            [1, 2],
            "",
            id="a lower rank that differs changes nothing",
        ),
        pytest.param(
            [evidence(1, "keyed"), evidence(2, "keyed", amount=200), evidence(3, journeys=(1,))],
            [1, 2, 3],
            "figures",
            id="two keyed ones with different figures",
        ),
        pytest.param(
            [evidence(1, amount=1), evidence(2, amount=2)], [1, 2], "", id="bare ones alone"
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
        pytest.param(
            [evidence(3, journeys=(1,)), evidence(9, journeys=(2,), clicked=8, amount=200)],
            [3],
            "",
            id="a browser that clicked only after the sale contests nothing",
        ),
        pytest.param(
            [evidence(3, amount=1), evidence(9, journeys=(2,), clicked=8, amount=200)],
            [3, 9],
            "",
            id="a click after the sale, reported again",
        ),
        pytest.param(
            [
                evidence(1),
                evidence(5, journeys=(1,), clicked=4),
                evidence(9, journeys=(2,), clicked=8),
            ],
            [1, 5, 9],
            "",
            id="two browsers that clicked after the sale",
        ),
    ],
)
def test_which_reports_belong_together(
    reports: list[Evidence], linked: list[int], conflict: str
) -> None:
    joined = join(reports)
    assert [report.id.int for report in joined.linked] == linked
    assert joined.conflict == conflict
    assert {*joined.linked, *joined.unlinked} == set(reports)


@pytest.mark.parametrize(
    ("reports", "amount"),
    [
        pytest.param([evidence(1, amount=2), evidence(2, journeys=(1,), amount=2)], 2, id="token"),
        pytest.param(
            [evidence(1, journeys=(1,), amount=1), evidence(2, "signed", amount=2)], 2, id="signed"
        ),
        pytest.param(
            [
                evidence(1, "signed", amount=1),
                evidence(2, "keyed", amount=2),
                evidence(3, journeys=(1,), amount=3),
            ],
            2,
            id="keyed",
        ),
        pytest.param(
            [evidence(1, "keyed", amount=1), evidence(2, "keyed", amount=2)], 1, id="the earlier"
        ),
    ],
)
def test_figures_come_from_the_highest_rank_and_the_time_from_the_earliest_report(
    reports: list[Evidence], amount: int
) -> None:
    joined = join(reports)
    assert joined.figures.amount_minor == amount
    assert joined.at == START + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("guess", "honest", "journeys"),
    [
        pytest.param(
            evidence(1, amount=0), [evidence(5, journeys=(1,), clicked=4)], {1}, id="no_token"
        ),
        pytest.param(
            evidence(1, journeys=(2,), amount=0),
            [evidence(5, "keyed", journeys=(1,), clicked=4)],
            {1},
            id="own_token_before_a_keyed_report",
        ),
        pytest.param(
            evidence(1, journeys=(2,), amount=0),
            [evidence(5, journeys=(1,), clicked=4), evidence(6, "signed")],
            {1},
            id="own_token_before_a_browser_whose_figures_the_shop_confirms",
        ),
        pytest.param(
            evidence(7, journeys=(2,), amount=0),
            [evidence(5, journeys=(1,), clicked=4), evidence(6, "keyed")],
            {1},
            id="own_token_after_it",
        ),
    ],
)
def test_who_guesses_a_number_and_not_what_it_costs_blocks_and_dates_nothing(
    guess: Evidence, honest: list[Evidence], journeys: set[int]
) -> None:
    joined = join([guess, *honest])
    assert joined.conflict == ""
    assert joined.journeys == journeys
    assert joined.at == honest[0].at
    assert joined.figures.amount_minor == 100


def test_a_browser_with_other_figures_counts_where_no_other_brings_a_journey() -> None:
    """The shop's page may tell the gross amount, and its server the net one."""
    joined = join([evidence(5, journeys=(1,), clicked=4, amount=119), evidence(6, "keyed")])
    assert joined.conflict == ""
    assert joined.journeys == {1}
    assert joined.at == START + timedelta(minutes=5)


def test_staff_may_choose_the_report_with_other_figures() -> None:
    told = [evidence(5, journeys=(1,), clicked=4, amount=119), evidence(6, "keyed", journeys=(2,))]
    assert join(told, OrderContext(chosen=told[0].id)).journeys == {1}


def test_the_sale_happened_when_its_order_was_first_seen() -> None:
    first = START - timedelta(days=3)
    joined = join([evidence(1, journeys=(1,))], OrderContext(first_seen=first))
    assert (joined.at, joined.conflict) == (first, "")
    assert [click.journey for click in joined.clicks] == [1], "told as after the sale"


def test_a_recorded_click_begins_a_journey_whose_token_came_later() -> None:
    """A browser that clicked before the sale and again after it shows the later token."""
    told = [evidence(3, journeys=(1,)), evidence(9, journeys=(2,), clicked=8)]
    begun = {2: to_ms(START)}
    assert join(told, OrderContext(begun=begun)).conflict == "journeys"


@pytest.mark.parametrize(
    ("reports", "since", "claimant"),
    [
        pytest.param(
            [evidence(1), evidence(2, journeys=(1,)), evidence(5, journeys=(2,))],
            5,
            2,
            id="journeys",
        ),
        pytest.param(
            [evidence(2, "keyed"), evidence(4, "keyed", amount=9), evidence(1, journeys=(1,))],
            4,
            2,
            id="figures",
        ),
    ],
)
def test_a_conflict_has_a_beginning_and_one_who_was_earlier(
    reports: list[Evidence], since: int, claimant: int
) -> None:
    joined = join(reports)
    assert joined.conflict_since == START + timedelta(minutes=since)
    assert joined.claimant is not None
    assert joined.claimant.id == UUID(int=claimant)
    settled = join(reports, OrderContext(chosen=joined.claimant.id))
    assert (settled.conflict, settled.claimant) == ("", None)
    assert joined.claimant in settled.linked


BROWSER: Mapping[str, Any] = {"from_browser": True}


reports = st.lists(
    st.builds(
        evidence,
        st.integers(1, 8),
        st.sampled_from(["keyed", "signed", ""]),
        journeys=st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple),
        amount=st.sampled_from([100, 100, 200]),
        clicked=st.sampled_from([0, 0, 4]),
        sessions=st.sampled_from([frozenset(), frozenset({7}), frozenset({8})]),
        from_browser=st.booleans(),
        session_by_cookie=st.booleans(),
        uncounted=st.sampled_from(["", "", "ads"]),
    ),
    min_size=1,
    unique_by=lambda report: report.id,
)


def said(joined: Joined) -> tuple[object, ...]:
    return (
        set(joined.linked),
        set(joined.unlinked),
        joined.at,
        joined.figures,
        joined.rank,
        set(joined.clicks),
        joined.sessions,
        joined.uncounted,
        joined.conflict,
        joined.conflict_since,
        joined.claimant,
        joined.rivals,
    )


@WITHOUT_SHRINKING
@given(reports, st.randoms())
@example(
    [
        evidence(number, "keyed", journeys=(1,), amount=amount)
        for number, amount in ((2, 200), (3, 100), (7, 100))
    ],
    Random(1),
)
def test_the_order_of_reports_never_matters(found: list[Evidence], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    joined = join(found)
    assert said(joined) == said(join(shuffled)) == said(join(found[::-1]))
    assert {*joined.linked, *joined.unlinked} == set(found)


@WITHOUT_SHRINKING
@given(reports, st.sampled_from([None, START, START + timedelta(minutes=9)]), st.booleans())
def test_a_report_that_is_alone_says_what_it_would_among_others(
    found: list[Evidence], first_seen: datetime | None, is_chosen: bool
) -> None:
    """The short way of most orders is no other rule."""
    one = found[0]
    begun = {journey: to_ms(START) for journey in one.journeys if journey % 2}
    order = OrderContext(chosen=one.id if is_chosen else None, first_seen=first_seen, begun=begun)
    assert join([one], order) == joining._together([one], order)


@WITHOUT_SHRINKING
@given(reports, st.integers(1, 9), st.integers(1, 999))
def test_a_bare_report_moves_the_time_and_nothing_else(
    found: list[Evidence], number: int, amount: int
) -> None:
    """One that comes after all of them does not even do that."""
    bare = evidence(10 + number, amount=amount, uncounted="ads", **BROWSER)
    before, after = join(found), join([*found, bare])
    names = ("at", "clicks", "sessions", "uncounted", "conflict", "claimant", "rivals", "by_belief")
    assert [getattr(before, name) for name in names] == [getattr(after, name) for name in names]
    if before.rank is not Rank.BARE:
        assert before.figures == after.figures
