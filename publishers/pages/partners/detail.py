"""A partner's page in the admin: what it says about one partnership."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from network.advertisers.notice import notice_at
from network.advertisers.terms import terms_at
from network.advertisers.words import rate_text
from network.effective import queries
from network.effective.rows import told_rows
from network.hosts.tracking_hosts import base_urls
from network.models import CommissionRate, User
from publishers.cookie_types.history import cancelled, history, time_line
from publishers.models import Partnership, PartnershipTerms, PublisherModelType
from publishers.notices import history as notice_history
from publishers.pages.partners import status as partner_status
from publishers.pages.partners.columns import DAYS, confirmation, figures_shown, period, seen_of
from publishers.partnerships.standing import attach_standings, standing_of
from publishers.partnerships.suggestions import ADVISED
from publishers.policy import deciding
from tracking.figures.queries import Scope, annotate_partners, totals
from tracking.landings.uses import (
    clicks_that_landed,
    of_clicks_from_apart,
    of_overused_clicks,
)
from tracking.models import Conversion


def told(row: Partnership, now: datetime, reader: User) -> Mapping[str, Any]:
    """Everything that the page says, with what this reader can decide as far as they manage the
    advertiser."""
    counted = annotate_partners(Partnership.objects.filter(pk=row.pk), period(now))
    row = counted.select_related("publisher", "advertiser").get()
    attach_standings([row], now)
    standing = standing_of(row)
    shop = terms_at(row.advertiser, now)
    spans = history(row, now)
    kind = queries.in_force(PublisherModelType.objects.filter(publisher=row.publisher_id), now)
    own_days = standing.terms.hard_days if standing.terms else None
    return {
        "title": row.publisher.name,
        "subtitle": _("Partner of %(advertiser)s") % {"advertiser": row.advertiser},
        "standing": standing,
        "decided": standing.decided,
        "may_lift": standing.decided is None or deciding.may_lift(standing.decided, reader),
        "offers": partner_status.offers(standing.decided, reader),
        "application": partner_status.application(queries.in_order(row.terms.all())),
        "figures": figures_shown(row),
        **_to_look_into(row, now),
        "suggestion": _suggestion(row),
        "days": DAYS,
        "hard_days": own_days or shop.hard_days,
        "soft_hours": shop.soft_hours,
        "validation_days": shop.validation_days,
        "rates": _rates(row, now),
        "time_line": time_line(spans, now),
        "spans": spans[::-1],
        "cancelled": cancelled(row),
        "terms": told_rows(PartnershipTerms.all_rows.filter(partnership=row)),
        "notice": notice_at(list(row.advertiser.terms.all()), now),
        "coming_terms": queries.next_after(row.terms.all(), now),
        "model_types": told_rows(PublisherModelType.all_rows.filter(publisher=row.publisher_id)),
        "current_model_type": kind.pk if kind else None,
        "notices": notice_history.told(row, now),
        "notes": row.notes.select_related("made_by"),
        "link": f"{base_urls([row.advertiser_id])[row.advertiser_id]}c/{row.publisher_id}",
        "now": now,
    }


def _to_look_into(row: Partnership, now: datetime) -> Mapping[str, Any]:
    """What may say that clicks or reports were made up."""
    credited = _credited(row, now)
    return {
        "conflicts": _conflicts(row, now),
        "flagged": credited.filter(of_overused_clicks(row.advertiser_id)).count(),
        "landed": _landed(row, now),
        "apart": credited.filter(of_clicks_from_apart(row.advertiser_id)).count(),
    }


def _conflicts(row: Partnership, now: datetime) -> int:
    """Orders of the period whose conflict came with one of the partner's clicks."""
    caused = Conversion.objects.filter(
        advertiser=row.advertiser_id, contested_by=row.publisher_id, at__gte=period(now).since
    )
    return caused.count()


def _credited(row: Partnership, now: datetime) -> QuerySet[Conversion]:
    """Sales of the period that are credited to the partner."""
    return Conversion.objects.filter(
        advertiser=row.advertiser_id,
        decision__paid_publisher=row.publisher_id,
        at__gte=period(now).since,
    )


def _landed(row: Partnership, now: datetime) -> Mapping[str, int]:
    """Of the clicks of the period that count, how many were seen in the shop."""
    shown = period(now)
    scope = Scope(
        advertisers=frozenset({row.advertiser_id}), publishers=frozenset({row.publisher_id})
    )
    counting = sum(line.clicks_counting for line in totals(scope, shown))
    return {
        "seen": clicks_that_landed(row.advertiser_id, row.publisher_id, shown.since),
        "counting": counting,
    }


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the figures suggest, why, and the address of its confirmation."""

    text: str
    why: str
    address: str


def _suggestion(row: Partnership) -> Suggestion | None:
    seen = seen_of(row)
    if seen.advice not in ADVISED:
        return None
    return Suggestion(str(seen), seen.why, confirmation(row, seen.advice))


@dataclass(frozen=True, slots=True)
class Rate:
    """What a commission group pays, in words."""

    group: str
    text: str


def _rates(row: Partnership, now: datetime) -> list[Rate]:
    rates = CommissionRate.objects.filter(advertiser=row.advertiser_id).select_related("group")
    held = queries.in_force_by(rates, now, "group__code")
    return [Rate(code, rate_text(rate, row.advertiser)) for code, rate in held.items()]
