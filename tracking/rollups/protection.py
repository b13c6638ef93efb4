"""What standing down keeps for others: the sales that a soft partner would have taken, had it been
hard.

A sale is protected for the publisher that is paid where, had every soft click of the journey been
hard, another would be paid. It follows from the decision and from the terms when the clicks
happened, of which none can change any more: so it is the same whenever it is asked.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from tracking.commissions import decisions
from tracking.commissions.terms import partner_terms, shop_terms
from tracking.models import Decision
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change, Circumstances, PartnerTerms, ShopTerms, would_pay


@dataclass(slots=True)
class TermsRead:
    """Terms over time, each read once: at most two queries for each advertiser and set of
    publishers that has not been asked for before. Not to be kept for longer than a task."""

    _of_shops: dict[int, Sequence[ShopTerms]] = field(default_factory=dict)
    _own: dict[int, dict[int, Sequence[PartnerTerms]]] = field(default_factory=dict)

    def circumstances(self, advertiser: int, publishers: Collection[int]) -> Circumstances:
        """The terms of these publishers at the advertiser."""
        if advertiser not in self._of_shops:
            self._of_shops[advertiser] = shop_terms(advertiser)
        own = self._own.setdefault(advertiser, {})
        unread = [key for key in publishers if key not in own]
        if unread:
            own.update({**dict.fromkeys(unread, ()), **partner_terms(advertiser, unread)})
        return Circumstances(terms=self._of_shops[advertiser], partners=own)

    def ahead(self, advertiser: int, decisions: Iterable[Decision]) -> None:
        """Read what :func:`kept_from` asks of these decisions of the advertiser: two queries at
        most."""
        soft = set().union(*map(soft_publishers, decisions))
        if soft:
            self.circumstances(advertiser, soft)


def soft_publishers(decision: Decision) -> set[int]:
    """The publishers of the soft clicks that were considered."""
    clicks = decision.inputs["clicks"]
    return {click["publisher"] for click in clicks if click["cookie_type"] == CookieType.SOFT}


def kept_from(decision: Decision, paid: int, terms: TermsRead) -> int | None:
    """The publisher that would be paid instead of ``paid``, had every soft click been hard; None
    where that is the same one, or nobody. No query without a soft click of another publisher."""
    if soft_publishers(decision) <= {paid}:
        return None
    recorded = decisions.recorded_in(decision.inputs)
    soft = {
        click.publisher
        for click in recorded.clicks
        if click.is_soft and click.reason is None and click.at <= recorded.sale.at
    }
    if soft <= {paid}:
        return None
    change = Change(types=dict.fromkeys(soft, CookieType.HARD))
    instead = would_pay(recorded, change, terms.circumstances(decision.advertiser_id, soft))
    return instead if instead != paid else None
