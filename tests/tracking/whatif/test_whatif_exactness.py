"""The test of the what-if: the same traffic, lived through the product in two worlds. What the
what-if of one says is what happened in the other, per publisher and to the minor unit."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db.models import Count, Sum

from network.advertisers.terms import change_terms
from network.models import Advertiser
from publishers.models import Partnership, Publisher
from publishers.policy import assigning, deciding
from tests.support.makers import (
    NOW,
    SET_UP,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.traffic import Life, Move, traffic
from tracking.lifecycle import suspension
from tracking.models import Click, Commission, Conversion
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.results import Question, Tally

pytestmark = pytest.mark.django_db

HARD, SOFT = CookieType.HARD, CookieType.SOFT
SINCE, UNTIL = SET_UP + timedelta(hours=1), NOW
MIDDLE = NOW - timedelta(days=30)
NAMES = ("Blog", "Cashback", "Overlay", "Extension")
ALL_HARD = dict.fromkeys(NAMES, HARD)


@dataclass(frozen=True)
class Setting:
    """A world: who is what under which rule and windows; ``later`` holds from the middle on.
    ``acting`` may act from the page; ``suspended`` are so for fraud, from when until when."""

    types: Mapping[str, CookieType]
    soft_rule: SoftRule = SoftRule.FIRST
    hard_days: int = 30
    soft_hours: int = 24
    own_days: Mapping[str, int] = field(default_factory=dict)
    later: Mapping[str, CookieType] = field(default_factory=dict)
    acting: str = ""
    suspended: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)


def live(seed: int, setting: Setting, publishers: Mapping[str, Publisher]) -> Advertiser:
    return life(seed, setting, publishers).shop


def life(
    seed: int,
    setting: Setting,
    publishers: Mapping[str, Publisher],
    without: Collection[Move] = (),
) -> Life:
    shop = make_advertiser(soft_rule=setting.soft_rule.value)
    # As a change: a browser remembers a journey for the longest window there ever was.
    windows: dict[str, int | str] = {
        "hard_days": setting.hard_days,
        "soft_hours": setting.soft_hours,
    }
    change_terms(shop, windows, SET_UP + timedelta(minutes=1), made_by=None)
    partners = {
        name: make_partner(
            shop,
            publishers[name],
            kind.value,
            hard_days=setting.own_days.get(name),
            in_page=name == setting.acting,
        )
        for name, kind in setting.types.items()
    }
    for name, kind in setting.later.items():
        assign_in_the_middle(partners[name], kind)
    lived, since = Life(shop, partners), SINCE
    moves = [
        move for move in traffic(seed, NAMES, SINCE, UNTIL, setting.acting) if move not in without
    ]
    for turn in turns(setting, partners):
        lived.live([move for move in moves if since <= move.at < turn.at])
        lived.close_due(turn.at)
        turn.make()
        since = turn.at
    lived.live([move for move in moves if since <= move.at])
    return lived


@dataclass(frozen=True)
class Turn:
    """A suspension that is made, or lifted."""

    at: datetime
    make: Callable[[], object]


def turns(setting: Setting, partners: Mapping[str, Partnership]) -> list[Turn]:
    found, operator = [], make_user("operator")
    for name, (since, until) in setting.suspended.items():
        partner = partners[name]
        made = partial(suspension.suspend, partner, since, reason="Stuffed", made_by=operator)
        approved: dict[str, object] = {"status": "approved"}
        lifted = partial(deciding.change_terms, partner, approved, until, made_by=operator)
        found += [Turn(since, made), Turn(until, lifted)]
    return sorted(found, key=lambda turn: turn.at)


def assign_in_the_middle(partner: Partnership, kind: CookieType) -> None:
    before = MIDDLE - timedelta(days=1)
    assigning.assign([partner], kind.value, before, reason="Agreed", made_by=None, start=MIDDLE)


def happened(shop: Advertiser, since: datetime = SINCE) -> dict[str, Tally]:
    """What each publisher is paid for sales from a moment on."""
    rows = (
        Commission.objects.filter(advertiser=shop, sold_at__gte=since)
        .exclude(status="declined")
        .values_list("publisher__name")
        .annotate(Count("id"), Sum("amount_minor"))
    )
    return {name: Tally(sales, minor) for name, sales, minor in rows}


def what_if(shop: Advertiser, change: Change, since: datetime = SINCE) -> dict[str, Tally]:
    names = dict(Publisher.objects.values_list("pk", "name"))
    result = runs.ask(Question({shop.id: change}, since, UNTIL))
    assert {
        names[line.publisher]: line.before
        for line in result.lines
        if line.publisher and line.before.sales
    } == happened(shop, since)
    return {
        names[line.publisher]: line.after
        for line in result.lines
        if line.publisher and line.after.sales
    }


@pytest.fixture
def publishers() -> dict[str, Publisher]:
    return {name: make_publisher(name) for name in NAMES}


S_SOFT = {**ALL_HARD, "Overlay": SOFT}
TWO_SOFT = {**S_SOFT, "Extension": SOFT}
ALL_SOFT = dict.fromkeys(NAMES, SOFT)


BLOG_SOFT = {**ALL_HARD, "Blog": SOFT}
PAIRS: Mapping[str, Sequence[tuple[Setting, Setting]]] = {
    SoftRule.FIRST: [
        (Setting(ALL_HARD), Setting(S_SOFT)),
        (Setting(TWO_SOFT), Setting(S_SOFT)),
        (Setting(ALL_HARD), Setting(ALL_SOFT)),
        (Setting(TWO_SOFT), Setting(TWO_SOFT, hard_days=5, soft_hours=1)),
    ],
    SoftRule.LAST: [
        (Setting(ALL_HARD, SoftRule.LAST), Setting(S_SOFT, SoftRule.LAST)),
        (Setting(TWO_SOFT, SoftRule.LAST), Setting(S_SOFT, SoftRule.LAST)),
    ],
    SoftRule.SOLE: [
        (Setting(ALL_HARD, SoftRule.SOLE), Setting(S_SOFT, SoftRule.SOLE)),
        (Setting(TWO_SOFT, SoftRule.SOLE), Setting(S_SOFT, SoftRule.SOLE)),
        (Setting(BLOG_SOFT, SoftRule.LAST), Setting(TWO_SOFT, SoftRule.SOLE)),
    ],
    "own_windows": [
        (Setting(ALL_HARD, own_days={"Blog": 4}), Setting(S_SOFT, own_days={"Cashback": 2})),
    ],
}
"""Worlds that are asked about, and the other ones. Those of a line are lived once each."""


def change_to(one: Setting, other: Setting, publishers: Mapping[str, Publisher]) -> Change:
    ids = {name: row.pk for name, row in publishers.items()}
    return Change(
        types={ids[name]: kind for name, kind in other.types.items() if kind != one.types[name]},
        soft_rule=other.soft_rule if other.soft_rule != one.soft_rule else None,
        hard_days=other.hard_days if other.hard_days != one.hard_days else None,
        soft_hours=other.soft_hours if other.soft_hours != one.soft_hours else None,
        own_hard_days={
            ids[name]: other.own_days.get(name) for name in {**one.own_days, **other.own_days}
        },
    )


@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_the_what_if_is_what_happens_in_the_other_world(
    pairs: Sequence[tuple[Setting, Setting]], publishers: Mapping[str, Publisher]
) -> None:
    worlds: list[tuple[Setting, Advertiser]] = []
    for setting in (each for pair in pairs for each in pair):
        if setting not in [known for known, _ in worlds]:
            worlds.append((setting, live(4, setting, publishers)))
    for one, other in pairs:
        here, there = (
            next(shop for known, shop in worlds if known == each) for each in (one, other)
        )
        assert what_if(here, change_to(one, other, publishers)) == happened(there), (one, other)
        assert happened(here) != happened(there), "this traffic tells the two worlds not apart"
    for setting, shop in worlds:
        if setting.types == TWO_SOFT:
            assert_nothing_differs(shop)
        if setting == Setting(TWO_SOFT):
            assert_it_has_everything(shop)


def assert_nothing_differs(shop: Advertiser) -> None:
    """With no change it gives what was decided. All journeys are replayed then, since nothing says
    which are concerned."""
    result = runs.ask(Question({shop.id: Change()}, SINCE, UNTIL))
    assert result.sales == Conversion.objects.filter(advertiser=shop).count() > 20
    assert (result.differing, result.moves) == (0, ())


def assert_it_has_everything(shop: Advertiser) -> None:
    verdicts: Counter[str] = Counter()
    for sale in Conversion.objects.filter(advertiser=shop).select_related("decision"):
        assert sale.decision
        verdicts.update(item["verdict"] for item in sale.decision.verdicts)
        verdicts["nobody"] += sale.decision.paid_click is None
        verdicts["closed"] += sale.closed_at is not None
    assert {"stood_down", "overwritten", "expired", "session_ended", "held"} <= set(verdicts)
    assert min(verdicts["session_ended"], verdicts["nobody"], verdicts["closed"]) > 0


@pytest.mark.parametrize(
    ("was", "would", "rule"),
    [
        (SOFT, HARD, SoftRule.FIRST),
        (SOFT, HARD, SoftRule.LAST),
        (HARD, SOFT, SoftRule.FIRST),
        (HARD, SOFT, SoftRule.SOLE),
    ],
)
def test_activations_from_the_page_and_links_right_after_them(
    was: CookieType, would: CookieType, rule: SoftRule, publishers: Mapping[str, Publisher]
) -> None:
    types = {**ALL_HARD, "Extension": SOFT}
    one = Setting({**types, "Overlay": was}, rule, acting="Overlay")
    other = replace(one, types={**types, "Overlay": would})
    here = life(8, one, publishers)
    there = life(8, other, publishers, without=here.unknown)
    reasons = Counter(Click.objects.filter(advertiser=here.shop).values_list("in_page", "reason"))
    assert reasons[True, "" if was is SOFT else "stuffed"] > len(here.unknown)
    assert what_if(here.shop, Change({publishers["Overlay"].pk: would})) == happened(there.shop)
    assert happened(here.shop) != happened(there.shop)


@pytest.mark.parametrize(
    ("changed", "rule"), [*zip(("Overlay", "Blog", "Extension"), SoftRule, strict=True)]
)
def test_a_partner_that_was_suspended_is_paid_in_neither_world(
    changed: str, rule: SoftRule, publishers: Mapping[str, Publisher]
) -> None:
    """Its sales that are open then are declined, which in another world are others, and close at
    another time; what was its is not left out, since it may have been another's."""
    suspended = {
        "Overlay": (MIDDLE, MIDDLE + timedelta(days=10)),
        "Blog": (MIDDLE + timedelta(days=5), MIDDLE + timedelta(days=15)),
    }
    one = Setting({**ALL_HARD, "Extension": SOFT}, rule, suspended=suspended)
    would = SOFT if one.types[changed] is HARD else HARD
    other = replace(one, types={**one.types, changed: would})
    here, there = live(9, one, publishers), live(9, other, publishers)
    for shop in (here, there):
        assert Commission.objects.filter(advertiser=shop, decline_reason="suspended").exists()
    assert what_if(here, Change({publishers[changed].pk: would})) == happened(there)
    assert happened(here) != happened(there)


def test_a_change_made_in_the_middle(publishers: Mapping[str, Publisher]) -> None:
    """Clicks before it keep their type, in the what-if as in the other world."""
    here = live(5, Setting(ALL_HARD), publishers)
    there = live(5, Setting(ALL_HARD, later={"Overlay": SOFT}), publishers)
    change = Change({publishers["Overlay"].pk: SOFT})
    assert what_if(here, change, MIDDLE) == happened(there, MIDDLE)
    assert happened(here, MIDDLE) != happened(there, MIDDLE)
    assert happened(here) != happened(there)


def test_another_type_has_the_window_of_its_time(publishers: Mapping[str, Publisher]) -> None:
    """The advertiser's periods were changed in the middle of it, in both worlds."""
    shops = []
    for types in (TWO_SOFT, ALL_HARD):
        shop = make_advertiser()
        partners = {
            name: make_partner(shop, publishers[name], kind.value) for name, kind in types.items()
        }
        change_terms(
            shop,
            {"hard_days": 3, "soft_hours": 1},
            MIDDLE - timedelta(days=1),
            made_by=None,
            start=MIDDLE,
        )
        Life(shop, partners).live(traffic(6, NAMES, SINCE, UNTIL))
        shops.append(shop)
    change = Change({publishers[name].pk: HARD for name in ("Overlay", "Extension")})
    assert what_if(shops[0], change) == happened(shops[1])
