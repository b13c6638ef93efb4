"""What standing down keeps for others: the sales that a soft partner would have taken, had it been
hard.

A sale is protected for the publisher that is paid where, had every soft click of the journey been
hard, another would be paid. It follows from the decision and from the terms when the clicks
happened, of which none can change any more: so it is the same whenever it is asked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from network.clock import to_ms
from network.models import AttributionTerms
from publishers.models import PartnershipTerms
from tracking import decisions
from tracking.attribution import CookieType
from tracking.models import Decision
from tracking.whatif import Change, Circumstances, OwnPeriod, Recorded, ShopTerms, replay


@dataclass(slots=True)
class TermsRead:
    """Terms over time, each read once: at most two queries for each advertiser and set of
    publishers that has not been asked for before. Not to be kept for longer than a task."""

    _of_shops: dict[int, Sequence[ShopTerms]] = field(default_factory=dict)
    _own: dict[int, dict[int, list[OwnPeriod]]] = field(default_factory=dict)

    def circumstances(self, advertiser: int, publishers: Collection[int]) -> Circumstances:
        """The terms of these publishers at the advertiser."""
        if advertiser not in self._of_shops:
            rows = AttributionTerms.objects.filter(advertiser=advertiser).order_by("starts_at")
            self._of_shops[advertiser] = [
                ShopTerms(to_ms(row.starts_at), row.hard_days, row.soft_hours) for row in rows
            ]
        own = self._own.setdefault(advertiser, {})
        self._read_own(own, advertiser, [key for key in publishers if key not in own])
        return Circumstances(terms=self._of_shops[advertiser], own_periods=own)

    def _read_own(
        self, own: dict[int, list[OwnPeriod]], advertiser: int, unread: Sequence[int]
    ) -> None:
        if not unread:
            return
        own.update({publisher: [] for publisher in unread})
        rows = PartnershipTerms.objects.filter(advertiser=advertiser, publisher__in=unread)
        values = rows.order_by("starts_at").values_list("publisher", "starts_at", "hard_days")
        for publisher, starts_at, days in values:
            own[publisher].append(OwnPeriod(to_ms(starts_at), days))


def kept_from(decision: Decision, paid: int, terms: TermsRead) -> int | None:
    """The publisher that would be paid instead of ``paid``, had every soft click been hard; None
    where that is the same one, or nobody. No query without a soft click of another publisher."""
    sale = decisions.sale_of(decision)
    clicks = decisions.clicks_of(decision)
    soft = {
        click.publisher
        for click in clicks
        if click.is_soft and click.reason is None and click.at <= sale.at
    }
    if soft <= {paid}:
        return None
    known = terms.circumstances(decision.advertiser_id, soft)
    circumstances = Circumstances(
        terms=known.terms,
        own_periods=known.own_periods,
        activations=decisions.activations_of(decision),
    )
    change = Change(types=dict.fromkeys(soft, CookieType.HARD))
    instead = replay(Recorded(clicks, sale), change, circumstances).paid
    return instead.publisher if instead and instead.publisher != paid else None
