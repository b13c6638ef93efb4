"""The journey as a picture: where its parts lie, by tables and by properties."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tracking.explain.captions import CAPTIONS, in_zone, since_start
from tracking.explain.picture import LETTER, MARKS, MOST_LANES, DrawnClick, draw
from tracking.explain.scale import WIDTH
from tracking.explain.shapes import Lane, Picture
from tracking.rule.attribution import MINUTE_MS, Click, CookieType, Sale, SoftRule, Verdict, resolve
from tracking.rule.reasons import ClickReason

START = 1_773_324_360_000
"""12 March 2026, 14:06 UTC."""

HOUR, DAY = 60, 24 * 60
LONDON = in_zone(ZoneInfo("Europe/London"))


def click(minute: float, kind: str, days: int = 30, session: int = 1, **others: Any) -> Click:
    at = START + int(minute * MINUTE_MS)
    window = days * DAY if kind == "hard" else DAY
    made = Click(UUID(int=at << 80 | int(minute)), at, 1, CookieType(kind), window, 7, session)
    return replace(made, **others)


def sale(minute: int, *sessions: int, rule: SoftRule = SoftRule.FIRST) -> Sale:
    return Sale(START + minute * MINUTE_MS, frozenset(sessions), rule)


def picture(clicks: Sequence[Click], at: Sale, session_ends: Sequence[int] = ()) -> Picture:
    drawn = [
        DrawnClick(judged, "Blog A", judged.verdict.value, f"{judged.verdict.value}.")
        for judged in resolve(clicks, at).verdicts
    ]
    return draw(drawn, at, LONDON, CAPTIONS, session_ends)


def strong(lane: Lane) -> list[tuple[int, int]]:
    """From where to where the click held the cookie."""
    return [(bar.x, bar.x + bar.width) for bar in lane.bars if bar.strong]


def test_a_paid_click_holds_the_cookie_up_to_the_sale_and_its_window_goes_on() -> None:
    drawn = picture([click(0, "hard")], sale(20, 1))
    (lane,) = drawn.lanes
    faint, held = lane.bars
    assert strong(lane) == [(lane.x, drawn.sale_x)]
    assert (faint.strong, held.strong) == (False, True)
    assert faint.x + faint.width > drawn.sale_x


def test_an_overwritten_click_holds_the_cookie_until_the_next_one_takes_it() -> None:
    first, second = picture([click(0, "hard"), click(90, "hard")], sale(120, 1)).lanes
    assert strong(first) == [(first.x, second.x)]
    assert [lane.verdict for lane in (first, second)] == ["overwritten", "held"]


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        pytest.param("soft", {"stood_down": True}, id="stood_down"),
        pytest.param("hard", {"reason": ClickReason.BOT}, id="does_not_count"),
    ],
)
def test_a_click_that_never_held_the_cookie_has_no_strong_part(
    kind: str, others: dict[str, Any]
) -> None:
    _, lane = picture([click(0, "hard"), click(5, kind, **others)], sale(9, 1)).lanes
    assert strong(lane) == []


def test_a_click_that_does_not_count_has_no_window() -> None:
    (lane,) = picture([click(0, "hard", reason=ClickReason.NOT_PARTNER)], sale(9)).lanes
    assert lane.bars == ()


def test_an_expired_click_holds_the_cookie_to_the_end_of_its_window() -> None:
    drawn = picture([click(0, "hard", days=1)], sale(3 * DAY, 1))
    (lane,) = drawn.lanes
    assert lane.verdict == "expired"
    assert strong(lane) == [(lane.bars[0].x, lane.bars[0].x + lane.bars[0].width)]
    assert lane.bars[0].x + lane.bars[0].width < drawn.sale_x


def test_a_soft_claim_ends_with_what_is_known_of_its_session() -> None:
    soft, later, after = click(0, "soft"), click(30, "soft"), click(300, "hard", session=2)
    first, second, third = picture(
        [soft, replace(later, stood_down=True), after], sale(310, 2)
    ).lanes
    assert first.verdict == "session_ended"
    assert strong(first) == [(first.x, second.x)]
    assert second.x < third.x


def test_a_known_end_of_the_session_ends_the_claim_there() -> None:
    end = START + 60 * MINUTE_MS
    clicks = [click(0, "soft"), click(120, "hard", session=2)]
    first, second = picture(clicks, sale(130, 2), [end]).lanes
    ((left, right),) = strong(first)
    assert left == first.x
    assert right == pytest.approx((first.x + second.x) / 2, abs=1)


def test_hard_has_square_ends_and_soft_round_ones() -> None:
    hard, soft = picture([click(0, "hard"), click(5, "soft")], sale(9, 1)).lanes
    assert {bar.radius for bar in hard.bars} == {0}
    assert {bar.radius for bar in soft.bars} == {7}


def test_every_verdict_has_a_mark_and_each_shape_says_one_thing() -> None:
    assert set(MARKS) == set(Verdict)
    uncounted = {Verdict.NOT_PARTNER, Verdict.INVALID}
    shapes = [mark for verdict, mark in MARKS.items() if verdict not in uncounted]
    assert len(set(shapes)) == len(shapes)


def test_sessions_are_bands_in_their_order() -> None:
    clicks = [click(0, "hard"), click(10, "hard"), click(2 * DAY, "hard", session=5)]
    drawn = picture(clicks, sale(2 * DAY + 20, 5))
    assert [band.label.text for band in drawn.bands] == ["Session 1", "Session 2"]
    first, second = drawn.bands
    assert first.x < drawn.lanes[0].x < drawn.lanes[1].x < first.x + first.width < second.x
    assert second.x < drawn.sale_x < second.x + second.width


@pytest.mark.parametrize("minutes", [1, 5, 20, 60, 600])
def test_the_sales_line_runs_through_no_sessions_name(minutes: int) -> None:
    drawn = picture([click(0, "hard")], sale(minutes, 1))
    [band] = drawn.bands
    start, end = band.label.x, band.label.x + LETTER * len(band.label.text)
    assert not start <= drawn.sale_x <= end
    assert 0 <= start < end <= drawn.width


def test_a_sale_in_a_session_without_clicks_has_a_band_of_its_own() -> None:
    drawn = picture([click(0, "soft")], sale(60))
    assert [band.label.text for band in drawn.bands] == ["Session 1", "Other session"]
    assert drawn.bands[1].label.x > drawn.sale_x


def test_activity_is_linear_and_idle_time_is_broken_off_and_says_how_long_it_was() -> None:
    minutes = [0, 10, 40, 4 * DAY, 4 * DAY + 30]
    drawn = picture([click(minute, "hard") for minute in minutes], sale(4 * DAY + 40, 1))
    places = [lane.x for lane in drawn.lanes]
    assert (places[2] - places[1]) == pytest.approx(3 * (places[1] - places[0]), abs=2)
    assert [item.text for item in drawn.breaks] == ["4 days", "26 days"]
    assert drawn.breaks[0].left == places[2]
    assert drawn.breaks[0].right == places[3]


def test_two_clicks_within_a_second_are_two_places_with_seconds() -> None:
    drawn = picture([click(0, "hard"), click(1 / 60, "hard")], sale(300, 1))
    assert drawn.lanes[1].x - drawn.lanes[0].x >= 15
    assert "14:06:00" in [tick.time for tick in drawn.ticks]


@pytest.mark.parametrize(
    ("zone", "time", "day"),
    [
        pytest.param("Europe/London", "14:06", "12 Mar", id="london"),
        pytest.param("Asia/Tokyo", "23:06", "12 Mar", id="tokyo"),
        pytest.param("Pacific/Auckland", "03:06", "13 Mar", id="the_next_day"),
    ],
)
def test_ticks_are_in_the_readers_zone(zone: str, time: str, day: str) -> None:
    said = in_zone(ZoneInfo(zone))(START)
    assert (said.time, said.day, said.full_day) == (time, day, f"{day} 2026")


def test_the_simulators_times_count_from_the_start() -> None:
    said = since_start()((2 * DAY + 3 * HOUR + 5) * MINUTE_MS)
    assert (said.time, said.day) == ("3:05", "day 2")


def test_it_is_told_in_sentences_too() -> None:
    drawn = picture([click(0, "hard"), click(5, "soft", stood_down=True)], sale(9, 1))
    assert drawn.title == "The journey to this sale: 2 clicks on a time line"
    assert drawn.description == (
        "12 Mar 2026 14:06: Blog A, hard click. held. "
        "12 Mar 2026 14:11: Blog A, soft click. stood_down. "
        "The sale was on 12 Mar 2026 14:15."
    )


def test_without_a_click_there_is_nothing_to_draw() -> None:
    assert not picture([], sale(5))


def test_of_too_many_clicks_those_that_held_the_cookie_stay() -> None:
    clicks = [click(0, "hard"), *(click(i, "soft", stood_down=True) for i in range(1, 60))]
    drawn = picture(clicks, sale(90, 1))
    assert len(drawn.lanes) == MOST_LANES
    assert drawn.left_out == 60 - MOST_LANES
    assert drawn.lanes[0].verdict == "held"


@st.composite
def journeys(draw_: st.DrawFn) -> tuple[list[Click], Sale]:
    minutes = draw_(st.lists(st.integers(0, 90 * DAY), min_size=1, max_size=12, unique=True))
    clicks = [
        click(
            minute,
            draw_(st.sampled_from(["hard", "soft"])),
            days=draw_(st.integers(1, 400)),
            session=draw_(st.integers(0, 3)),
            reason=draw_(st.sampled_from([None, None, None, ClickReason.BOT])),
            stood_down=draw_(st.booleans()),
        )
        for minute in sorted(minutes)
    ]
    at = sale(draw_(st.integers(0, 120 * DAY)), *draw_(st.sets(st.integers(1, 3))))
    return clicks, at


@settings(deadline=None, max_examples=60)
@given(journeys())
def test_nothing_lies_outside_the_picture_or_the_wrong_way(case: tuple[list[Click], Sale]) -> None:
    clicks, at = case
    drawn = picture(clicks, at)
    assert drawn.width >= WIDTH
    inside = range(drawn.left, drawn.right + 1)
    for lane in drawn.lanes:
        assert lane.x in inside
        assert drawn.band_y < lane.y < drawn.axis_y
        for bar in lane.bars:
            assert bar.x == lane.x
            assert bar.width >= 1
            assert bar.x + bar.width in inside
            assert abs(bar.y + bar.height // 2 - lane.y) <= 1
    assert drawn.sale_x in inside
    assert all(tick.x in inside for tick in drawn.ticks)
    assert [lane.y for lane in drawn.lanes] == sorted({lane.y for lane in drawn.lanes})


@settings(deadline=None, max_examples=60)
@given(journeys())
def test_what_came_later_lies_further_right(case: tuple[list[Click], Sale]) -> None:
    clicks, at = case
    drawn = picture(clicks, at)
    places = [lane.x for lane in drawn.lanes]
    assert all(left < right for left, right in pairwise(places))
    before = [place for place, item in zip(places, clicks, strict=True) if item.at <= at.at]
    assert all(place <= drawn.sale_x for place in before)


@settings(deadline=None, max_examples=60)
@given(journeys())
def test_never_do_two_clicks_hold_the_cookie_at_once(case: tuple[list[Click], Sale]) -> None:
    clicks, at = case
    drawn = picture(clicks, at)
    held = [part for lane in drawn.lanes for part in strong(lane)]
    shortest = 14
    for (_, right), (left, _) in pairwise(held):
        assert right <= left + shortest


@settings(deadline=None, max_examples=60)
@given(journeys())
def test_words_of_ticks_never_overlap(case: tuple[list[Click], Sale]) -> None:
    clicks, at = case
    labelled = [tick for tick in picture(clicks, at).ticks if tick.time]
    for left, right in pairwise(labelled):
        letters = max(len(left.time), len(left.day)) / 2 + max(len(right.time), len(right.day)) / 2
        assert right.x - left.x >= 6 * letters
