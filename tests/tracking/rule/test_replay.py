"""The what-if of one world is what happens in the other: any traffic of one browser, lived in two
worlds that differ in types, windows or soft rule. Pure; ``test_whatif_exactness.py`` lives it
through the product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from tracking.rule.attribution import MINUTE_MS, Click, CookieType, Sale, SoftRule, resolve
from tracking.rule.reasons import ClickReason
from tracking.rule.replay import (
    DAY_MINUTES,
    HOUR_MINUTES,
    Change,
    Circumstances,
    PartnerTerms,
    Recorded,
    ShopTerms,
    concerns,
    replay,
    would_pay,
)
from tracking.rule.slots import Slots, end_session, is_repeat, meet

HARD, SOFT = CookieType.HARD, CookieType.SOFT
START = 1_760_000_000_000
LONGEST_DAYS = 10
PUBLISHERS = (1, 2, 3)
ACTIVATING = 3
"""This one acts from the page as well, which works while it is soft."""
SECOND = 1 / 60

lived = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class World:
    """What holds in a world: who is what, and the windows, at any time."""

    types: Mapping[int, CookieType]
    soft_rule: SoftRule = SoftRule.FIRST
    terms: Sequence[ShopTerms] = (ShopTerms(0, 7, 12),)
    own_days: Mapping[int, int | None] = field(default_factory=dict)

    @property
    def circumstances(self) -> Circumstances:
        return Circumstances(
            self.terms,
            {
                key: [PartnerTerms(0, self.own_days.get(key), in_page=key == ACTIVATING)]
                for key in PUBLISHERS
            },
        )

    def window(self, publisher: int, at: int) -> int:
        terms = [terms for terms in self.terms if terms.starts_at <= at][-1]
        if self.types[publisher] is SOFT:
            return terms.soft_hours * HOUR_MINUTES
        return (self.own_days.get(publisher) or terms.hard_days) * DAY_MINUTES


@dataclass(frozen=True)
class Event:
    """``what``: the publisher whose link is followed, or one of the words below."""

    minutes: float
    what: int | str


gaps = st.one_of(
    st.integers(0, 30),
    st.sampled_from([0, 0.3 * SECOND, 0.6 * SECOND, 1.2 * SECOND]),
    st.sampled_from([60, 719, 720, 1440, 3 * 1440, 7 * 1440, 10 * 1440]),
)
events = st.lists(
    st.builds(
        Event,
        gaps,
        st.sampled_from([*PUBLISHERS, *PUBLISHERS, "activate", "close", "buy", "buy", "server"]),
    ),
    max_size=14,
)
kinds = st.fixed_dictionaries({key: st.sampled_from([HARD, SOFT]) for key in PUBLISHERS})
rules = st.sampled_from(list(SoftRule))


@dataclass
class Lived:
    """What was recorded in a world, and whom each sale paid; None: nobody, or it was not known.
    ``unknown`` are the events that were activations refused outside of a session that a click had
    begun, by their place in the traffic."""

    recorded: list[Recorded | None] = field(default_factory=list)
    paid: list[int | None] = field(default_factory=list)
    activations: set[UUID] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)


def live(traffic: Sequence[Event], before: World, after: World, turn: int = 0) -> Lived:
    """One browser's life; ``after`` holds from ``turn`` (ms) on."""
    lived, slots, clicks, now, identifier = Lived(), Slots(), list[Click](), START, 0
    for index, event in enumerate(traffic):
        now += round(event.minutes * MINUTE_MS) + 1
        slots = _expire(slots, now)
        world = after if now >= turn else before
        if event.what == "close":
            slots = end_session(slots)
        elif event.what in ("buy", "server"):
            _sell(lived, slots, clicks, now, world, of_server=event.what == "server")
        elif event.what != "nothing":
            publisher = ACTIVATING if event.what == "activate" else int(event.what)
            identifier += 1
            click = _click(identifier, publisher, slots, now, world)
            if event.what == "activate":
                lived.activations.add(click.id)
                if world.types[publisher] is HARD:
                    click = structs.replace(click, reason=ClickReason.STUFFED)
                    if not (slots.journey and slots.session):
                        lived.unknown.add(index)
            if click.reason is None and is_repeat(slots.last, publisher, now):
                click = structs.replace(click, reason=ClickReason.REPEAT)
            if click.reason is None:
                placed = meet(slots, click)
                click, slots = placed.click, placed.slots
            else:
                click = structs.replace(click, journey=slots.journey, session=slots.session)
            clicks.append(click)
    return lived


def judged(traffic: Sequence[Event], one: World, other: World) -> list[Event]:
    """As much of the traffic as a what-if of one world can judge: without activations that only
    this one refuses and that nothing leads to, and without reports of a server by a token that the
    other one would not have handed out."""
    was, would = one.types[ACTIVATING], other.types[ACTIVATING]
    if (was, would) == (SOFT, HARD) and any(event.what == "activate" for event in traffic):
        return [replace(item, what="buy") if item.what == "server" else item for item in traffic]
    unknown = live(traffic, one, one).unknown if (was, would) == (HARD, SOFT) else ()
    return [
        replace(event, what="nothing") if index in unknown else event
        for index, event in enumerate(traffic)
    ]


def _click(number: int, publisher: int, slots: Slots, now: int, world: World) -> Click:
    newest = slots.newest
    at = max(now, newest.at + 1) if newest else now
    return Click(
        id=UUID(int=at << 80 | number),
        at=at,
        publisher=publisher,
        cookie_type=world.types[publisher],
        window_minutes=world.window(publisher, at),
        journey=slots.journey or number,
        session=slots.session or number,
        soft_rule=world.soft_rule,
    )


def _expire(slots: Slots, now: int) -> Slots:
    """What a browser has dropped by now: ``Max-Age`` of the hard slot and of the last token."""
    hard, last = slots.hard, slots.last
    if hard and hard.closes_at <= now:
        hard = None
    if last and last.at + LONGEST_DAYS * DAY_MINUTES * MINUTE_MS <= now:
        last = None
    return structs.replace(slots, hard=hard, last=last)


def _sell(
    lived: Lived, slots: Slots, clicks: list[Click], now: int, world: World, *, of_server: bool
) -> None:
    if not slots.clicks:
        lived.recorded.append(None)
        lived.paid.append(None)
        return
    newest = slots.newest
    assert newest
    sessions = {newest.session} if of_server else {slots.session} - {0}
    journey = [click for click in clicks if click.journey == newest.journey]
    sale = Sale(now, frozenset(sessions), world.soft_rule)
    recorded = Recorded(journey, sale, frozenset(lived.activations))
    outcome = resolve(recorded.clicks, recorded.sale)
    lived.recorded.append(recorded)
    lived.paid.append(outcome.paid.publisher if outcome.paid else None)


def what_if(one: Lived, world: World, change: Change) -> list[int | None]:
    circumstances = world.circumstances
    paid: list[int | None] = []
    for recorded, was in zip(one.recorded, one.paid, strict=True):
        if recorded is None:
            paid.append(None)
            continue
        outcome = replay(recorded, change, circumstances)
        found = outcome.paid.publisher if outcome.paid else None
        assert would_pay(recorded, change, circumstances) == found
        if not concerns(change, recorded):
            assert found == was
        paid.append(found)
    return paid


@lived
@given(events, kinds, kinds, rules, rules)
def test_other_types_and_another_rule(
    traffic: list[Event],
    types: dict[int, CookieType],
    others: dict[int, CookieType],
    rule: SoftRule,
    other_rule: SoftRule,
) -> None:
    """Any set of types at once, to and fro, under all three soft rules."""
    one, other = World(types, rule), World(others, other_rule)
    traffic = judged(traffic, one, other)
    happened = live(traffic, other, other)
    change = Change(others, other_rule)
    assert what_if(live(traffic, one, one), one, change) == happened.paid


@lived
@given(
    st.lists(
        st.builds(
            Event,
            st.sampled_from([0, 0.3 * SECOND, 0.6 * SECOND, 1.2 * SECOND, 5, 1440]),
            st.sampled_from([1, ACTIVATING, ACTIVATING, "activate", "activate", "close", "buy"]),
        ),
        max_size=12,
    ),
    kinds,
    kinds,
    rules,
)
def test_activations_and_quick_repeats(
    traffic: list[Event],
    types: dict[int, CookieType],
    others: dict[int, CookieType],
    rule: SoftRule,
) -> None:
    """What is a repeat depends on whether the activation before it counted."""
    one, other = World(types, rule), World(others, rule)
    traffic = [*judged(traffic, one, other), Event(1, "buy")]
    happened = live(traffic, other, other)
    assert what_if(live(traffic, one, one), one, Change(others)) == happened.paid


@lived
@given(events, kinds, kinds, rules, st.integers(0, 20 * DAY_MINUTES))
def test_a_change_in_the_middle_of_it(
    traffic: list[Event],
    types: dict[int, CookieType],
    others: dict[int, CookieType],
    rule: SoftRule,
    turn: int,
) -> None:
    one, other = World(types, rule), World(others, rule)
    traffic = judged(traffic, one, other)
    moment = START + turn * MINUTE_MS
    happened = live(traffic, one, other, moment)
    change = Change(others, since=moment)
    assert what_if(live(traffic, one, one), one, change) == happened.paid


@lived
@given(
    events,
    kinds,
    rules,
    st.integers(1, 7),
    st.integers(1, 12),
    st.dictionaries(st.sampled_from(PUBLISHERS), st.sampled_from([None, 1, 2, 7])),
)
def test_shorter_windows(
    traffic: list[Event],
    types: dict[int, CookieType],
    rule: SoftRule,
    hard_days: int,
    soft_hours: int,
    own: dict[int, int | None],
) -> None:
    """Longer ones are judged as far as journeys are known: for the longest window."""
    one = World(types, rule, own_days={1: 3})
    other = World(types, rule, terms=[ShopTerms(0, hard_days, soft_hours)], own_days={1: 3, **own})
    change = Change(hard_days=hard_days, soft_hours=soft_hours, own_hard_days=own)
    assert what_if(live(traffic, one, one), one, change) == live(traffic, other, other).paid


@lived
@given(events, kinds, kinds, st.integers(0, 20 * DAY_MINUTES))
def test_another_type_has_the_window_in_force_when_it_was_clicked(
    traffic: list[Event], types: dict[int, CookieType], others: dict[int, CookieType], turn: int
) -> None:
    terms = [ShopTerms(0, 7, 12), ShopTerms(START + turn * MINUTE_MS, 2, 1)]
    own = {2: 1}
    one, other = World(types, terms=terms, own_days=own), World(others, terms=terms, own_days=own)
    traffic = judged(traffic, one, other)
    happened = live(traffic, other, other)
    assert what_if(live(traffic, one, one), one, Change(others)) == happened.paid


@lived
@given(events, kinds, rules)
def test_without_a_change_it_gives_what_happened(
    traffic: list[Event], types: dict[int, CookieType], rule: SoftRule
) -> None:
    world = World(types, rule)
    happened = live(traffic, world, world)
    assert what_if(happened, world, Change()) == happened.paid
    assert not Change()


def test_an_activation_from_the_page_does_not_count_once_hard() -> None:
    world = World({1: HARD, 2: HARD, 3: SOFT})
    traffic = [Event(0, 1), Event(8 * DAY_MINUTES, "activate"), Event(1, "buy")]
    happened = live(traffic, world, world)
    assert happened.paid == [ACTIVATING]
    assert what_if(happened, world, Change({ACTIVATING: HARD})) == [None]
    recorded = happened.recorded[0]
    assert recorded
    outcome = replay(recorded, Change({ACTIVATING: HARD}), world.circumstances)
    assert outcome.verdicts[-1].click.reason is ClickReason.STUFFED


def test_the_link_right_after_an_activation_counts_once_that_would_not() -> None:
    soft, hard = World({1: HARD, 2: HARD, 3: SOFT}), World({1: HARD, 2: HARD, 3: HARD})
    quick = 0.6 * SECOND
    traffic = [Event(0, 1), Event(5, "activate"), Event(quick, ACTIVATING), Event(1, "buy")]
    assert live(traffic, soft, soft).paid == [1]
    assert what_if(live(traffic, soft, soft), soft, Change({3: HARD})) == [ACTIVATING]
    assert what_if(live(traffic, hard, hard), hard, Change({3: SOFT})) == [1]


def test_an_activation_that_was_not_allowed_stays_out() -> None:
    hard = World({1: HARD, 2: HARD, 3: HARD})
    traffic = [Event(0, 1), Event(1, "activate"), Event(1, "buy")]
    recorded = live(traffic, hard, hard).recorded[0]
    assert recorded
    outcomes = [
        replay(recorded, Change({3: SOFT}), replace(hard.circumstances, partners=partners))
        for partners in ({3: [PartnerTerms(0, in_page=True)]}, {3: [PartnerTerms(0)]}, {})
    ]
    reasons = [outcome.verdicts[-1].click.reason for outcome in outcomes]
    assert reasons == [None, ClickReason.STUFFED, ClickReason.STUFFED]


def test_an_activation_of_an_unknown_session_stays_out() -> None:
    """Or else the link that followed it would be its repeat, and nobody would be paid."""
    soft, hard = World({1: HARD, 2: HARD, 3: SOFT}), World({1: HARD, 2: HARD, 3: HARD})
    visit = [Event(8 * DAY_MINUTES, "activate"), Event(0.6 * SECOND, ACTIVATING), Event(1, "buy")]
    traffic = [Event(0, 1), Event(1, "close"), *visit]
    assert live(traffic, soft, soft).paid == [ACTIVATING]
    assert what_if(live(traffic, hard, hard), hard, Change({3: SOFT})) == [ACTIVATING]


def test_a_repeat_whose_first_click_is_not_known_stays_one() -> None:
    world = World({1: HARD, 2: HARD, 3: SOFT})
    traffic = [Event(0, 1), Event(1, "activate"), Event(0.6 * SECOND, 3), Event(1, "buy")]
    recorded = live(traffic, world, world).recorded[0]
    assert recorded
    first, activation, repeat = recorded.clicks
    other = structs.replace(activation, id=UUID(int=1), at=activation.at - MINUTE_MS)
    without = Recorded([first, other, repeat], recorded.sale, frozenset({other.id}))
    outcome = replay(without, Change({3: HARD}), world.circumstances)
    assert outcome.verdicts[-1].click.reason is ClickReason.REPEAT


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        pytest.param(Change({1: SOFT}), True, id="other_type"),
        pytest.param(Change({1: HARD}), False, id="same_type"),
        pytest.param(Change({9: SOFT}), False, id="somebody_else"),
        pytest.param(Change({1: SOFT}, since=START + 10 * MINUTE_MS), False, id="later"),
        pytest.param(Change(soft_rule=SoftRule.SOLE), True, id="rule_with_a_soft_click"),
        pytest.param(Change(soft_rule=SoftRule.FIRST), False, id="same_rule"),
        pytest.param(Change(hard_days=3), True, id="hard_window"),
        pytest.param(Change(own_hard_days={2: 3}), False, id="own_window_of_a_soft_one"),
        pytest.param(Change(soft_hours=3), True, id="soft_window"),
    ],
)
def test_it_knows_which_journeys_a_change_concerns(change: Change, concerned: bool) -> None:
    world = World({1: HARD, 2: SOFT, 3: SOFT})
    recorded = live([Event(0, 1), Event(1, 2), Event(1, "buy")], world, world).recorded[0]
    assert recorded
    assert concerns(change, recorded) is concerned


def test_a_rule_concerns_clicks_that_were_placed_under_another_one() -> None:
    """The rule was changed between the click and the sale, to the one that is asked for."""
    click = _click(1, 1, Slots(), START, World({1: SOFT}, SoftRule.LAST))
    recorded = Recorded([click], Sale(START + MINUTE_MS, frozenset({1}), SoftRule.FIRST))
    assert concerns(Change(soft_rule=SoftRule.FIRST), recorded)
