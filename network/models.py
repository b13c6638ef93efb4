"""Advertisers and on what terms; their staff; the people who sign in.

Django looks for models here; each is defined in its room.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from network.advertisers.models import MOST_NOTICE_DAYS as MOST_NOTICE_DAYS
from network.advertisers.models import Advertiser as Advertiser
from network.advertisers.models import AttributionTerms as AttributionTerms
from network.advertisers.models import CommissionGroup as CommissionGroup
from network.advertisers.models import CommissionRate as CommissionRate
from network.advertisers.models import SoftRuleChoice as SoftRuleChoice
from network.advertisers.models import TrackingHost as TrackingHost
from network.effective.models import PolicyVersion as PolicyVersion
from network.people.models import ADDRESS_TAKEN as ADDRESS_TAKEN
from network.people.models import NAME_TAKEN as NAME_TAKEN
from network.people.models import People as People
from network.people.models import StaffMembership as StaffMembership
from network.people.models import StaffRole as StaffRole
from network.people.models import User as User


def terms_at(advertiser: Advertiser, at: datetime) -> AttributionTerms:
    """The attribution terms in force. Raises AttributionTerms.DoesNotExist before the first."""
    started = [terms for terms in advertiser.terms.all() if terms.starts_at <= at]
    if not started:
        raise AttributionTerms.DoesNotExist(f"{advertiser} had no attribution terms at {at}.")
    return max(started, key=lambda terms: terms.starts_at)


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    """What an advertiser gives its hard partners before they become soft; a longer one ``until`` it
    has passed since it was shortened."""

    days: int
    until: datetime | None = None


def notice_at(terms: Iterable[AttributionTerms], at: datetime) -> NoticePeriod:
    """The notice in force by an advertiser's terms. Shortening it works only when the longer one
    has passed, or else it would protect nobody."""
    started = sorted((row for row in terms if row.starts_at <= at), key=lambda row: row.starts_at)
    found = NoticePeriod(started[-1].notice_days if started else 0)
    for row, after in pairwise(started):
        until = after.starts_at + timedelta(days=row.notice_days)
        if until > at and row.notice_days > found.days:
            found = NoticePeriod(row.notice_days, until)
    return found


def rate_at(group: CommissionGroup, at: datetime) -> CommissionRate:
    """The rate in force. Raises CommissionRate.DoesNotExist before the first."""
    return group.rates.filter(starts_at__lte=at).latest("starts_at")
