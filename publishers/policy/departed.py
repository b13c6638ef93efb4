"""Partnerships that have ended, were declined or suspended, or will be by a time. Nobody sets their
cookie type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import ngettext_lazy

from network.effective import timeline
from publishers.models import Partnership, PartnershipTerms
from publishers.partnerships.reading import Reading
from publishers.policy.notice_period import named

Status = PartnershipTerms.Status

_HELD: Mapping[str, Any] = {
    Status.ENDED.value: ngettext_lazy(
        "The partnership of %(partners)s has ended, so its cookie type cannot be set.",
        "The partnerships of %(partners)s have ended, so their cookie types cannot be set.",
        "count",
    ),
    Status.DECLINED.value: ngettext_lazy(
        "The partnership of %(partners)s was declined, so its cookie type cannot be set.",
        "The partnerships of %(partners)s were declined, so their cookie types cannot be set.",
        "count",
    ),
    Status.SUSPENDED.value: ngettext_lazy(
        "The partnership of %(partners)s is suspended, so its cookie type cannot be set.",
        "The partnerships of %(partners)s are suspended, so their cookie types cannot be set.",
        "count",
    ),
}
_AHEAD: Mapping[str, Any] = {
    Status.ENDED.value: ngettext_lazy(
        "The partnership of %(partners)s will have ended by then, so its cookie type cannot be "
        "set.",
        "The partnerships of %(partners)s will have ended by then, so their cookie types cannot be "
        "set.",
        "count",
    ),
    Status.DECLINED.value: ngettext_lazy(
        "The partnership of %(partners)s will be declined by then, so its cookie type cannot be "
        "set.",
        "The partnerships of %(partners)s will be declined by then, so their cookie types cannot "
        "be set.",
        "count",
    ),
    Status.SUSPENDED.value: ngettext_lazy(
        "The partnership of %(partners)s will be suspended by then, so its cookie type cannot be "
        "set.",
        "The partnerships of %(partners)s will be suspended by then, so their cookie types cannot "
        "be set.",
        "count",
    ),
}
_REMEDIES: Mapping[str, Any] = {
    Status.ENDED.value: ngettext_lazy(
        "Approve it again first.", "Approve them again first.", "count"
    ),
    Status.DECLINED.value: ngettext_lazy("Approve it first.", "Approve them first.", "count"),
    Status.SUSPENDED.value: ngettext_lazy(
        "Lift the suspension first.", "Lift the suspensions first.", "count"
    ),
}
STATUSES = frozenset(_HELD)
"""The statuses without a partnership."""


@dataclass(frozen=True, slots=True)
class Departed:
    """Those with one such status; ``ahead``: for some of them it has not begun."""

    partnerships: Sequence[Partnership]
    status: str
    ahead: bool

    @property
    def sentences(self) -> Sequence[str]:
        """Who it is and why, and what to do about it."""
        told = (_AHEAD if self.ahead else _HELD)[self.status]
        facts = {"count": len(self.partnerships), "partners": named(self.partnerships)}
        return [str(told % facts), str(_REMEDIES[self.status] % facts)]


def departed(
    partnerships: Sequence[Partnership], reading: Reading, at: datetime, now: datetime
) -> list[Departed]:
    """Who of these is not a partner at ``at``, by status."""
    held = [(row, timeline.in_force(reading.own[row.pk].held, at)) for row in partnerships]
    found = []
    for status in _HELD:
        gone = [(row, terms) for row, terms in held if terms and terms.status == status]
        if gone:
            ahead = any(terms.starts_at > now for _, terms in gone)
            found.append(Departed([row for row, _ in gone], status, ahead))
    return found
