"""The mail of an invitation."""

from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from network.mail import errors as mail_errors
from network.names import one_line
from publishers.teams.models import Invitation


def send(pk: int, token: str, now: datetime) -> None:
    """Send it, and note with the invitation that it was sent, or why not. An invitation that is no
    longer open is not sent."""
    row = Invitation.objects.select_related("advertiser", "team", "invited_by").get(pk=pk)
    if not row.is_open:
        return
    sender, place = row.invited_by.get_full_name() or row.invited_by.get_username(), row.place
    context = {
        "invitation": row,
        "sender": one_line(sender),
        "place": one_line(place),
        "url": link(token),
    }
    subject = _("%(person)s invites you to %(place)s on Softclick") % {
        "person": row.invited_by,
        "place": place,
    }
    text = render_to_string("account/email/invitation.txt", context)
    try:
        mail.send_mail(one_line(subject), text, None, [row.email])
    except (OSError, SMTPException) as error:
        row.mail_error = mail_errors.told(error)[:200]
    else:
        row.mail_sent_at, row.mail_error = now, ""
    row.save(update_fields=["mail_sent_at", "mail_error"])


def link(token: str) -> str:
    """On the site's own host, whatever the request's was."""
    return settings.SITE_URL + reverse("invitation", args=[token])
