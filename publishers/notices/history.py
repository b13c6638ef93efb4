"""Which notices a partner was given, and what became of their mails; for staff. How many of a team
were written to is told, and never who."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from network import dates
from network.dates import counted
from publishers.models import Notice, NoticeMail, Partnership
from publishers.notices.states import State, states
from publishers.notices.words import words

LATEST = 20
"""Notices on a partner's page."""
Mail = NoticeMail.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
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
        parts = [
            f"{self.waiting} waiting" if self.waiting else "",
            f"{self.parked} could not be delivered" if self.parked else "",
            f"{self.skipped} not sent: left the team, inactive or no address"
            if self.skipped
            else "",
        ]
        if self.sent_at:
            readers = counted(self.sent, "member")
            parts = [f"sent to {readers} on {dates.moment(self.sent_at)}", *parts]
        said = "; ".join(part for part in parts if part)
        return said[:1].upper() + said[1:] if said else "None: on the page only"


def told(partnership: Partnership, now: datetime) -> Sequence[Told]:
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
        Told(
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
