"""Partnerships that are none, or will be none by a time: ended, declined, suspended. Nobody sets
their cookie type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publishers.models import Partnership, PartnershipTerms
from publishers.policy.notice_period import named

REMEDIES: Mapping[str, str] = {
    PartnershipTerms.Status.ENDED.value: "approve {whom} again first",
    PartnershipTerms.Status.DECLINED.value: "approve {whom} first",
    PartnershipTerms.Status.SUSPENDED.value: "lift the suspension first",
}
"""The statuses without a partnership, each with what to do about it."""


@dataclass(frozen=True, slots=True)
class Departed:
    """Those with one such status; ``ahead``: for some of them it has not begun."""

    partnerships: Sequence[Partnership]
    status: str
    ahead: bool

    @property
    def them(self) -> str:
        return "it" if len(self.partnerships) == 1 else "them"

    @property
    def remedy(self) -> str:
        """``approve it again first``"""
        return REMEDIES[self.status].format(whom=self.them)

    def __str__(self) -> str:
        """``The partnership of CouponCat is ended``"""
        one = len(self.partnerships) == 1
        noun, verb = ("partnership", "is") if one else ("partnerships", "are")
        if self.ahead:
            verb = "will by then be"
        return f"The {noun} of {named(self.partnerships)} {verb} {self.status}"


def departed(partnerships: Sequence[Partnership], at: datetime, now: datetime) -> list[Departed]:
    """Who of these is no partner at ``at``, by status. One query."""
    terms = PartnershipTerms.objects.filter(partnership__in=partnerships, starts_at__lte=at)
    held = {row.partnership_id: row for row in terms.order_by("starts_at")}
    found = []
    for status in REMEDIES:
        gone = [row for row in partnerships if row.pk in held and held[row.pk].status == status]
        if gone:
            ahead = any(held[row.pk].starts_at > now for row in gone)
            found.append(Departed(gone, status, ahead))
    return found
