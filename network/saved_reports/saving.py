"""Saving a report, changing when it is mailed, and deleting it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from network.models import SavedReport, User
from network.saved_reports.schedule import next_mail

MOST = 50
"""Of a person on a page: a list that one can still choose from."""


@transaction.atomic
def save(
    owner: User, page: str, name: str, query: str, mailed: str, now: datetime
) -> tuple[SavedReport, bool]:
    """Save what is asked under a name; under one that the person has given before, instead of that.
    The report, and whether the name is new. Raises ValidationError by field: ``name``,
    ``mailed``."""
    User.objects.select_for_update().get(pk=owner.pk)
    mine = SavedReport.objects.filter(owner=owner, page=page)
    row = mine.filter(name=name).first()
    is_new = row is None
    if row is None:
        if mine.count() >= MOST:
            many = _("You have saved %(most)s already. Delete one first.") % {"most": MOST}
            raise ValidationError({"name": many})
        row = SavedReport(owner=owner, page=page, name=name, created_at=now)
    if mailed and not owner.email:
        raise ValidationError(
            {"mailed": _("Your account has no email address. Add one on your account's page.")}
        )
    row.query, row.mailed, row.last_error = query, mailed, ""
    row.next_at = next_mail(mailed, now, ZoneInfo(settings.NETWORK_TIME_ZONE)) if mailed else None
    row.full_clean()
    row.save()
    return row, is_new


def delete(owner: User, page: str, pk: str) -> str:
    """The name of the person's report that is deleted; empty where there is none."""
    mine = SavedReport.objects.filter(owner=owner, page=page)
    row = mine.filter(pk=pk).first() if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None
    if row is None:
        return ""
    row.delete()
    return row.name
