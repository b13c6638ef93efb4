"""What a sale adds to the rollups: pure, from the facts of its decision and its commission.

A sale adds itself once, under the state of its commission, and for each partner with a counting
click before it what the partners' figures need. All of it lies in the hour of the sale, so that a
sale whose facts change is taken out and put in again. ``docs/figures.md`` has the definitions.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from network.milliseconds import to_ms
from tracking.commissions.states import SaleState, StateFacts, state_of
from tracking.rule.attribution import Click, CookieType, Judged, Verdict
from tracking.rule.reasons import Counted

TAKEN_OVER_WITHIN_MS = 24 * 3_600_000
"""A cookie that was displaced longer before the sale does not count as taken over."""

STEPS_PER_OCTAVE = 4

STATES: Mapping[Counted, SaleState] = {
    Counted.SALE_PENDING: SaleState.PENDING,
    Counted.SALE_APPROVED: SaleState.APPROVED,
    Counted.SALE_FINAL: SaleState.FINAL,
    Counted.SALE_DECLINED: SaleState.DECLINED,
    Counted.SALE_ON_HOLD: SaleState.ON_HOLD,
    Counted.SALE_UNVERIFIED: SaleState.UNVERIFIED,
    Counted.SALE_CONFLICT_UNPAID: SaleState.CONFLICT,
    Counted.SALE_CONFLICT: SaleState.CONFLICT,
    Counted.SALE_NOBODY: SaleState.NOBODY,
}
"""The state that a sale is counted under; of conflicts, those that credit nobody apart."""
_COUNTED = {state: counted for counted, state in STATES.items()}


class Key(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is counted together. Without a publisher: a sale that pays nobody. ``time_step`` is the
    time from click to sale in quarters of an octave, and 0 where none is kept."""

    hour: datetime
    advertiser: int
    publisher: int | None
    cookie_type: str
    counted: Counted
    time_step: int = 0


class Amounts(msgspec.Struct, frozen=True, gc=False):
    """A count with its sums of money, in the advertiser's currency."""

    count: int = 1
    sale_amount_minor: int = 0
    commission_minor: int = 0
    network_fee_minor: int = 0
    """Only of a sale under its state; nothing of partners tells it."""

    def __str__(self) -> str:
        fee = f" + {self.network_fee_minor}" if self.network_fee_minor else ""
        return f"{self.count} on {self.sale_amount_minor} for {self.commission_minor}{fee}"

    def __bool__(self) -> bool:
        return self != _NOTHING

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.count + other.count,
            self.sale_amount_minor + other.sale_amount_minor,
            self.commission_minor + other.commission_minor,
            self.network_fee_minor + other.network_fee_minor,
        )

    def __neg__(self) -> "Amounts":
        return Amounts(
            -self.count, -self.sale_amount_minor, -self.commission_minor, -self.network_fee_minor
        )


_NOTHING = Amounts(0)
Contributions = Mapping[Key, Amounts]


class Earned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sale's commission, as far as it is counted."""

    publisher: int
    cookie_type: str
    status: str
    commission_minor: int
    network_fee_minor: int


class SaleFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sale, as far as it is counted: its decision's verdicts, and what it earns its partner."""

    advertiser: int
    at: datetime
    amount_minor: int
    in_conflict: bool
    verified: bool
    over_limit: bool
    earned: Earned | None
    judged: Sequence[Judged] = ()
    kept_from: int | None = None
    """The publisher that would be paid instead, had every soft click been hard."""

    @property
    def at_ms(self) -> int:
        return to_ms(self.at)


def contributions(sale: SaleFacts) -> Contributions:
    """What the sale adds to the rollups."""
    return added([itself(sale), *_partners(sale), *_protection(sale)])


def itself(sale: SaleFacts) -> tuple[Key, Amounts]:
    """What the sale adds, but for what it says of partners: for that no verdict is needed."""
    earned = sale.earned
    key = Key(
        hour=hour_of(sale.at),
        advertiser=sale.advertiser,
        publisher=earned.publisher if earned else None,
        cookie_type=earned.cookie_type if earned else "",
        counted=_counted(sale),
    )
    if earned is None or key.counted is Counted.SALE_CONFLICT_UNPAID:
        return key, Amounts(1, sale.amount_minor)
    owed = earned.commission_minor, earned.network_fee_minor
    return key, Amounts(1, sale.amount_minor, *owed)


def says_the_same_of_partners(sale: SaleFacts, before: SaleFacts) -> bool:
    """Whether a sale whose decision is the same says of its partners what it said before."""
    return (sale.at, sale.amount_minor, _credit(sale)) == (
        before.at,
        before.amount_minor,
        _credit(before),
    )


def taken_back(items: Iterable[tuple[Key, Amounts]]) -> list[tuple[Key, Amounts]]:
    """What has to be added where these were, so that they are not."""
    return [(key, -amounts) for key, amounts in items]


def added(items: Iterable[tuple[Key, Amounts]]) -> Contributions:
    """The sums by key, without those that are nothing."""
    sums: dict[Key, Amounts] = {}
    for key, amounts in items:
        sums[key] = sums[key] + amounts if key in sums else amounts
    return {key: amounts for key, amounts in sums.items() if amounts}


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def time_step(milliseconds: int) -> int:
    """A time from click to sale in quarters of an octave of its seconds: 40 s is step 21."""
    return math.floor(STEPS_PER_OCTAVE * math.log2(max(milliseconds, 1_000) / 1_000))


def median_of(steps: Mapping[int, int]) -> timedelta | None:
    """The median time from click to sale, from how many there were by step; the middle of its
    step. None of none."""
    half, seen = sum(steps.values()) / 2, 0
    for step in sorted(steps):
        seen += steps[step]
        if steps[step] and seen >= half:
            return timedelta(seconds=2 ** ((step + 0.5) / STEPS_PER_OCTAVE))
    return None


def _counted(sale: SaleFacts) -> Counted:
    """A conflict about figures credits its partner until it is settled, one about journeys
    nobody."""
    facts = StateFacts(
        status=sale.earned.status if sale.earned else None,
        in_conflict=sale.in_conflict,
        verified=sale.verified,
        over_limit=sale.over_limit,
    )
    state = state_of(facts)
    if state is SaleState.CONFLICT and not _earning(sale):
        return Counted.SALE_CONFLICT_UNPAID
    return _COUNTED[state]


def _partners(sale: SaleFacts) -> Iterator[tuple[Key, Amounts]]:
    """What the sale says of each partner with a counting click before it."""
    before = [item for item in sale.judged if _counts_before_sale(item)]
    displaced = {
        item.by.id: item.click for item in before if item.verdict is Verdict.OVERWRITTEN and item.by
    }
    for publisher in sorted({item.click.publisher for item in before}):
        own = [item for item in before if item.click.publisher == publisher]
        yield from _partner(sale, own, displaced)


def _counts_before_sale(item: Judged) -> bool:
    return item.click.reason is None and item.verdict is not Verdict.AFTER_CONVERSION


def _partner(
    sale: SaleFacts, own: Sequence[Judged], displaced: Mapping[UUID, Click]
) -> Iterator[tuple[Key, Amounts]]:
    """One partner's: ``own`` are its clicks, ``displaced`` the live claims that were overwritten,
    by the click that did it."""
    last = own[-1].click
    took_from_others = [
        item.click
        for item in own
        if item.click.id in displaced and displaced[item.click.id].publisher != last.publisher
    ]
    stood_down = [item for item in own if item.verdict is Verdict.STOOD_DOWN]
    behind_others = [item for item in stood_down if item.by and item.by.publisher != last.publisher]

    def one(counted: Counted, step: int = 0) -> Key:
        return Key(
            hour=hour_of(sale.at),
            advertiser=sale.advertiser,
            publisher=last.publisher,
            cookie_type=last.cookie_type.value,
            counted=counted,
            time_step=step,
        )

    yield one(Counted.TOUCHED, time_step(sale.at_ms - last.at)), Amounts()
    if took_from_others or behind_others:
        yield one(Counted.AFTER_OTHER), Amounts()
    if _earns(sale, last.publisher) and any(
        click.at >= sale.at_ms - TAKEN_OVER_WITHIN_MS for click in took_from_others
    ):
        assert sale.earned
        amounts = Amounts(1, sale.amount_minor, sale.earned.commission_minor)
        yield one(Counted.TAKEN_OVER), amounts
    if behind_others or any(item.by is None for item in stood_down):
        yield one(Counted.STOOD_DOWN_SALE), Amounts()


def _protection(sale: SaleFacts) -> Iterator[tuple[Key, Amounts]]:
    """What standing down kept: for which partners, and who left it to others."""
    earned, other = _earning(sale), sale.kept_from
    if earned is None or other in (None, earned.publisher):
        return
    amounts = Amounts(1, sale.amount_minor, earned.commission_minor)
    for publisher, cookie_type, counted in (
        (earned.publisher, earned.cookie_type, Counted.PROTECTED),
        (other, CookieType.SOFT.value, Counted.LEFT_TO_OTHERS),
    ):
        key = Key(
            hour=hour_of(sale.at),
            advertiser=sale.advertiser,
            publisher=publisher,
            cookie_type=cookie_type,
            counted=counted,
        )
        yield key, amounts


def _earns(sale: SaleFacts, publisher: int) -> bool:
    earned = _earning(sale)
    return bool(earned and earned.publisher == publisher)


def _credit(sale: SaleFacts) -> tuple[int, str, int] | None:
    """Whom it credits with what, in whatever state."""
    earned = _earning(sale)
    if earned is None:
        return None
    return earned.publisher, earned.cookie_type, earned.commission_minor


def _earning(sale: SaleFacts) -> Earned | None:
    """What the sale earns, unless that was declined."""
    return sale.earned if sale.earned and sale.earned.status != "declined" else None
