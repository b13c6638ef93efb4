"""A publisher's programmes: what it tracks by at each advertiser, and on what terms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, money
from network.advertisers.notice import NoticePeriod, notice_at
from network.advertisers.terms import DEFAULT_GROUP
from network.effective import queries
from network.hosts.tracking_hosts import base_urls
from network.models import (
    Advertiser,
    AttributionTerms,
    CommissionRate,
)
from network.people import access
from network.wording import counted
from publishers.cookie_types import words as cookie_words
from publishers.cookie_types.history import BEGAN, Span, Tense, histories
from publishers.models import Partnership, PartnershipTerms
from publishers.partnerships.standing import Standing, standings

_STATUS_TEXTS: Mapping[str, Promise] = {
    PartnershipTerms.Status.APPROVED: gettext_lazy("Approved, since %(day)s."),
    PartnershipTerms.Status.DECLINED: gettext_lazy(
        "Declined, since %(day)s. Clicks do not count. Ask the operators of your network if you "
        "want to apply again."
    ),
    PartnershipTerms.Status.ENDED: gettext_lazy(
        "Ended, since %(day)s. New clicks do not count; clicks made before keep their claims."
    ),
    PartnershipTerms.Status.SUSPENDED: gettext_lazy(
        "Suspended, since %(day)s. Clicks do not count. Ask the operators of your network why."
    ),
}
MOST_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """An advertiser as one of its partners sees it."""

    advertiser: Advertiser
    partnership: Partnership
    standing: Standing
    hard_days: int
    soft_hours: int
    soft_rule: str
    validation_days: int
    notice: NoticePeriod
    rates: Mapping[str, str]
    spans: Sequence[Span]
    link: str

    @property
    def held(self) -> Span:
        """The cookie type that holds now: where it comes from, since when and why."""
        return next(span for span in self.spans if span.tense is Tense.NOW)

    @property
    def reason(self) -> str:
        """What was said with it; of the network's built-in default nothing is."""
        said = self.held.change.reason
        return "" if self.is_new or said == str(BEGAN) else said

    @property
    def coming(self) -> Sequence[Span]:
        """What becomes another type, and when; a new source of the same one is in the history."""
        return [
            span
            for before, span in pairwise(self.spans)
            if span.tense is Tense.COMING and span.is_soft != before.is_soft
        ]

    @property
    def history(self) -> Sequence[Span]:
        """Newest first; empty if the publisher never applied."""
        return () if self.is_new else self.spans[::-1]

    @property
    def explanation(self) -> str:
        """What the cookie type means, in two sentences."""
        return cookie_words.explanation(
            self.standing.kind.cookie_type,
            soft_rule=self.soft_rule,
            hard_days=self.hard_days,
            soft_hours=self.soft_hours,
        )

    @property
    def is_joined(self) -> bool:
        return self.standing.is_approved

    @property
    def is_new(self) -> bool:
        """Whether the publisher has not even applied."""
        return self.partnership.pk < 0

    @property
    def status_text(self) -> str:
        """Where an application or a partnership that is not approved stands, and what to do."""
        terms = self.standing.decided
        if terms is None:
            return _("The partnership has not begun yet. Clicks count from its approval on.")
        if terms.status == PartnershipTerms.Status.APPLIED:
            return _(
                "You applied on %(day)s. The advertiser decides; clicks count from the approval on."
            ) % {"day": dates.day(self.partnership.created_at)}
        return str(_STATUS_TEXTS[terms.status]) % {"day": dates.day(terms.starts_at)}

    @property
    def window(self) -> str:
        if self.standing.is_soft:
            return _("Browser session, %(period)s at most") % {
                "period": counted(self.soft_hours, "hour")
            }
        return counted(self.hard_days, "day")


def programmes_of(publisher_id: int, now: datetime) -> list[Programme]:
    """Every programme of the publisher, in a constant number of queries."""
    own = access.for_publisher(Partnership.objects.all(), publisher_id)
    return _programmes(list(own.select_related("advertiser").order_by("advertiser__name")), now)


def programmes_open_to(publisher_id: int, now: datetime, name: str = "") -> list[Programme]:
    """Programmes that the publisher may apply to, by (a part of) their name, and at most
    :data:`MOST_FOUND`; as they would be for it. In a constant number of queries."""
    shops = advertisers_open_to(publisher_id).filter(name__icontains=name)
    # No partnership yet: none has a negative id, so that nothing is found that belongs to it.
    imagined = [
        Partnership(id=-shop.pk, advertiser=shop, publisher_id=publisher_id, created_at=now)
        for shop in shops[:MOST_FOUND]
    ]
    return _programmes(imagined, now)


def advertisers_open_to(publisher_id: int) -> QuerySet[Advertiser]:
    """Advertisers at which the publisher has no partnership yet, in the order of their names."""
    own = access.for_publisher(Partnership.objects.all(), publisher_id)
    active = Advertiser.objects.filter(status=Advertiser.Status.ACTIVE)
    return active.exclude(pk__in=own.values("advertiser"))


def _programmes(partnerships: Sequence[Partnership], now: datetime) -> list[Programme]:
    shops = [partnership.advertiser_id for partnership in partnerships]
    standing = standings(partnerships, now)
    begun = queries.begun(AttributionTerms.objects.filter(advertiser__in=shops), now)
    terms = queries.timelines(begun, "advertiser_id")
    rates: dict[int, list[CommissionRate]] = {shop: [] for shop in shops}
    for rate in _rates(shops, now):
        rates[rate.advertiser_id].append(rate)
    spans = histories(partnerships, now)
    addresses = base_urls(shops)
    return [
        _programme(
            partnership,
            standing[partnership.id],
            terms[partnership.advertiser_id][-1],
            rates[partnership.advertiser_id],
            spans[partnership.id],
            notice=notice_at(terms[partnership.advertiser_id], now),
            link=f"{addresses[partnership.advertiser_id]}c/{partnership.publisher_id}",
        )
        for partnership in partnerships
    ]


def _programme(
    partnership: Partnership,
    standing: Standing,
    terms: AttributionTerms,
    rates: Sequence[CommissionRate],
    spans: Sequence[Span],
    *,
    notice: NoticePeriod,
    link: str,
) -> Programme:
    own_days = standing.terms.hard_days if standing.terms else None
    return Programme(
        advertiser=partnership.advertiser,
        partnership=partnership,
        standing=standing,
        hard_days=own_days or terms.hard_days,
        soft_hours=terms.soft_hours,
        soft_rule=terms.soft_rule,
        validation_days=terms.validation_days,
        notice=notice,
        rates=_told_rates(rates, partnership.advertiser.currency),
        spans=spans,
        link=link,
    )


def _rates(shops: Sequence[int], now: datetime) -> Iterable[CommissionRate]:
    """The rates in force, each advertiser's usual one first."""
    rows = CommissionRate.objects.filter(advertiser__in=shops).select_related("group")
    held = queries.in_force_by(rows, now, "group_id")
    return sorted(held.values(), key=lambda row: (row.group.code != DEFAULT_GROUP, row.group.code))


def _told_rates(rates: Sequence[CommissionRate], currency: str) -> dict[str, str]:
    """What is paid, by the name of the commission group; the usual one has none."""
    return {
        "" if row.group.code == DEFAULT_GROUP else row.group.name or row.group.code: (
            str(row)
            if row.fixed_minor is None
            else _("%(amount)s per sale") % {"amount": money.display(row.fixed_minor, currency)}
        )
        for row in rates
    }
