"""The rule as a table: the scenarios, and what their format has no words for."""

from typing import Any
from uuid import UUID

import pytest

from tracking.rule.attribution import (
    MINUTE_MS,
    Click,
    CookieType,
    Sale,
    SoftRule,
    Verdict,
    holder,
    place,
    resolve,
)
from tracking.rule.reasons import ClickReason
from tracking.simulator.examples import TABLE
from tracking.simulator.format import read
from tracking.simulator.play import simulate
from tracking.simulator.scenario import Scenario

SCENARIOS = read(TABLE.read_text(encoding="utf-8"))
FIRST, LAST, SOLE = SoftRule
HOUR, DAY = 60, 1440
A, B, S, T = 1, 2, 11, 12


def hard(minute: int, by: int, days: int = 30, **facts: Any) -> Click:
    return _click(minute, by, CookieType.HARD, days * DAY, facts)


def soft(minute: int, by: int, hours: int = 24, **facts: Any) -> Click:
    return _click(minute, by, CookieType.SOFT, hours * HOUR, facts)


def _click(
    minute: int, by: int, cookie_type: CookieType, window_minutes: int, facts: dict[str, Any]
) -> Click:
    """A click of journey 1 and session 1 unless ``facts`` say otherwise; ``tie`` orders clicks of
    one minute."""
    facts = {"journey": 1, "session": 1, **facts}
    at, tie = minute * MINUTE_MS, facts.pop("tie", by)
    return Click(UUID(int=at << 80 | tie), at, by, cookie_type, window_minutes, **facts)


def sale(
    minute: int,
    sessions: tuple[int, ...] = (1,),
    rule: SoftRule = FIRST,
    validation_minutes: int = 0,
) -> Sale:
    return Sale(minute * MINUTE_MS, frozenset(sessions), rule, validation_minutes)


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in SCENARIOS])
def test_it_pays_and_judges_as_the_scenario_says(scenario: Scenario) -> None:
    result = simulate(scenario)

    assert (result.paid, result.verdicts) == (scenario.sale.paid, scenario.sale.verdicts)


@pytest.mark.parametrize("rule", SoftRule)
@pytest.mark.parametrize(
    ("held", "click"),
    [
        pytest.param(None, hard(0, A), id="hard_takes_a_free_cookie"),
        pytest.param(None, soft(0, S), id="soft_takes_a_free_cookie"),
        pytest.param(hard(0, A), hard(9, B), id="hard_takes_over_from_hard"),
        pytest.param(hard(0, A), hard(9, A), id="hard_takes_over_from_its_own_hard"),
        pytest.param(soft(0, S), hard(9, A), id="hard_takes_over_from_soft"),
        pytest.param(soft(0, S), hard(9, S), id="hard_takes_over_from_its_own_soft"),
        pytest.param(hard(0, A, days=1), soft(DAY, S), id="soft_takes_over_at_the_windows_end"),
        pytest.param(soft(0, S, hours=1), soft(60, T), id="soft_takes_over_from_expired_soft"),
        pytest.param(soft(0, S), soft(9, T, session=2), id="soft_takes_over_from_ended_session"),
    ],
)
def test_the_click_takes_the_cookie_under_every_rule(
    held: Click | None, click: Click, rule: SoftRule
) -> None:
    assert place(held, click, rule) is click


@pytest.mark.parametrize("rule", SoftRule)
@pytest.mark.parametrize(
    ("held", "click"),
    [
        pytest.param(hard(0, A), soft(9, S), id="soft_overwrites_no_hard"),
        pytest.param(hard(0, A), soft(9, A), id="soft_overwrites_not_its_own_hard"),
        pytest.param(hard(0, A), soft(0, S), id="soft_in_the_same_moment_overwrites_no_hard"),
        pytest.param(hard(0, A, days=1), soft(DAY - 1, S), id="hard_lives_to_its_last_minute"),
        pytest.param(hard(0, A), soft(9, S, session=2), id="hard_outlives_its_session"),
        pytest.param(hard(0, A), soft(9, S, stood_down=True), id="soft_that_stood_down"),
        pytest.param(soft(0, S), soft(9, T, stood_down=True), id="soft_that_stood_down_for_soft"),
    ],
)
def test_the_holder_keeps_the_cookie_under_every_rule(
    held: Click, click: Click, rule: SoftRule
) -> None:
    assert place(held, click, rule) is held


@pytest.mark.parametrize(
    ("held", "click"),
    [
        pytest.param(soft(0, S), soft(9, T), id="of_another_publisher"),
        pytest.param(soft(0, S), soft(9, S), id="of_the_same_publisher"),
        pytest.param(
            soft(0, S), soft(9, T, journey=2, session=2), id="whose_session_is_of_another_journey"
        ),
    ],
)
def test_a_soft_click_takes_over_from_a_live_soft_one_only_under_last(
    held: Click, click: Click
) -> None:
    assert [place(held, click, rule) for rule in (FIRST, LAST, SOLE)] == [held, click, held]


@pytest.mark.parametrize("rule", SoftRule)
@pytest.mark.parametrize(
    "held",
    [
        pytest.param(None, id="nobody_is_known"),
        pytest.param(hard(0, A, days=1), id="the_known_claim_has_expired"),
        pytest.param(soft(0, S, session=2), id="the_known_session_has_ended"),
    ],
)
def test_a_click_that_stood_down_never_takes_the_cookie(held: Click | None, rule: SoftRule) -> None:
    assert place(held, soft(2 * DAY, T, stood_down=True), rule) is None


@pytest.mark.parametrize(
    ("clicks", "sold", "expected"),
    [
        pytest.param(
            [hard(0, A), soft(10, S, stood_down=True), hard(20, B)],
            sale(30),
            [("overwritten", B), ("stood_down", A), ("held", None)],
            id="overwritten_and_stood_down_name_the_other",
        ),
        pytest.param(
            [soft(0, S, stood_down=True)],
            sale(10),
            [("stood_down", None)],
            id="stood_down_for_a_claim_that_is_not_known",
        ),
        pytest.param(
            [soft(0, S, hours=1), soft(90, T, stood_down=True)],
            sale(95),
            [("expired", None), ("stood_down", None)],
            id="stood_down_although_the_known_claim_had_expired",
        ),
        pytest.param(
            [soft(0, S), soft(90, T, session=2, stood_down=True)],
            sale(95),
            [("session_ended", None), ("stood_down", None)],
            id="stood_down_although_the_known_session_had_ended",
        ),
        pytest.param(
            [soft(0, S, hours=1), soft(90, T, session=2)],
            sale(95, sessions=(2,)),
            [("expired", None), ("held", None)],
            id="expired_comes_before_session_ended_at_a_click",
        ),
        pytest.param(
            [soft(0, S, hours=1)],
            sale(90, sessions=()),
            [("expired", None)],
            id="expired_comes_before_session_ended_at_the_sale",
        ),
        pytest.param(
            [soft(0, S), hard(10, A, reason=ClickReason.NOT_PARTNER)],
            sale(5),
            [("held", None), ("after_conversion", None)],
            id="after_conversion_comes_before_not_partner",
        ),
        pytest.param(
            [hard(0, A), hard(10, B, reason=ClickReason.STUFFED)],
            sale(20),
            [("held", None), ("invalid", None)],
            id="a_click_that_does_not_count_is_invalid",
        ),
        pytest.param(
            [hard(0, A), hard(20, B)],
            sale(20),
            [("overwritten", B), ("held", None)],
            id="a_click_in_the_moment_of_the_sale_counts",
        ),
        pytest.param(
            [hard(0, B, tie=2), hard(0, A, tie=1)],
            sale(5),
            [("held", None), ("overwritten", B)],
            id="clicks_of_one_moment_are_ordered_by_id",
        ),
        pytest.param(
            [soft(0, S), soft(10, T, soft_rule=LAST)],
            sale(20),
            [("overwritten", T), ("held", None)],
            id="a_click_is_placed_under_the_rule_of_its_own_time_last",
        ),
        pytest.param(
            [soft(0, S, soft_rule=LAST), soft(10, T)],
            sale(20, rule=LAST),
            [("held", None), ("stood_down", S)],
            id="a_click_is_placed_under_the_rule_of_its_own_time_first",
        ),
        pytest.param(
            [soft(0, S, journey=1, session=1), soft(10, T, journey=2, session=2)],
            sale(20, sessions=(1, 2)),
            [("held", None), ("stood_down", S)],
            id="sessions_of_two_journeys_do_not_end_each_other",
        ),
        pytest.param(
            [soft(0, S), hard(10, A, session=2)],
            sale(20, sessions=(2,)),
            [("session_ended", None), ("held", None)],
            id="a_hard_click_takes_the_cookie_of_an_ended_session_without_overwriting",
        ),
        pytest.param(
            [hard(0, A)], sale(20, sessions=()), [("held", None)], id="hard_needs_no_session"
        ),
    ],
)
def test_it_judges_each_click_and_names_the_other(
    clicks: list[Click], sold: Sale, expected: list[tuple[str, int | None]]
) -> None:
    judged = resolve(clicks, sold).verdicts

    by_id = {each.click.id: each for each in judged}
    found = [by_id[click.id] for click in clicks]
    assert [(str(each.verdict), each.by and each.by.publisher) for each in found] == expected
    assert len(judged) == len(clicks)


@pytest.mark.parametrize(
    ("clicks", "minute", "verdict", "rival"),
    [
        pytest.param([soft(0, S)], 20, Verdict.HELD, None, id="alone"),
        pytest.param([soft(0, S), soft(5, S)], 20, Verdict.HELD, None, id="its_own_is_no_rival"),
        pytest.param([soft(0, S), soft(5, T)], 20, Verdict.CONTESTED, T, id="soft"),
        pytest.param(
            [soft(0, S), soft(5, T, stood_down=True), soft(6, S)],
            20,
            Verdict.CONTESTED,
            T,
            id="soft_that_stood_down",
        ),
        pytest.param(
            [hard(0, A), hard(5, B, days=1), soft(2 * DAY, S)],
            2 * DAY + 5,
            Verdict.CONTESTED,
            A,
            id="hard_that_was_overwritten",
        ),
        pytest.param(
            [hard(0, A, days=1), soft(DAY, S)], DAY + 5, Verdict.HELD, None, id="window_has_closed"
        ),
        pytest.param(
            [soft(0, S), hard(5, A, reason=ClickReason.BOT)], 20, Verdict.HELD, None, id="no_count"
        ),
        pytest.param([soft(0, S), soft(30, T)], 20, Verdict.HELD, None, id="after_the_sale"),
        pytest.param([soft(0, S), hard(5, A)], 20, Verdict.HELD, None, id="of_a_hard_holder"),
    ],
)
def test_sole_pays_a_soft_holder_only_without_an_open_rival(
    clicks: list[Click], minute: int, verdict: Verdict, rival: int | None
) -> None:
    outcome = resolve(clicks, sale(minute, rule=SOLE))

    ends = [each for each in outcome.verdicts if each.verdict in {Verdict.HELD, Verdict.CONTESTED}]
    assert [(each.verdict, each.by and each.by.publisher) for each in ends] == [(verdict, rival)]
    assert (outcome.paid is None) == (verdict is Verdict.CONTESTED)


@pytest.mark.parametrize("asked", [pytest.param(FIRST, id="first"), pytest.param(LAST, id="last")])
def test_sole_is_asked_at_the_time_of_the_sale_not_of_the_click(asked: SoftRule) -> None:
    clicks = [soft(0, S, soft_rule=SOLE), soft(5, T, soft_rule=SOLE)]

    assert resolve(clicks, sale(20, rule=asked)).paid == clicks[0]
    assert resolve(clicks, sale(20, rule=SOLE)).paid is None


@pytest.mark.parametrize(
    ("clicks", "sold", "minute", "by"),
    [
        pytest.param([], sale(10), 10, None, id="no_click"),
        pytest.param([], sale(10, validation_minutes=DAY), 10 + DAY, None, id="validation_alone"),
        pytest.param([hard(0, A)], sale(10), 30 * DAY, A, id="the_holders_window"),
        pytest.param(
            [hard(0, A), hard(5, B, days=7)], sale(10), 30 * DAY, A, id="an_overwritten_longer_one"
        ),
        pytest.param(
            [hard(0, A, days=1), soft(5, S, hours=48)], sale(10), 5 + 48 * HOUR, S, id="a_soft_one"
        ),
        pytest.param([soft(0, S)], sale(10, sessions=()), DAY, S, id="nobody_is_paid"),
        pytest.param([hard(0, A)], sale(30 * DAY), 30 * DAY, None, id="a_closed_window_is_out"),
        pytest.param([hard(20, A)], sale(10), 10, None, id="a_later_window_is_out"),
        pytest.param(
            [hard(0, A, reason=ClickReason.NOT_PARTNER)], sale(10), 10, None, id="no_counting_click"
        ),
        pytest.param(
            [hard(0, A)],
            sale(10, validation_minutes=30 * DAY),
            10 + 30 * DAY,
            None,
            id="validation",
        ),
        pytest.param(
            [hard(10, A)], sale(10, validation_minutes=30 * DAY), 10 + 30 * DAY, A, id="a_draw"
        ),
    ],
)
def test_it_closes_when_the_last_open_window_has_closed(
    clicks: list[Click], sold: Sale, minute: int, by: int | None
) -> None:
    outcome = resolve(clicks, sold)

    closes_by = outcome.closes_by and outcome.closes_by.publisher
    assert (outcome.closes_at, closes_by) == (minute * MINUTE_MS, by)


def test_a_window_contains_its_start_and_not_its_end() -> None:
    click = hard(10, A, days=1)

    ends = (click.at - 1, click.at, click.closes_at - 1, click.closes_at)
    assert [click.window_contains(at) for at in ends] == [False, True, True, False]


def test_the_holder_of_records_in_any_order_is_the_same() -> None:
    clicks = [hard(0, A), soft(5, S), hard(10, B), soft(20, T)]

    assert holder(clicks) == holder(clicks[::-1] + clicks) == clicks[2]
    assert holder([]) is None
