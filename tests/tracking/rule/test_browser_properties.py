"""A browser that loses nothing: its slots and the fold over its clicks name the same holder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.tracking.rule.test_attribution_properties import (
    DAY,
    HARD_WINDOWS,
    HOUR,
    SOFT_WINDOWS,
    cookie_types,
    publishers,
    rules,
    untimed,
)
from tracking.rule.attribution import (
    MINUTE_MS,
    Click,
    CookieType,
    Outcome,
    Sale,
    SoftRule,
    Verdict,
    holder,
    resolve,
)
from tracking.rule.slots import Slots, end_session, meet

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
    unmarked = [structs.replace(click, stood_down=False) for click in moment.clicks]

    judged = resolve(unmarked, moment.sale()).verdicts
    by_fold = [each.verdict is Verdict.STOOD_DOWN for each in judged]
    assert by_fold == [click.stood_down for click in moment.clicks]


@untimed
@given(visits)
def test_the_stood_down_mark_changes_no_outcome_when_nothing_was_lost(visit: list[Step]) -> None:
    for moment in browse(visit):
        unmarked = [structs.replace(click, stood_down=False) for click in moment.clicks]
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
    late = structs.replace(
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
