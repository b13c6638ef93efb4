"""What holds of the rule for any journey, and that browser and fold tell the same story."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tracking.rule.attribution import (
    MINUTE_MS,
    Click,
    CookieType,
    Judged,
    Outcome,
    Sale,
    SoftRule,
    Verdict,
    ended,
    holder,
    in_order,
    paid_click,
    place,
    resolve,
)
from tracking.rule.reasons import ClickReason
from tracking.rule.slots import Slots, end_session, meet

HOUR, DAY = 60, 1440
LONGEST = 12 * DAY
HARD_WINDOWS = (DAY, 2 * DAY, 7 * DAY)
SOFT_WINDOWS = (HOUR, 6 * HOUR, DAY)

Test = TypeVar("Test", bound=Callable[..., None])

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The machine may be busy: how long an example takes is no property of the rule."""

minutes = st.one_of(
    st.integers(0, LONGEST), st.sampled_from([0, 1, HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY, 7 * DAY])
)
rules = st.sampled_from(SoftRule)
cookie_types = st.sampled_from(CookieType)
publishers = st.integers(1, 4)


@st.composite
def clicks(draw: st.DrawFn) -> Click:
    """Any click that can be on record, of two journeys in three sessions each."""
    at = draw(minutes) * MINUTE_MS
    cookie_type = draw(cookie_types)
    is_soft = cookie_type is CookieType.SOFT
    return Click(
        id=UUID(int=at << 80 | draw(st.integers(0, 2**16))),
        at=at,
        publisher=draw(publishers),
        cookie_type=cookie_type,
        window_minutes=draw(st.sampled_from(SOFT_WINDOWS if is_soft else HARD_WINDOWS)),
        journey=draw(st.integers(1, 2)),
        session=draw(st.integers(1, 3)),
        stood_down=is_soft and draw(st.booleans()),
        soft_rule=draw(rules),
        reason=draw(st.sampled_from([None, None, None, *ClickReason])),
    )


journeys = st.lists(clicks(), max_size=8, unique_by=lambda click: click.id)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    return Sale(
        at=draw(minutes) * MINUTE_MS,
        sessions=draw(st.frozensets(st.integers(1, 3))),
        soft_rule=draw(rules),
        validation_minutes=draw(st.sampled_from([0, DAY, 30 * DAY])),
    )


def counting(journey: Sequence[Click], sale: Sale) -> list[Click]:
    return [click for click in in_order(journey) if click.reason is None and click.at <= sale.at]


def judged_as(outcome: Outcome, *verdicts: Verdict) -> list[Judged]:
    return [each for each in outcome.verdicts if each.verdict in verdicts]


def _click(number: int, at: int, cookie_type: CookieType, **more: Any) -> Click:
    values = {"publisher": number % 4 + 1, "window_minutes": DAY, "journey": 1, "session": 2}
    at_ms = at * MINUTE_MS
    click_id = UUID(int=at_ms << 80 | number)
    return Click(id=click_id, at=at_ms, cookie_type=cookie_type, **{**values, **more})


_HARD, _SOFT = CookieType.HARD, CookieType.SOFT
RICH = [
    _click(1, 0, _HARD, reason=ClickReason.NOT_PARTNER),
    _click(2, 1, _HARD, reason=ClickReason.BOT),
    _click(3, 2, _SOFT, session=1, window_minutes=HOUR),
    _click(4, 100, _SOFT, session=1),
    _click(5, 110, _SOFT),
    _click(6, 120, _SOFT),  # stands down for the fifth
    _click(7, 121, _SOFT, stood_down=True),
    _click(8, 130, _HARD),  # takes the cookie of the fifth
    _click(9, 1590, _SOFT, stood_down=True),  # for a claim that is not on record
    _click(10, 1600, _SOFT),
    _click(11, 1610, _SOFT, soft_rule=SoftRule.LAST),  # takes the cookie of the tenth
    _click(12, 2000, _SOFT),
]
"""A journey with something of everything."""
RICH_SALES = [
    Sale(1700 * MINUTE_MS, frozenset([2]), rule) for rule in (SoftRule.FIRST, SoftRule.SOLE)
]


def also_rich(test: Test) -> Test:
    """Never only journeys in which what the test is about did not occur."""
    for sale in RICH_SALES:
        test = example(RICH, sale)(test)
    return test


def test_the_rich_journey_has_every_verdict_for_every_cause() -> None:
    judged = [each for sale in RICH_SALES for each in resolve(RICH, sale).verdicts]
    stood_down = [each for each in judged if each.verdict is Verdict.STOOD_DOWN]
    overwritten = [each.by for each in judged if each.verdict is Verdict.OVERWRITTEN]

    assert {each.verdict for each in judged} == set(Verdict)
    assert {(each.click.stood_down, bool(each.by)) for each in stood_down} == {
        (False, True),
        (True, True),
        (True, False),
    }
    assert {by.cookie_type for by in overwritten if by} == {_HARD, _SOFT}


@untimed
@given(journeys, sales(), st.data())
def test_order_and_duplicates_of_records_never_matter(
    journey: list[Click], sale: Sale, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(journey), max_size=4)) if journey else []
    records = data.draw(st.permutations(journey + again))

    assert resolve(records, sale) == resolve(journey, sale)
    assert holder(records) == holder(journey)


@untimed
@given(journeys, sales())
def test_every_click_gets_exactly_one_verdict_in_order(journey: list[Click], sale: Sale) -> None:
    judged = [each.click for each in resolve(journey, sale).verdicts]

    assert judged == sorted(journey, key=lambda click: (click.at, click.id))


@untimed
@given(journeys, sales())
def test_at_most_one_click_held_and_it_alone_is_paid(journey: list[Click], sale: Sale) -> None:
    outcome = resolve(journey, sale)

    held = [each.click for each in judged_as(outcome, Verdict.HELD)]
    assert held == ([outcome.paid] if outcome.paid else [])
    assert paid_click(journey, sale) == outcome.paid


@untimed
@also_rich
@given(journeys, sales())
def test_the_paid_click_counts_is_open_and_is_in_its_session(
    journey: list[Click], sale: Sale
) -> None:
    for each in judged_as(resolve(journey, sale), Verdict.HELD):
        paid = each.click
        assert paid in counting(journey, sale)
        assert paid.window_contains(sale.at)
        assert not paid.stood_down
        assert paid.cookie_type is CookieType.HARD or paid.session in sale.sessions


@untimed
@also_rich
@given(journeys, sales())
def test_a_click_that_stood_down_is_judged_so_and_nothing_else(
    journey: list[Click], sale: Sale
) -> None:
    for each in resolve(journey, sale).verdicts:
        if each.click.stood_down and each.click in counting(journey, sale):
            assert each.verdict is Verdict.STOOD_DOWN


@untimed
@also_rich
@given(journeys, sales())
def test_only_a_soft_click_stands_down(journey: list[Click], sale: Sale) -> None:
    for each in judged_as(resolve(journey, sale), Verdict.STOOD_DOWN):
        assert each.click.is_soft
        assert each.click.stood_down or each.by


@untimed
@also_rich
@given(journeys, sales())
def test_a_click_stands_down_only_for_a_live_claim_before_it(
    journey: list[Click], sale: Sale
) -> None:
    for each in judged_as(resolve(journey, sale), Verdict.STOOD_DOWN):
        if each.by:
            assert (each.by.at, each.by.id) < (each.click.at, each.click.id)
            assert each.by.window_contains(each.click.at)
            assert not ended(each.by, each.click)


@untimed
@also_rich
@given(journeys, sales())
def test_an_overwritten_click_names_a_later_one_that_was_allowed_to(
    journey: list[Click], sale: Sale
) -> None:
    for each in judged_as(resolve(journey, sale), Verdict.OVERWRITTEN):
        assert each.by is not None
        assert (each.by.at, each.by.id) > (each.click.at, each.click.id)
        assert each.click.window_contains(each.by.at)
        assert not ended(each.click, each.by)
        assert not each.by.is_soft or (each.click.is_soft and each.by.soft_rule is SoftRule.LAST)


@untimed
@also_rich
@given(journeys, sales())
def test_uncounted_clicks_say_why(journey: list[Click], sale: Sale) -> None:
    for each in resolve(journey, sale).verdicts:
        after = each.click.at > sale.at
        assert (each.verdict is Verdict.AFTER_CONVERSION) == after
        if not after:
            reason = each.click.reason
            assert (each.verdict is Verdict.NOT_PARTNER) == (reason is ClickReason.NOT_PARTNER)
            assert (each.verdict in {Verdict.NOT_PARTNER, Verdict.INVALID}) == bool(reason)


@untimed
@given(journeys, sales())
def test_uncounted_clicks_change_nothing(journey: list[Click], sale: Sale) -> None:
    whole, reduced = resolve(journey, sale), resolve(counting(journey, sale), sale)

    assert (whole.paid, whole.closes_at, whole.closes_by) == (
        reduced.paid,
        reduced.closes_at,
        reduced.closes_by,
    )
    assert [each for each in whole.verdicts if each in reduced.verdicts] == list(reduced.verdicts)


@untimed
@also_rich
@given(journeys, sales())
def test_only_a_soft_holder_under_sole_is_contested_by_an_open_rival(
    journey: list[Click], sale: Sale
) -> None:
    for each in judged_as(resolve(journey, sale), Verdict.CONTESTED):
        assert sale.soft_rule is SoftRule.SOLE
        assert each.click.is_soft
        assert each.by in counting(journey, sale)
        assert each.by is not None
        assert each.by.publisher != each.click.publisher
        assert each.by.window_contains(sale.at)


@untimed
@given(journeys, sales())
def test_it_closes_with_the_last_open_window_or_the_validation_period(
    journey: list[Click], sale: Sale
) -> None:
    outcome = resolve(journey, sale)

    validated_at = sale.at + sale.validation_minutes * MINUTE_MS
    ends = [click.closes_at for click in counting(journey, sale) if click.closes_at > sale.at]
    assert outcome.closes_at == max([*ends, validated_at])
    assert (outcome.closes_by is None) == (not any(end >= validated_at for end in ends))
    assert outcome.closes_by is None or outcome.closes_by.closes_at == outcome.closes_at


@untimed
@given(journeys, journeys, sales())
def test_more_evidence_never_makes_it_close_earlier(
    journey: list[Click], more: list[Click], sale: Sale
) -> None:
    known = {click.id for click in journey}
    added = [click for click in more if click.id not in known]

    assert resolve(journey + added, sale).closes_at >= resolve(journey, sale).closes_at


@untimed
@given(clicks(), clicks(), st.integers(0, LONGEST * MINUTE_MS), rules)
def test_a_soft_click_never_displaces_a_live_hard_claim(
    held: Click, click: Click, later: int, rule: SoftRule
) -> None:
    held = replace(held, cookie_type=CookieType.HARD, stood_down=False)
    at = held.at + later % (held.window_minutes * MINUTE_MS)
    click = replace(click, cookie_type=CookieType.SOFT, at=at)

    assert place(held, click, rule) is held


@untimed
@given(clicks(), clicks(), rules)
def test_a_hard_click_always_takes_the_cookie(held: Click, click: Click, rule: SoftRule) -> None:
    click = replace(click, cookie_type=CookieType.HARD, stood_down=False)

    assert place(held, click, rule) is click


# --- A browser that loses nothing -------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """After ``pause`` minutes the browser is closed and opened again, or clicks."""

    pause: int
    ends_session: bool
    publisher: int
    cookie_type: CookieType
    window_minutes: int
    soft_rule: SoftRule


@st.composite
def steps(draw: st.DrawFn) -> Step:
    cookie_type = draw(cookie_types)
    windows = HARD_WINDOWS if cookie_type is CookieType.HARD else SOFT_WINDOWS
    return Step(
        pause=draw(st.sampled_from([0, 1, HOUR - 1, HOUR, 6 * HOUR, DAY - HOUR, DAY, 5 * DAY])),
        ends_session=draw(st.sampled_from([False, False, False, True])),
        publisher=draw(publishers),
        cookie_type=cookie_type,
        window_minutes=draw(st.sampled_from(windows)),
        soft_rule=draw(rules),
    )


visits = st.lists(steps(), max_size=10)


@dataclass(frozen=True)
class Moment:
    """One browser after a step: what it holds, and all clicks on record."""

    at: int
    session: int
    slots: Slots
    clicks: tuple[Click, ...]

    def live(self, click: Click | None) -> Click | None:
        """The click if its claim is live in this moment, in this run of the browser."""
        if click is None or not click.window_contains(self.at):
            return None
        return None if click.is_soft and click.session != self.session else click

    def sale(self, rule: SoftRule = SoftRule.FIRST) -> Sale:
        """A sale that this browser reports now."""
        session = self.slots.session
        return Sale(self.at, frozenset([session] if session else []), rule)


def browse(visit: Sequence[Step]) -> list[Moment]:
    moments = [Moment(0, 1, Slots(), ())]
    for step in visit:
        moments.append(_after(step, moments[-1]))
    return moments


def _after(step: Step, before: Moment) -> Moment:
    at = before.at + step.pause * MINUTE_MS
    if step.ends_session:
        return Moment(at, before.session + 1, end_session(before.slots), before.clicks)
    click = Click(
        id=UUID(int=at << 80 | len(before.clicks)),
        at=at,
        publisher=step.publisher,
        cookie_type=step.cookie_type,
        window_minutes=step.window_minutes,
        journey=1,
        session=before.session,
        soft_rule=step.soft_rule,
    )
    placed = meet(before.slots, click)
    return Moment(at, before.session, placed.slots, (*before.clicks, placed.click))


@untimed
@given(visits)
def test_slots_and_fold_name_the_same_live_holder(visit: list[Step]) -> None:
    for moment in browse(visit):
        assert moment.live(moment.slots.holder) == moment.live(holder(moment.clicks))


@untimed
@given(visits)
def test_the_redirect_stands_down_exactly_where_the_fold_does(visit: list[Step]) -> None:
    moment = browse(visit)[-1]
    unmarked = [replace(click, stood_down=False) for click in moment.clicks]

    judged = resolve(unmarked, moment.sale()).verdicts
    by_fold = [each.verdict is Verdict.STOOD_DOWN for each in judged]
    assert by_fold == [click.stood_down for click in moment.clicks]


@untimed
@given(visits)
def test_the_stood_down_mark_changes_no_outcome_when_nothing_was_lost(visit: list[Step]) -> None:
    for moment in browse(visit):
        unmarked = [replace(click, stood_down=False) for click in moment.clicks]
        marked_outcome = resolve(moment.clicks, moment.sale())
        outcome = resolve(unmarked, moment.sale())
        assert _told(marked_outcome) == _told(outcome)


def _told(outcome: Outcome) -> list[tuple[UUID, Verdict, UUID | None]]:
    return [
        (each.click.id, each.verdict, each.by.id if each.by else None) for each in outcome.verdicts
    ]


@untimed
@given(visits)
def test_a_report_from_the_browser_pays_the_live_holder_in_its_slots(visit: list[Step]) -> None:
    for moment in browse(visit):
        assert resolve(moment.clicks, moment.sale()).paid == moment.live(moment.slots.holder)


@untimed
@given(visits)
def test_a_cookie_jar_that_knows_no_code_of_ours_names_the_same_holder(visit: list[Step]) -> None:
    holders = [moment.live(moment.slots.holder) for moment in browse(visit)]

    assert [held and held.id.int & 0xFFFF for held in holders] == cookie_jar(visit)


def cookie_jar(visit: Sequence[Step]) -> list[int | None]:
    """Who holds the cookie after each step, by the number of its click: the rule told again, for
    one cookie that the browser itself drops when it has expired or the session ends."""
    cookie: tuple[int, Step, int] | None = None  # the number of the click, the click, its end
    now = number = 0
    holders: list[int | None] = [None]
    for step in visit:
        now += step.pause
        if cookie and now >= cookie[2]:
            cookie = None
        if step.ends_session:
            cookie = None if cookie and cookie[1].cookie_type is CookieType.SOFT else cookie
        else:
            if cookie is None or _overwrites(step, cookie[1]):
                cookie = (number, step, now + step.window_minutes)
            number += 1
        holders.append(cookie[0] if cookie else None)
    return holders


def _overwrites(step: Step, held: Step) -> bool:
    if step.cookie_type is CookieType.HARD:
        return True
    return step.soft_rule is SoftRule.LAST and held.cookie_type is CookieType.SOFT


@untimed
@given(visits)
def test_one_slot_at_most_is_live(visit: list[Step]) -> None:
    for moment in browse(visit):
        assert not (moment.live(moment.slots.hard) and moment.live(moment.slots.soft))


@untimed
@given(visits, steps(), st.integers(0, 7 * DAY - 1), rules)
def test_a_browser_that_lost_its_slots_does_not_cost_the_hard_claim_its_sale(
    visit: list[Step], last: Step, later: int, rule: SoftRule
) -> None:
    """The soft click finds no slot and is not told to stand down; the last token alone leads to
    the journey, and the fold finds the hard click before it."""
    claim = replace(last, ends_session=False, cookie_type=CookieType.HARD, window_minutes=7 * DAY)
    moment = browse([*visit, claim])[-1]
    held = moment.clicks[-1]
    at = moment.at + later * MINUTE_MS
    late = replace(
        held,
        id=UUID(int=at << 80 | len(moment.clicks)),
        at=at,
        cookie_type=CookieType.SOFT,
        session=moment.session + 1,
        soft_rule=rule,
    )

    found = meet(Slots(last=moment.slots.last), late).click
    sale = Sale(at, frozenset([found.session]), rule)

    assert not found.stood_down
    assert resolve([*moment.clicks, found], sale).paid == held
