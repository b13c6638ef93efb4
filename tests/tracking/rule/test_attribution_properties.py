"""What holds of the rule for any journey."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
