"""What holds for the evidence of any order."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from network.milliseconds import to_ms
from tests.tracking.evidence.test_joining import START, evidence
from tests.tracking.evidence.test_joining import reports as any_reports
from tracking.evidence.closing import Course, Handling, follow
from tracking.evidence.joining import Evidence, OrderContext, join
from tracking.evidence.ranks import Rank
from tracking.evidence.resolving import Journey, Known, known_of, resolve
from tracking.rule.replay import ShopTerms

TERMS = [ShopTerms(0, hard_days=30, soft_hours=24)]
LATE = START + timedelta(days=90)
QUICKLY = settings(
    deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
"""The same each time, and without a search for the smallest example: faults are looked for, too."""
ranks = st.sampled_from(list(Rank))


def known(found: Sequence[Evidence]) -> Known:
    """With the clicks of their tokens, and no others."""
    clicks = [item.click for report in found for item in report.presented]
    return known_of(TERMS, found, OrderContext(), Journey((), clicks))


@QUICKLY
@given(any_reports, st.integers(1, 999), st.integers(0, 2))
@example([evidence(1, "keyed", journeys=(1,), amount=50)], 900, 0)
@example([evidence(1, "token", journeys=(1,))], 900, 0)
def test_a_lower_rank_changes_no_figure(found: list[Evidence], amount: int, below: int) -> None:
    """Whatever it says, and whether it brings the click of a rival."""
    before = join(found)
    assume(not before.conflict and before.rank is not Rank.BARE)
    lower = list(Rank)[before.rank.place + 1 :]
    rank = lower[below % len(lower)]
    journeys = () if rank is Rank.BARE else (4,)
    after = join([*found, evidence(20, rank.value, journeys=journeys, amount=amount)])
    assert (after.figures, after.rank) == (before.figures, before.rank)
    assert after.conflict != "figures"


@QUICKLY
@given(any_reports, st.integers(1, 999))
def test_a_bare_report_neither_credits_nor_contests(found: list[Evidence], amount: int) -> None:
    bare = evidence(20, amount=amount, from_browser=True, sessions=frozenset({9}), uncounted="ads")
    before, after = known(found), known([*found, bare])
    assert resolve(after, after.joined()).outcome == resolve(before, before.joined()).outcome
    assert after.joined().conflict == before.joined().conflict
    assert resolve(known([bare]), known([bare]).joined()).outcome.paid is None


@QUICKLY
@given(any_reports, st.sampled_from([Rank.TOKEN, Rank.BARE]), st.sampled_from([1, 9]))
def test_what_comes_after_an_approval_changes_nothing(
    found: list[Evidence], rank: Rank, journey: int
) -> None:
    """Of the buyer's browser, or of another one; unless the shop itself says it."""
    order = OrderContext(approved_at=START + timedelta(minutes=800))
    journeys = () if rank is Rank.BARE else (journey,)
    late = evidence(900, rank.value, journeys=journeys, amount=900, uncounted="ads")
    approved, after = join(found, order), join([*found, late], order)
    assert after == replace(approved, unlinked=(*approved.unlinked, late))
    keyed = evidence(900, "keyed", journeys=(journey,), amount=900)
    assert join([*found, keyed], order) == join([*found, keyed])


@QUICKLY
@given(any_reports)
def test_later_evidence_moves_the_closing_only_later(found: list[Evidence]) -> None:
    ordered = sorted(found, key=lambda report: report.received)
    closings = []
    for count in range(1, len(ordered) + 1):
        so_far = known(ordered[:count])
        closings.append(resolve(so_far, so_far.joined()).outcome.closes_at)
    assert closings == sorted(closings)
    assert closings[0] >= to_ms(min(report.at for report in ordered))


@QUICKLY
@given(any_reports, st.permutations(range(8)), ranks)
def test_what_becomes_of_a_sale_does_not_depend_on_arrival(
    found: list[Evidence], order: list[int], rank: Rank
) -> None:
    """Conflicts, their date and the reports that are too late included."""
    found = [*found, evidence(3 * 24 * 60, rank.value, journeys=(1,), amount=300)]
    shuffled = [found[index] for index in order if index < len(found)]
    shuffled += [report for report in found if report not in shuffled]
    handling = Handling(conflict_days=2, believes_browsers=True)
    assert left(follow(known(found), handling, LATE)) == left(
        follow(known(shuffled), handling, LATE)
    )


def left(course: Course) -> tuple[object, ...]:
    stood = course.stood
    ending = (stood.joined, stood.resolution.outcome, stood.chosen, stood.waits) if stood else ()
    return *ending, tuple(course.late)
