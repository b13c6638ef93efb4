"""Records that were set aside, taken in after all: once what stopped them has been mended."""

import json
from datetime import datetime

from django.db import transaction

from tracking.models import SetAside
from tracking.spool import intake


class NotReplayed(ValueError):
    """The record could not be taken in, or has been already; nothing was changed."""


@transaction.atomic
def replay(set_aside_id: int, now: datetime) -> SetAside:
    """Take the record in now, as the drain would have, and note when. Raises NotReplayed."""
    row = SetAside.objects.select_for_update().get(id=set_aside_id)
    if row.replayed_at:
        raise NotReplayed(f"{row} was taken in already, on {row.replayed_at:%d %b %Y %H:%M} UTC.")
    record = _record(row)
    try:
        with transaction.atomic():
            intake.store([record], now)
    except Exception as error:
        raise NotReplayed(
            f"{row} still cannot be taken in: {type(error).__name__}: {error}. It stays set aside."
        ) from error
    row.replayed_at = now
    row.save(update_fields=["replayed_at"])
    return row


def _record(row: SetAside) -> intake.Record:
    try:
        record = json.loads(row.record)
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("kind") not in ("click", "report"):
        raise NotReplayed(
            f"{row} is damaged ({row.error}): what is left of it is no click and no report. "
            "It can only be kept."
        )
    return record
