"""The notice that an advertiser gives its hard partners before they become soft, by whatever layer
of the policy: a partner that is hard becomes soft no sooner than that after it was decided."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import dates
from network.advertisers.notice import notice_at
from network.effective import timeline
from network.effective.rows import Refused, start_or_now
from network.models import Advertiser
from network.wording import some_of
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy
from publishers.models import CookieTypeChoice, Partnership, PartnershipTerms
from publishers.partnerships.reading import Reading

TYPING = timedelta(minutes=5)
"""A start that a message names may be chosen for so long."""


class NoticeNotKept(Refused):
    """A hard partner would become soft sooner than its advertiser's notice allows."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A partnership with the notices that it got of what is to come; ``earliest`` is when a change
    made now may make it soft."""

    partnership: Partnership
    policy: Policy
    days: int
    earliest: datetime


def promised(
    partnerships: Iterable[Partnership], reading: Reading, now: datetime
) -> list[Promised]:
    """The publishers that get notice: those that were an approved partner within the notice
    period. The others get no notice."""
    days = {shop: notice_at(terms.held, now).days for shop, terms in reading.shops.items()}
    return [
        Promised(
            partnership=row,
            policy=reading.policies[row.pk],
            days=days[row.advertiser_id],
            earliest=now + timedelta(days=days[row.advertiser_id]),
        )
        for row in partnerships
        if days.get(row.advertiser_id)
        and _was_approved(reading.own[row.pk].held, days[row.advertiser_id], now)
    ]


def start_with_notice(
    to: Sequence[Promised],
    changed: Callable[[Policy, datetime], Policy],
    start: datetime | None,
    now: datetime,
) -> datetime:
    """When a change starts: as chosen, or as soon as every process can know and every notice is
    kept. ``changed`` says what the policy of one were with a start. Raises StartInPast and
    NoticeNotKept."""
    begins = start_or_now(start, now)
    while late := [one for one in to if _is_late(one, changed(one.policy, begins), now)]:
        if start is not None:
            choose = _("Choose %(start)s or later, or leave the start empty for the earliest.")
            raise NoticeNotKept(f"{_refusal(late)} {choose % {'start': _choice(late)}}")
        begins = max(one.earliest for one in late)
    return begins


def refuse_without_notice(
    to: Sequence[Promised], changed: Callable[[Policy], Policy], now: datetime
) -> None:
    """Raises NoticeNotKept for a change without a start of its own: to cancel another one."""
    if late := [one for one in to if _is_late(one, changed(one.policy), now)]:
        instead = _(
            "Without this change it would be sooner. Set another start for it first, %(start)s or "
            "later."
        )
        raise NoticeNotKept(f"{_refusal(late)} {instead % {'start': _choice(late)}}")


def _is_late(one: Promised, after: Policy, now: datetime) -> bool:
    """Whether this policy makes soft, before the notice has passed, who is hard until then and was
    to stay so."""
    return any(
        _is_hard(one.policy, at)
        and not _is_hard(after, at)
        and _is_hard(after, at - timedelta(microseconds=1))
        for at in cookie_types.changes(after)
        if now < at < one.earliest
    )


def _is_hard(policy: Policy, at: datetime) -> bool:
    return cookie_types.in_force(policy, at).cookie_type == CookieTypeChoice.HARD


def _was_approved(terms: Sequence[PartnershipTerms], days: int, now: datetime) -> bool:
    """Whether the partner was approved at some time within the notice. Approved now is not enough
    to ask: a notice that ended with the approval could be ended with it, too."""
    return any(
        one.row.status == PartnershipTerms.Status.APPROVED
        for one in timeline.segments(timeline.begun(terms, now), now - timedelta(days=days))
    )


def _refusal(late: Sequence[Promised]) -> str:
    last = _last(late)
    said = ngettext(
        "%(advertiser)s gives %(count)d day's notice before a hard partner becomes soft. The "
        "earliest for %(partners)s is %(earliest)s.",
        "%(advertiser)s gives %(count)d days' notice before a hard partner becomes soft. The "
        "earliest for %(partners)s is %(earliest)s.",
        last.days,
    )
    return said % {
        "advertiser": Advertiser.objects.get(pk=last.partnership.advertiser_id),
        "count": last.days,
        "partners": named([one.partnership for one in late]),
        "earliest": dates.zoned(last.earliest),
    }


def _choice(late: Sequence[Promised]) -> str:
    at = _last(late).earliest + TYPING
    return dates.zoned(at.replace(second=0, microsecond=0))


def _last(late: Sequence[Promised]) -> Promised:
    return max(late, key=lambda one: one.earliest)


def named(partnerships: Sequence[Partnership]) -> str:
    """``CouponCat``, ``CouponCat and Blum`` or ``CouponCat, Blum, Loop and 12 others``."""
    return some_of(row.publisher.name for row in partnerships)
