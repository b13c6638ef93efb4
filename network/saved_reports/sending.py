"""Mailing saved reports when they are due: each once, and again an hour later where the mail server
did not take it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error as DatabaseError
from django.db import transaction
from django.urls import get_resolver
from django.utils import timezone

from network import dates
from network.mail import errors as mail_errors
from network.models import SavedReport
from network.saved_reports.schedule import next_mail

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50
AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Composed:
    """A report as it is mailed; ``files`` by name, with their content and its type."""

    subject: str
    text: str
    files: Mapping[str, tuple[bytes, str]]


Composer = Callable[[SavedReport, datetime], Composed | None]
_COMPOSERS: dict[str, Composer] = {}


def add_composer(page: str, composer: Composer) -> None:
    """Who writes the mails of a page's saved reports: None for somebody who may not read it any
    more. To be called while the pages are loaded."""
    _COMPOSERS[page] = composer


def _composer(page: str) -> Composer:
    """A worker has loaded no pages until it mails something of theirs."""
    get_resolver().url_patterns  # noqa: B018 - loads them
    return _COMPOSERS[page]


def send_due(now: datetime) -> int:
    """Mail what is due; how many were looked at."""
    looked_at = 0
    while looked_at < MOST_AT_ONCE and _send_next(now):
        looked_at += 1
    return looked_at


@transaction.atomic
def _send_next(now: datetime) -> bool:
    due = SavedReport.objects.filter(next_at__lte=now).select_related("owner")
    row = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "id").first()
    if row is None:
        return False
    later = next_mail(row.mailed, now, ZoneInfo(settings.NETWORK_TIME_ZONE))
    try:
        if _send(row, now):
            row.sent_at, row.next_at, row.last_error = now, later, ""
        else:
            row.mailed, row.next_at = SavedReport.Mailed.NEVER, None
    except DatabaseError:
        raise
    except Exception as error:  # one report must not keep the others back
        logger.warning("Saved report %s was not mailed: %s", row.pk, type(error).__name__)
        row.next_at = min(now + AGAIN_AFTER, later)
        row.last_error = mail_errors.told(error)[:300]
    row.save(update_fields=["mailed", "sent_at", "next_at", "last_error"])
    return True


def _send(row: SavedReport, now: datetime) -> bool:
    """Whether there was somebody to mail it to."""
    owner = row.owner
    if not (owner.is_active and owner.email):
        return False
    zone = owner.time_zone
    with timezone.override(zone if dates.is_zone(zone) else "UTC"):
        composed = _composer(row.page)(row, now)
    if composed is None:
        return False
    message = EmailMessage(
        composed.subject,
        composed.text,
        to=[owner.email],
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<report-{row.pk}.{row.next_at:%Y%m%d%H%M%S}@{settings.SITE_HOST}>",
        },
    )
    for name, (content, kind) in composed.files.items():
        message.attach(name, content, kind)
    message.send()
    return True
