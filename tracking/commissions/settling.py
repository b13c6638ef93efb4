"""What a decision earns its partner: the pending commission follows it, by the rates in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from network import money
from network.effective import queries, timeline
from network.models import Advertiser, CommissionRate
from tracking.commissions.transitions import ChangedBy, change, may_become
from tracking.models import Commission, Conversion
from tracking.rule.attribution import Click

Status = Commission.Status
UNPAID = (Commission.DeclineReason.NOBODY_PAID, Commission.DeclineReason.IN_CONFLICT)
"""Declined by the evidence alone, and pending again with other evidence."""
COLUMNS = tuple(field.attname for field in Commission._meta.concrete_fields)
APPROVED_FOR = ("publisher_id", "sale_amount_minor", "amount_minor")
"""What an approval holds for."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a conversion earns its publisher, and the network, in minor units; with the rates."""

    amount_minor: int
    network_fee_minor: int
    rates: list[dict[str, Any]]


def commission_of(conversion: Conversion) -> Commission | None:
    """The conversion's commission; the same object each time."""
    known = conversion._state.fields_cache
    if "commission" in known:  # several times as fast, where it is asked for often
        return cast("Commission | None", known["commission"])
    commission: Commission | None = getattr(conversion, "commission", None)
    return commission


def has_none_yet(conversion: Conversion) -> None:
    """Say so of a conversion that has just been created: its commission is not looked for."""
    conversion._state.fields_cache["commission"] = None


class Rates:
    """The rates of one advertiser over time, read when they are first asked for."""

    def __init__(self, advertiser: int) -> None:
        self._advertiser = advertiser

    @cached_property
    def by_group(self) -> Mapping[tuple[int, str], Sequence[CommissionRate]]:
        """By the advertiser and the group's code, in order."""
        return _rates([self._advertiser])


@dataclass(frozen=True, slots=True)
class Earning:
    """What a decision means for the commission: the click that is ``paid`` or, in a conflict,
    ``claimed``, and whether anybody but a browser has confirmed the sale."""

    paid: Click | None
    claimed: Click | None = None
    is_confirmed: bool = False


def settle(
    conversion: Conversion, earning: Earning, rates: Rates, now: datetime
) -> Commission | None:
    """Let the commission follow the decision, without storing it; the commission, None where
    nobody is paid.

    What staff declined stays declined: an order that was cancelled earns nobody anything. What was
    declined because its publisher is suspended is so for that publisher only, and what nobody had
    confirmed in time until it is. What staff approved stays approved only for the partner and the
    amounts that they saw, also while the partner is suspended; for others it is pending again,
    since nobody has looked at those. In a conflict the publisher of the click ``claimed`` has a
    commission that is declined meanwhile.
    """
    commission, paid = commission_of(conversion), earning.paid
    if paid is None:
        _pay_nobody(conversion, earning.claimed, rates, now)
        return None
    if commission is None:
        commission = Commission(conversion=conversion, created_at=now, status=Status.PENDING)
    before = [getattr(commission, name) for name in APPROVED_FOR]
    believes_browsers = conversion.advertiser.verification == Advertiser.Verification.BROWSER
    is_confirmed = earning.is_confirmed or believes_browsers
    if _is_lapsed(commission, paid.publisher, is_confirmed=is_confirmed):
        change(commission, Status.PENDING, ChangedBy.EVIDENCE)
        commission.decline_reason, commission.decline_text = "", ""
    _fill(commission, conversion, paid, rates)
    if _is_other(commission, before):
        commission.approval_suspended = False
        if commission.status == Status.APPROVED:
            change(commission, Status.PENDING, ChangedBy.EVIDENCE)
    return commission


def confirm(conversion: Conversion, *, is_confirmed: bool) -> None:
    """Say on the conversion, without saving it, whether anybody but a browser has confirmed it, or
    it was declined because nobody has, and whether staff have to look at its amount first. An
    approval does both."""
    commission, shop = commission_of(conversion), conversion.advertiser
    is_approved = commission is not None and commission.status == Status.APPROVED
    believes_browsers = shop.verification == Advertiser.Verification.BROWSER
    conversion.verified = is_confirmed or is_approved or believes_browsers
    largest = shop.largest_order_minor
    is_large = largest is not None and conversion.amount_minor > largest
    conversion.over_limit = is_large and not is_approved
    conversion.lapsed = is_unconfirmed(commission)


def is_unconfirmed(commission: Commission | None) -> bool:
    """Whether it was declined because nobody has confirmed its sale in time."""
    reason = Commission.DeclineReason.NOT_CONFIRMED
    return commission is not None and commission.decline_reason == reason


def pays_nobody(conversion: Conversion, paid: Click | None) -> bool:
    """Whether lists show it as nobody's, once it is settled: also in conflict, as long as nobody
    was ever credited."""
    commission = commission_of(conversion)
    if paid is not None or commission is None:
        return paid is None
    reason = commission.decline_reason
    return reason == Commission.DeclineReason.NOBODY_PAID and not conversion.conflict


def _pay_nobody(conversion: Conversion, claimed: Click | None, rates: Rates, now: datetime) -> None:
    commission = commission_of(conversion)
    if commission is None and claimed is None:
        return
    if commission is None:
        commission = Commission(conversion=conversion, created_at=now, status=Status.PENDING)
    if claimed:
        _fill(commission, conversion, claimed, rates)
    commission.approval_suspended = False
    reasons = Commission.DeclineReason
    is_lapsed = commission.decline_reason in (*UNPAID, reasons.SUSPENDED)
    is_lapsed |= claimed is None and is_unconfirmed(commission)
    if may_become(commission.status, Status.DECLINED, ChangedBy.EVIDENCE):
        change(commission, Status.DECLINED, ChangedBy.EVIDENCE)
        is_lapsed = True
    if is_lapsed:
        commission.decline_reason = reasons.IN_CONFLICT if claimed else reasons.NOBODY_PAID
        commission.decline_text = ""


def price(conversion: Conversion, rates: Rates, known: Commission | None = None) -> Price:
    """The sum over the parts, each rounded once, by the rates in force when the sale happened. They
    never change for the past: a ``known`` commission on the same sale has them."""
    if known and _is_on(known, conversion):
        lines = known.rates
    else:
        lines = _lines(conversion, rates.by_group)
    amount = sum(line["commission_minor"] for line in lines)
    fee = money.percent_of(amount, conversion.advertiser.network_fee_percent)
    return Price(amount, fee, lines)


def amounts(advertiser: int, conversions: Collection[int]) -> dict[int, int]:
    """What each of these conversions would earn, by its id, in minor units, for any partner: by
    the rates in force when it happened. Two queries."""
    if not conversions:
        return {}
    sales = Conversion.objects.filter(advertiser=advertiser, id__in=conversions)
    return amounts_of(advertiser, sales.only("at", "parts", "advertiser"))


def amounts_of(advertiser: int, sales: Iterable[Conversion]) -> dict[int, int]:
    """As :func:`amounts`, by what these say of their time and parts, stored or not. One query."""
    rates = _rates([advertiser])
    return {
        sale.pk: sum(line["commission_minor"] for line in _lines(sale, rates)) for sale in sales
    }


def _rates(advertisers: Collection[int]) -> dict[tuple[int, str], list[CommissionRate]]:
    """The rates of these advertisers over time, in order, by the group's code. One query."""
    rows = CommissionRate.objects.filter(advertiser__in=advertisers).select_related("group")
    return queries.timelines(rows, "advertiser_id", "group__code")


def values_of(commission: Commission) -> dict[str, Any]:
    """What a row of it says."""
    kept = vars(commission)
    return {name: kept.get(name) for name in COLUMNS}


def _is_lapsed(commission: Commission, paid: int, *, is_confirmed: bool) -> bool:
    """Whether it was declined for a reason that does not hold any more."""
    if commission.decline_reason == Commission.DeclineReason.SUSPENDED:
        return commission.publisher_id != paid
    if is_unconfirmed(commission):
        return is_confirmed
    return commission.decline_reason in UNPAID


def _is_other(commission: Commission, approved: Sequence[Any]) -> bool:
    return [getattr(commission, name) for name in APPROVED_FOR] != approved


def _is_on(commission: Commission, conversion: Conversion) -> bool:
    """Whether the commission's rates are of these parts, sold then."""
    parts = [(part["group"], part["amount_minor"]) for part in conversion.parts]
    priced = [(line["group"], line["amount_minor"]) for line in commission.rates]
    return commission.sold_at == conversion.at and priced == parts


def _lines(
    conversion: Conversion, rates: Mapping[tuple[int, str], Sequence[CommissionRate]]
) -> list[dict[str, Any]]:
    """By the rate of each part's group in force; by its first one before there was any."""
    shop, at = conversion.advertiser_id, conversion.at
    return [
        _line(part, timeline.in_force_or_first(rates[shop, part["group"]], at))
        for part in conversion.parts
    ]


def _fill(commission: Commission, conversion: Conversion, paid: Click, rates: Rates) -> None:
    assert conversion.closes_at is not None
    priced = price(conversion, rates, commission if commission.pk else None)
    commission.advertiser_id = conversion.advertiser_id
    commission.publisher_id = paid.publisher
    commission.click_id = paid.id
    commission.cookie_type = paid.cookie_type.value
    commission.sale_amount_minor = conversion.amount_minor
    commission.currency = conversion.currency
    commission.amount_minor = priced.amount_minor
    commission.network_fee_minor = priced.network_fee_minor
    commission.rates = priced.rates
    commission.sold_at = conversion.at
    commission.closes_at = conversion.closes_at


def _line(part: dict[str, Any], rate: CommissionRate) -> dict[str, Any]:
    if rate.percent is not None:
        commission = money.percent_of(part["amount_minor"], Decimal(rate.percent))
    else:
        commission = rate.fixed_minor or 0
    return {
        "group": part["group"],
        "amount_minor": part["amount_minor"],
        "percent": str(rate.percent) if rate.percent is not None else None,
        "fixed_minor": rate.fixed_minor,
        "commission_minor": commission,
    }
