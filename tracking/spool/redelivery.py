"""Records that were set aside, taken in after all: once what stopped them has been mended."""

import json
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from network import dates
from tracking.models import SetAside
from tracking.spool import intake


class NotReplayed(ValueError):
    """The record could not be taken in, or has been already; nothing was changed."""


@transaction.atomic
def replay(set_aside_id: int, now: datetime) -> SetAside:
    """Take the record in now, as the drain would have, and note when. Raises NotReplayed."""
    row = SetAside.objects.select_for_update().get(id=set_aside_id)
    if row.replayed_at:
        text = _("%(record)s was taken in already, on %(at)s.")
        raise NotReplayed(text % {"record": row, "at": dates.zoned(row.replayed_at)})
    record = _record(row)
    try:
        with transaction.atomic():
            intake.store([record], now)
    except Exception as error:
        text = _("%(record)s still cannot be taken in: %(error)s. It stays set aside.")
        known = {"record": row, "error": f"{type(error).__name__}: {error}"}
        raise NotReplayed(text % known) from error
    row.replayed_at = now
    row.save(update_fields=["replayed_at"])
    return row


def _record(row: SetAside) -> intake.Record:
    try:
        record = json.loads(row.record)
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("kind") not in intake.KINDS:
        text = _(
            "%(record)s is damaged (%(error)s): it is neither a click, a landing nor a "
            "report. It can only be kept."
        )
        raise NotReplayed(text % {"record": row, "error": row.error})
    return record
