"""The cookies of one browser: what each click and each end of the session leaves in them."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from tracking.rule.attribution import MINUTE_MS, Click, CookieType, SoftRule
from tracking.rule.slots import Slots, end_session, meet

DAY = 1440


def click(
    minute: int, cookie_type: CookieType, days: int = 1, session: int = 1, by: int = 1
) -> Click:
    at = minute * MINUTE_MS
    return Click(UUID(int=at << 80 | by), at, by, cookie_type, days * DAY, 1, session)


def hard(minute: int, days: int = 30, **facts: int) -> Click:
    return click(minute, CookieType.HARD, days, **facts)


def soft(minute: int, **facts: int) -> Click:
    return click(minute, CookieType.SOFT, **facts)


def stood_down(found: Click) -> Click:
    return replace(found, stood_down=True)


A, B, S, T = hard(0), hard(9, by=2), soft(0, by=3), soft(9, by=4)
LATE = soft(2 * DAY, by=4)
BRIEF = hard(0, days=1)


@pytest.mark.parametrize(
    ("before", "met", "after"),
    [
        pytest.param(Slots(), A, Slots(hard=A, last=A, session=1), id="hard_into_empty"),
        pytest.param(Slots(), S, Slots(soft=S, last=S, session=1), id="soft_into_empty"),
        pytest.param(
            Slots(hard=A, last=A, session=1),
            B,
            Slots(hard=B, last=B, session=1),
            id="hard_replaces_hard",
        ),
        pytest.param(
            Slots(soft=S, last=S, session=1),
            B,
            Slots(hard=B, last=B, session=1),
            id="hard_empties_the_soft_slot",
        ),
        pytest.param(
            Slots(hard=BRIEF, last=BRIEF, session=1),
            LATE,
            Slots(hard=BRIEF, soft=LATE, last=LATE, session=1),
            id="soft_beside_an_expired_hard",
        ),
        pytest.param(
            Slots(last=A),
            replace(T, session=2),
            Slots(soft=replace(T, session=2), last=replace(T, session=2), session=2),
            id="last_token_alone_claims_nothing",
        ),
        pytest.param(
            Slots(hard=A, last=A),
            hard(9, session=2),
            Slots(hard=hard(9, session=2), last=hard(9, session=2), session=2),
            id="the_clicks_session_becomes_the_browsers",
        ),
    ],
)
def test_a_click_that_takes_the_cookie(before: Slots, met: Click, after: Slots) -> None:
    placed = meet(before, met)

    assert placed.click == met
    assert placed.slots == after
    assert placed.slots.holder == met


@pytest.mark.parametrize(
    ("before", "met"),
    [
        pytest.param(Slots(hard=A, last=A, session=1), T, id="soft_finds_a_live_hard"),
        pytest.param(Slots(soft=S, last=S, session=1), T, id="soft_finds_a_live_soft"),
        pytest.param(
            Slots(hard=BRIEF, soft=LATE, last=LATE, session=1),
            soft(2 * DAY + 5),
            id="soft_finds_a_live_soft_beside_an_expired_hard",
        ),
        pytest.param(
            Slots(hard=B, soft=S, last=S, session=1), soft(20), id="soft_finds_a_raced_hard"
        ),
        pytest.param(Slots(hard=A, last=A), soft(9, session=2), id="in_a_new_session"),
    ],
)
def test_a_soft_click_that_stands_down_changes_only_last_and_session(
    before: Slots, met: Click
) -> None:
    placed = meet(before, met)

    assert placed.click == stood_down(met)
    assert placed.slots == replace(before, last=stood_down(met), session=met.session)


def test_a_soft_click_under_last_replaces_the_soft_one() -> None:
    later = replace(T, soft_rule=SoftRule.LAST)

    placed = meet(Slots(soft=S, last=S, session=1), later)

    assert placed.slots == Slots(soft=later, last=later, session=1)


def test_a_soft_click_under_last_stands_down_for_a_hard_one() -> None:
    later = replace(T, soft_rule=SoftRule.LAST)

    placed = meet(Slots(hard=A, last=A, session=1), later)

    assert placed.slots == Slots(hard=A, last=stood_down(later), session=1)


def test_the_end_of_the_session_leaves_what_has_an_expiry() -> None:
    assert end_session(Slots(hard=A, soft=S, last=T, session=1)) == Slots(hard=A, last=T)
    assert end_session(Slots()) == Slots()


@pytest.mark.parametrize(
    ("slots", "holder"),
    [
        pytest.param(Slots(), None, id="empty"),
        pytest.param(Slots(last=A), None, id="last_claims_nothing"),
        pytest.param(Slots(hard=B, soft=S), B, id="hard_after_soft"),
        pytest.param(Slots(hard=A, soft=T), A, id="a_raced_soft_does_not_beat_a_live_hard"),
        pytest.param(Slots(hard=BRIEF, soft=LATE), LATE, id="soft_after_an_expired_hard"),
    ],
)
def test_whoever_reads_the_slots_folds_them(slots: Slots, holder: Click | None) -> None:
    assert slots.holder == holder


@pytest.mark.parametrize(
    ("slots", "newest"),
    [
        pytest.param(Slots(), None, id="empty"),
        pytest.param(Slots(hard=A, soft=T, last=S), T, id="by_time"),
        pytest.param(Slots(hard=A, last=S), S, id="by_id_within_a_moment"),
    ],
)
def test_the_newest_token_leads_to_the_journey(slots: Slots, newest: Click | None) -> None:
    assert slots.newest == newest
    assert slots.journey == (newest.journey if newest else 0)


def test_a_browser_with_two_journeys_is_on_the_newer() -> None:
    assert Slots(hard=A, last=replace(T, journey=8)).journey == 8
