"""Closing an advertiser or a publisher, opening it again, and telling whom it concerns.

Unlike terms this has no start: it holds at once, and is kept in the audit log with its reason.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from network.effective import lock as policy_lock
from network.effective.rows import Refused
from network.models import Advertiser, User
from publishers.models import Notice, Partnership, PartnershipTerms, Publisher
from publishers.notices import writing
from publishers.notices.forecast import StandingFacts, TermsFacts, outlooks, value_at
from publishers.notices.news import News
from publishers.notices.words import PROGRAMME_CLOSED, PUBLISHER_CLOSED
from publishers.partnerships.reading import read

Closable = Advertiser | Publisher
TOLD = frozenset(
    {
        PartnershipTerms.Status.APPLIED,
        PartnershipTerms.Status.APPROVED,
        PartnershipTerms.Status.SUSPENDED,
    }
)
"""The statuses of partnerships whose partners read about it."""


class AlreadySo(Refused):
    """It is closed, or open, already."""


def is_closed(row: Closable) -> bool:
    return row.status == "closed"


def partnerships_of(row: Closable) -> QuerySet[Partnership]:
    """Those that it concerns, whatever their status."""
    rows = Partnership.objects.select_related("publisher", "advertiser").order_by("pk")
    if isinstance(row, Advertiser):
        return rows.filter(advertiser=row)
    return rows.filter(publisher=row)


def change(row: Closable, now: datetime, *, closes: bool, made_by: User, reason: str) -> int:
    """Close it, or open it again; how many partnerships are told. Raises Busy, AlreadySo,
    ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Enter a reason. The partners concerned will see it.")})
    with policy_lock.held():
        held = type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        if is_closed(held) == closes:
            said = _("%(name)s is closed already.") if closes else _("%(name)s is open already.")
            raise AlreadySo(said % {"name": row})
        row.status = "closed" if closes else "active"
        row.save(update_fields=["status"])
        told = notices(row, now, closes=closes, made_by=made_by, reason=reason)
        Notice.objects.bulk_create(told, writing.BATCH)
        writing.address(told, now)
        words = _("Closed: %(reason)s") if closes else _("Opened again: %(reason)s")
        LogEntry.objects.log_actions(
            made_by.pk, [row], CHANGE, words % {"reason": reason.strip()}, single_object=True
        )
    return len(told)


def notices(
    row: Closable, now: datetime, *, closes: bool, made_by: User | None, reason: str
) -> list[Notice]:
    """What the partners concerned are told, unsaved: of partnerships that are over nobody is."""
    partnerships = list(partnerships_of(row))
    found = outlooks(partnerships, read(partnerships), now)
    closed = PROGRAMME_CLOSED if isinstance(row, Advertiser) else PUBLISHER_CLOSED
    written = []
    for one in partnerships:
        standing = value_at(found[one.pk].partnership, now)
        if standing.status not in TOLD:
            continue
        item = _news(standing, closed, closes, value_at(found[one.pk].terms, now), now)
        written.append(writing.notice_of(one, item, now, made_by, reason))
    return written


def previews(
    row: Closable, now: datetime, *, closes: bool, made_by: User, reason: str
) -> Sequence[writing.Preview]:
    """What they would read."""
    found = notices(row, now, closes=closes, made_by=made_by, reason=reason)
    return writing.alike([(one.partnership, one) for one in found])


def _news(
    standing: StandingFacts, closed: str, closes: bool, terms: TermsFacts, now: datetime
) -> News:
    shut = replace(standing, status=closed)
    before, after = (standing, shut) if closes else (shut, standing)
    return News(event=Notice.Event.PARTNERSHIP, at=now, before=before, after=after, terms=terms)
