"""Sales that come in for a partner while it is suspended for fraud: declined with the suspension.

Clicks from before it keep their claims, so that the decision stays what the evidence says.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from network.effective import queries
from network.effective.rows import SPREAD
from publishers.models import PartnershipTerms
from publishers.partnerships.standing import decided_by
from tracking.commissions import rulings
from tracking.commissions.rulings import MAX_REASON, Statement
from tracking.models import Commission, Validation


def decline(advertiser: int, commissions: Iterable[Commission], now: datetime) -> list[Validation]:
    """Decline those of the advertiser's pending commissions whose publisher is suspended, as
    :func:`suspension.suspend` declined those that were there; unless staff have taken that back.
    What is said about each, which is not stored, nor is the commission. Two queries at most."""
    pending = [each for each in commissions if each.status == Commission.Status.PENDING]
    suspensions = _suspensions(advertiser, {each.publisher_id for each in pending}, now)
    concerned = [each for each in pending if each.publisher_id in suspensions]
    excused = _excused(advertiser, concerned, suspensions)
    return [
        rulings.apply(_statement(suspensions[each.publisher_id]), each, now)
        for each in concerned
        if (each.conversion_id, each.publisher_id) not in excused
    ]


def by_operators(commission: Commission, now: datetime) -> bool:
    """Whether its publisher is suspended at its advertiser, by the network's operators. One
    query."""
    found = _suspensions(commission.advertiser_id, {commission.publisher_id}, now)
    return any(row.made_by is not None and row.made_by.is_superuser for row in found.values())


def _statement(suspension: PartnershipTerms) -> Statement:
    assert suspension.made_by is not None
    return Statement(
        action=Validation.Action.DECLINE,
        code=Validation.Code.FRAUD,
        reason=suspension.reason[:MAX_REASON],
        made_by=suspension.made_by,
        decline_reason=Commission.DeclineReason.SUSPENDED,
    )


def _suspensions(
    advertiser: int, publishers: Collection[int], now: datetime
) -> dict[int, PartnershipTerms]:
    """By publisher, the terms with which somebody began the suspension in force, or about to be
    (one declines before it starts); other terms may have changed since."""
    if not publishers:
        return {}
    rows = PartnershipTerms.objects.filter(advertiser=advertiser, publisher__in=publishers)
    begun = queries.begun(rows.select_related("made_by"), now + SPREAD)
    decided = {
        publisher: decided_by(of)
        for publisher, of in queries.timelines(begun, "publisher_id").items()
    }
    return {
        publisher: row
        for publisher, row in decided.items()
        if row is not None
        and row.status == PartnershipTerms.Status.SUSPENDED
        and row.made_by is not None
    }


def _excused(
    advertiser: int,
    commissions: Collection[Commission],
    suspensions: Mapping[int, PartnershipTerms],
) -> set[tuple[int, int]]:
    """The sales and publishers about which what was said last, since the suspension, is not that
    they are declined. One may have been declined with it before, and then have been another's for
    a while."""
    if not commissions:
        return set()
    wanted = {(each.conversion_id, each.publisher_id) for each in commissions}
    said = Validation.objects.filter(
        advertiser=advertiser,
        conversion__in={sale for sale, _publisher in wanted},
        publisher__in=suspensions,
        at__gte=min(row.created_at for row in suspensions.values()),
    )
    last = {
        (row.conversion_id, row.publisher_id): row
        for row in said.order_by("at", "pk")
        if (row.conversion_id, row.publisher_id) in wanted
        and row.at >= suspensions[row.publisher_id].created_at
    }
    return {key for key, row in last.items() if row.action != Validation.Action.DECLINE}
