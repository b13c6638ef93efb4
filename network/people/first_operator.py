"""The first operator of a network: made on a page, by a link that only the machine's owner is told.

The link is signed with the network's secret, good for a day, and good for nothing once an account
has been made since: whoever has an old one makes no operator when the others are deactivated.
"""

import os
import shlex
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from network.clock import to_ms
from network.effective import lock as policy_lock
from network.models import User

GOOD_FOR = timedelta(days=1)
COMMAND = "first_operator"
_SALT = "first-operator"


class LinkNotOpen(ValueError):
    """This link makes nobody an operator; the words say why and what to do."""


def is_missing() -> bool:
    """Whether nobody can sign in as an operator."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def link(now: datetime) -> str:
    """The address of the page on which the first operator makes their account."""
    token = signing.dumps([to_ms(now), _newest()], salt=_SALT)
    return settings.SITE_URL + reverse("first_operator", args=[token])


def command_line() -> str:
    """What to type for such a link: with the data folder that this process was told to use."""
    folder = os.environ.get("SOFTCLICK_DATA", "")
    where = f"SOFTCLICK_DATA={shlex.quote(folder)} " if folder else ""
    return f"{where}python3 manage.py {COMMAND}"


def check(token: str, now: datetime) -> None:
    """Raises LinkNotOpen."""
    if not is_missing():
        raise LinkNotOpen(_("This network has an operator already. Sign in instead."))
    try:
        made_ms, newest = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise LinkNotOpen(_not_good()) from None
    if made_ms < to_ms(now - GOOD_FOR) or newest != _newest():
        raise LinkNotOpen(_not_good())


def _newest() -> int:
    """The newest account's id, whatever became of it; 0 before the first."""
    return User.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _not_good() -> str:
    said = _("This link is no longer valid. Get another one in a terminal: %(command)s")
    return said % {"command": command_line()}


@transaction.atomic
def make(user: User, token: str, now: datetime) -> None:
    """Store the user as the operator, one at a time. Raises LinkNotOpen, Busy."""
    with policy_lock.held():
        check(token, now)
        user.is_superuser = True
        user.save(force_insert=True)
