"""A publisher's programmes: what it tracks by at each advertiser, and on what terms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from network import access, money
from network.advertisers import DEFAULT_GROUP
from network.dates import counted
from network.models import Advertiser, AttributionTerms, CommissionRate
from network.tracking_hosts import base_urls
from publishers.models import CookieTypeAssignment, Partnership
from publishers.standing import Standing, standings

_SOFT_RULES = {
    AttributionTerms.SoftRule.FIRST: (
        "only when no other cookie of this shop is live in the browser, and never overwrite one"
    ),
    AttributionTerms.SoftRule.LAST: (
        "only when no hard cookie of this shop is live in the browser, and a later soft click "
        "takes over from them"
    ),
    AttributionTerms.SoftRule.SOLE: (
        "only when no other cookie of this shop is live in the browser, and are paid only while no "
        "other partner's cookie period runs"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """An advertiser as one of its partners sees it."""

    advertiser: Advertiser
    standing: Standing
    hard_days: int
    soft_hours: int
    soft_rule: str
    validation_days: int
    rate: str
    history: Sequence[CookieTypeAssignment]
    link: str

    @property
    def explanation(self) -> str:
        """What the cookie type means, in two sentences."""
        if self.standing.is_soft:
            rule = _SOFT_RULES[AttributionTerms.SoftRule(self.soft_rule)]
            return (
                f"Soft: your clicks take the cookie {rule}. The cookie ends with the browser "
                f"session, and after {counted(self.soft_hours, 'hour')} at the latest."
            )
        return (
            "Hard: each of your clicks takes the cookie, from whoever held it. It lasts "
            f"{counted(self.hard_days, 'day')}, unless a later hard click takes it over."
        )

    @property
    def window(self) -> str:
        if self.standing.is_soft:
            return f"Browser session, {counted(self.soft_hours, 'hour')} at most"
        return counted(self.hard_days, "day")


def programmes_of(publisher_id: int, now: datetime) -> list[Programme]:
    """Every programme of the publisher, in a constant number of queries."""
    own = access.for_publisher(Partnership.objects.all(), publisher_id)
    partnerships = list(own.select_related("advertiser").order_by("advertiser__name"))
    shops = [partnership.advertiser_id for partnership in partnerships]
    standing = standings(partnerships, now)
    terms = {
        row.advertiser_id: row
        for row in AttributionTerms.objects.filter(
            advertiser__in=shops, starts_at__lte=now
        ).order_by("starts_at")
    }
    rates = {
        row.advertiser_id: row
        for row in CommissionRate.objects.filter(
            advertiser__in=shops, group__code=DEFAULT_GROUP, starts_at__lte=now
        ).order_by("starts_at")
    }
    history: dict[int, list[CookieTypeAssignment]] = {row.id: [] for row in partnerships}
    for row in _assignments(partnerships):
        history[row.partnership_id].append(row)
    addresses = base_urls(shops)
    return [
        _programme(
            partnership,
            standing[partnership.id],
            terms[partnership.advertiser_id],
            rates.get(partnership.advertiser_id),
            history[partnership.id],
            link=f"{addresses[partnership.advertiser_id]}c/{publisher_id}",
        )
        for partnership in partnerships
    ]


def _assignments(partnerships: Sequence[Partnership]) -> Iterable[CookieTypeAssignment]:
    rows = CookieTypeAssignment.objects.filter(
        partnership__in=partnerships, cancels__isnull=True, cancelled_by__isnull=True
    )
    return rows.order_by("-starts_at")


def _programme(
    partnership: Partnership,
    standing: Standing,
    terms: AttributionTerms,
    rate: CommissionRate | None,
    history: Sequence[CookieTypeAssignment],
    *,
    link: str,
) -> Programme:
    own_days = standing.terms.hard_days if standing.terms else None
    return Programme(
        advertiser=partnership.advertiser,
        standing=standing,
        hard_days=own_days or terms.hard_days,
        soft_hours=terms.soft_hours,
        soft_rule=terms.soft_rule,
        validation_days=terms.validation_days,
        rate=_rate(rate, partnership.advertiser.currency),
        history=history,
        link=link,
    )


def _rate(rate: CommissionRate | None, currency: str) -> str:
    if rate is None:
        return "Not set"
    if rate.fixed_minor is None:
        return str(rate)
    return f"{money.display(rate.fixed_minor, currency)} per sale"
