"""Sending the mails of notices: at least once, and in the normal case exactly once.

A worker locks one mail, hands it to the mail server, and marks it in the same transaction; another
worker skips what is locked. A worker that dies between the two has sent a mail that is still
waiting, which goes out again, with the same Message-ID.
"""

import logging
from datetime import datetime, timedelta
from enum import Enum
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from network import dates
from network.mail import errors as mail_errors
from publishers.models import NoticeMail
from publishers.notices.words import mail_text
from publishers.teams.models import TeamMembership

logger = logging.getLogger(__name__)

GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 900, 1440, 1440))
"""How long to wait after each attempt that failed: three days together. Then it is parked."""
MOST_AT_ONCE = 100
"""Mails in one run of the task, far inside its time limit."""


class NotParked(ValueError):
    """The mail waits, was sent or was not to be sent: there is nothing to try again."""


class _Went(Enum):
    ON = "on"
    SERVER_DOWN = "server down"


def send_due(now: datetime) -> int:
    """Send what is due, at most :data:`MOST_AT_ONCE`; how many mails were looked at. Ends early
    where the mail server cannot be reached: what waits is tried by a later run."""
    looked_at = 0
    connection: BaseEmailBackend = get_connection()
    try:
        while looked_at < MOST_AT_ONCE:
            went = _send_next(connection, now)
            if went is None:
                break
            looked_at += 1
            if went is _Went.SERVER_DOWN:
                break
    finally:
        connection.close()
    return looked_at


@transaction.atomic
def send_again(mail_id: int, now: datetime) -> NoticeMail:
    """Let a parked mail wait again, with all its attempts. Raises NotParked."""
    mail = NoticeMail.objects.select_for_update().get(pk=mail_id)
    if mail.state != NoticeMail.State.PARKED:
        raise NotParked(
            _("%(mail)s is not given up: %(state)s.")
            % {"mail": mail, "state": mail.get_state_display().lower()}
        )
    mail.state, mail.attempts, mail.next_try_at = NoticeMail.State.WAITING, 0, now
    mail.save(update_fields=["state", "attempts", "next_try_at"])
    return mail


def parked() -> int:
    """Mails that were given up."""
    return NoticeMail.objects.filter(state=NoticeMail.State.PARKED).count()


@transaction.atomic
def _send_next(connection: BaseEmailBackend, now: datetime) -> _Went | None:
    due = NoticeMail.objects.filter(state=NoticeMail.State.WAITING, next_try_at__lte=now)
    locked = due.select_for_update(skip_locked=True, of=("self",))
    mail = locked.select_related("recipient", "publisher").order_by("next_try_at", "id").first()
    if mail is None:
        return None
    reason = _why_not(mail)
    if reason:
        _finish(mail, NoticeMail.State.SKIPPED, last_error=reason)
        return _Went.ON
    try:
        message = _message(mail, connection)
        connection.open()
        message.send()
    except DatabaseError:
        raise
    except Exception as error:  # one mail must not keep the others back, whatever is wrong with it
        return _failed(mail, error, now)
    _finish(mail, NoticeMail.State.SENT, sent_at=now)
    return _Went.ON


def _why_not(mail: NoticeMail) -> str:
    person = mail.recipient
    if not person.is_active:
        return _("The account is not active.")
    if not person.email:
        return _("The account has no email address.")
    members = TeamMembership.objects.filter(user=person, team__publishers=mail.publisher_id)
    return "" if members.exists() else _("No longer in the team.")


def _message(mail: NoticeMail, connection: BaseEmailBackend) -> EmailMessage:
    zone = mail.recipient.time_zone
    notices = list(mail.notices.select_related("advertiser").order_by("pk"))
    with timezone.override(zone if dates.is_zone(zone) else "UTC"):
        written = mail_text(mail.publisher, notices)
    return EmailMessage(
        written.subject,
        written.text,
        to=[mail.recipient.email],
        connection=connection,
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<notice-{mail.pk}.{mail.created_at:%Y%m%d%H%M%S}@{settings.SITE_HOST}>",
        },
    )


def _failed(mail: NoticeMail, error: Exception, now: datetime) -> _Went:
    logger.warning("Mail %s of a notice failed: %s", mail.pk, type(error).__name__)
    mail.attempts += 1
    told = mail_errors.told(error)[:300]
    if mail.attempts > len(GAPS):
        _finish(mail, NoticeMail.State.PARKED, last_error=told)
    else:
        mail.next_try_at = now + GAPS[mail.attempts - 1]
        _finish(mail, NoticeMail.State.WAITING, last_error=told)
    about_this_mail = isinstance(error, SMTPDataError | SMTPRecipientsRefused)
    return _Went.SERVER_DOWN if isinstance(error, OSError) and not about_this_mail else _Went.ON


def _finish(
    mail: NoticeMail,
    state: NoticeMail.State,
    *,
    sent_at: datetime | None = None,
    last_error: str = "",
) -> None:
    mail.state, mail.sent_at, mail.last_error = state, sent_at, last_error
    mail.save(update_fields=["state", "sent_at", "last_error", "attempts", "next_try_at"])
