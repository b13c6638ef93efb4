"""The notice that advertisers give their hard partners before they become soft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from network.effective import timeline
from network.models import AttributionTerms


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    """What an advertiser gives its hard partners before they become soft; a longer one ``until`` it
    has passed since it was shortened."""

    days: int
    until: datetime | None = None


def notice_at(terms: Sequence[AttributionTerms], at: datetime) -> NoticePeriod:
    """The notice in force by an advertiser's terms, given in order. Shortening it works only when
    the longer one has passed, or else it would protect nobody."""
    begun = timeline.begun(terms, at)
    found = NoticePeriod(begun[-1].notice_days if begun else 0)
    for one in timeline.segments(begun)[:-1]:
        until = one.ends_at + timedelta(days=one.row.notice_days)
        if until > at and one.row.notice_days > found.days:
            found = NoticePeriod(one.row.notice_days, until)
    return found
