"""What has waited too long: sales that nobody confirmed, and conflicts that nobody settled."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from network.models import Advertiser
from publishers.notices import declined
from publishers.notices.declined import DeclinedSale
from tracking.commissions.settling import commission_of
from tracking.commissions.transitions import ChangedBy, change, may_become
from tracking.conversions.deciding import joined_by_now, reconsider
from tracking.lifecycle.finalisation import horizon
from tracking.models import Commission, Conversion, Decision
from tracking.rollups import writing as rollups

BATCH = 100
Status, DeclineReason = Commission.Status, Commission.DeclineReason


def end_waiting(now: datetime, advertisers: Collection[int] | None = None) -> int:
    """Decline what was not confirmed in time, and let the earlier report decide what has been in
    conflict for too long (of some advertisers, where they are named); how many sales that were. Any
    number may run at once. Like the closing of sales it waits for what is accepted and not yet
    taken in."""
    known_to = horizon(now)
    shops = Advertiser.objects.order_by("pk")
    if advertisers is not None:
        shops = shops.filter(pk__in=advertisers)
    found = list(shops)
    wanting = _wanting(found, known_to)
    return sum(_end_of(shop, known_to, now) for shop in found if shop.pk in wanting)


def _wanting(shops: Sequence[Advertiser], known_to: datetime) -> set[int]:
    """Those in which something has waited too long, or may wait for what is not asked for any more.
    One statement, however many there are; each part of it reads an index of rare rows."""
    alike: dict[tuple[int, int], list[Advertiser]] = defaultdict(list)
    for shop in shops:
        alike[shop.confirm_days, shop.conflict_days].append(shop)
    sales = Conversion.objects.filter(closed_at__isnull=True)
    found = [sales.filter(advertiser__in=shops, over_limit=True, lapsed=False)]
    for those in alike.values():
        overdue = (_unconfirmed(those[0], known_to), _contested(those[0], known_to))
        found += [sales.filter(which, advertiser__in=those) for which in overdue]
    trusting = [one for one in shops if one.verification == Advertiser.Verification.BROWSER]
    of_trusting = sales.filter(advertiser__in=trusting, verified=False)
    found += [of_trusting.filter(lapsed=lapsed) for lapsed in (False, True)]
    first, *others = (one.values_list("advertiser", flat=True).distinct() for one in found)
    return set(first.union(*others))


def _end_of(shop: Advertiser, known_to: datetime, now: datetime) -> int:
    unconfirmed, contested = _unconfirmed(shop, known_to), _contested(shop, known_to)
    ended = _each(shop, unconfirmed, partial(_decline_all, shop), now)
    ended += _each(shop, contested, partial(_one_by_one, _settle), now)
    return ended + _each(shop, _believed_since(shop), partial(_one_by_one, reconsider), now)


def _unconfirmed(shop: Advertiser, known_to: datetime) -> Q:
    return Q(
        verified=False,
        lapsed=False,
        conflict="",
        commission__status=Status.PENDING,
        closes_at__lte=known_to - timedelta(days=shop.confirm_days),
    )


def _contested(shop: Advertiser, known_to: datetime) -> Q:
    return Q(conflict_since__lte=known_to - timedelta(days=shop.conflict_days))


def _believed_since(shop: Advertiser) -> Q:
    """What waits for something that the advertiser does not ask for any more."""
    smaller = Q(over_limit=True, lapsed=False)
    if shop.largest_order_minor is not None:
        smaller &= Q(amount_minor__lte=shop.largest_order_minor)
    if shop.verification == Advertiser.Verification.BROWSER:
        return smaller | Q(verified=False, lapsed=False) | Q(verified=False, lapsed=True)
    return smaller


def _each(
    shop: Advertiser, wanted: Q, act: Callable[[list[Conversion], datetime], None], now: datetime
) -> int:
    done, ahead = 0, True
    while ahead:
        with transaction.atomic():
            rows = Conversion.objects.filter(wanted, advertiser=shop.pk, closed_at__isnull=True)
            batch = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:BATCH]
            found = list(batch)
            act(found, now)
            done += len(found)
        ahead = len(found) == BATCH
    return done


def _one_by_one(
    act: Callable[[Conversion, datetime], None], found: list[Conversion], now: datetime
) -> None:
    for conversion in found:
        act(conversion, now)


def _decline_all(shop: Advertiser, found: list[Conversion], now: datetime) -> None:
    """And tell the publishers, once for all of them."""
    told = [sale for conversion in found if (sale := _decline(conversion))]
    declined.tell(shop, told, now)


def _decline(conversion: Conversion) -> DeclinedSale | None:
    """Until it is confirmed after all; None where nothing is declined."""
    with rollups.following(conversion):
        commission = commission_of(conversion)
        if commission is None or not may_become(commission.status, Status.DECLINED, ChangedBy.TIME):
            return None
        change(commission, Status.DECLINED, ChangedBy.TIME)
        commission.decline_reason = DeclineReason.NOT_CONFIRMED
        commission.save(update_fields=["status", "decline_reason"])
        conversion.lapsed = True
        conversion.save(update_fields=["lapsed"])
    return DeclinedSale(
        publisher=commission.publisher_id,
        order=conversion.order,
        amount_minor=commission.amount_minor,
        currency=commission.currency,
    )


def _settle(conversion: Conversion, now: datetime) -> None:
    """As staff would by choosing the earlier report; nobody has."""
    claimant = joined_by_now(conversion).claimant
    conversion.settled_report_id = claimant.id if claimant else None
    conversion.settled_by, conversion.settled_at = None, now
    conversion.settled_reason = ""
    conversion.save(update_fields=["settled_report", "settled_by", "settled_at", "settled_reason"])
    reconsider(conversion, now, Decision.Cause.EARLIER)
