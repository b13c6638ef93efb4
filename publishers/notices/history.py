"""Which notices a partner was given, and what became of their mails; for staff. How many of a team
were written to is shown, and never who."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import dates
from publishers.models import Notice, NoticeMail, Partnership
from publishers.notices.states import State, states
from publishers.notices.words import words

LATEST = 20
"""Notices on a partner's page."""
Mail = NoticeMail.State


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDescription:
    """A notice, and how many of its mails are in which state."""

    notice: Notice
    title: str
    state: State
    sent: int
    waiting: int
    skipped: int
    parked: int
    sent_at: datetime | None

    @property
    def mails(self) -> str:
        """What became of the mails, in words."""
        parts = []
        if self.sent_at:
            sent = ngettext(
                "Sent to %(count)d member on %(at)s",
                "Sent to %(count)d members on %(at)s",
                self.sent,
            )
            parts.append(sent % {"count": self.sent, "at": dates.moment(self.sent_at)})
        if self.waiting:
            parts.append(_("%(count)d waiting") % {"count": self.waiting})
        if self.parked:
            parts.append(_("%(count)d could not be delivered") % {"count": self.parked})
        if self.skipped:
            skipped = _("%(count)d not sent: left the team, inactive, no address or switched off")
            parts.append(skipped % {"count": self.skipped})
        return "; ".join(parts) or _("None: on the page only")


def told(partnership: Partnership, now: datetime) -> Sequence[NoticeDescription]:
    """The latest first; in a constant number of queries."""
    rows = partnership.notices.select_related("made_by", "partnership").annotate(
        sent=_in(Mail.SENT),
        waiting=_in(Mail.WAITING),
        skipped=_in(Mail.SKIPPED),
        parked=_in(Mail.PARKED),
        last_sent_at=Max("mails__sent_at"),
    )
    latest = list(rows.order_by("-pk")[:LATEST])
    standing = states(latest, now)
    return [
        NoticeDescription(
            notice=row,
            title=words(row).title,
            state=standing[row.pk],
            sent=row.sent,
            waiting=row.waiting,
            skipped=row.skipped,
            parked=row.parked,
            sent_at=row.last_sent_at,
        )
        for row in latest
    ]


def _in(state: Mail) -> Count:
    return Count("mails", filter=Q(mails__state=state))
