"""What a change of cookie type would do, before it is made: to whom, how long hard cookies set
before it can still win, and what others changed since a moment."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Q

from network.effective import SPREAD, Refused
from network.models import AttributionTerms, User
from publishers import cookie_types, policy
from publishers.cookie_types import InForce, Policy, PolicyRow
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.notice_period import promised, start_with_notice
from publishers.standing import ADVERTISER, NETWORK, OWN


@dataclass(frozen=True, slots=True)
class Effect:
    """What is in force for a partnership when a change starts: without it, and with it."""

    partnership: Partnership
    before: InForce
    after: InForce

    @property
    def changes_type(self) -> bool:
        return self.before.cookie_type != self.after.cookie_type


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a change starts, and what it does."""

    start: datetime
    effects: Sequence[Effect]


def effects_of(
    partnerships: Sequence[Partnership], said: PolicyRow, start: datetime
) -> list[Effect]:
    """Of what an unsaved row says, from ``start``, on these partnerships, for which it holds. A
    constant number of queries."""
    policies = cookie_types.policies(partnerships)
    return [
        Effect(
            partnership=row,
            before=cookie_types.in_force(policies[row.pk], start),
            after=cookie_types.in_force(_with(policies[row.pk], said, start), start),
        )
        for row in partnerships
    ]


def effects_of_default(
    said: ModelTypeCookieType, chosen: datetime | None, now: datetime
) -> Outcome:
    """Of a default on all who are of its model type when it starts, by name."""
    rows = policy.concerned(said).select_related("publisher", "advertiser")
    partnerships = list(rows.order_by("publisher__name", "pk"))
    start = start_of(partnerships, said, chosen, now)
    effects = effects_of(partnerships, said, start)
    return Outcome(start, [one for one in effects if one.after.model_type == said.model_type])


def start_of(
    partnerships: Sequence[Partnership], said: PolicyRow, chosen: datetime | None, now: datetime
) -> datetime:
    """When what the row says starts: as chosen, or as soon as every process can know and every
    notice is kept. A choice that cannot be is taken as it is; the change itself is refused."""

    def changed(held: Policy, start: datetime) -> Policy:
        return _with(held, said, start)

    try:
        return start_with_notice(promised(partnerships, now), changed, chosen, now)
    except Refused:
        return chosen or now + SPREAD


def decides(effect: Effect, said: ModelTypeCookieType) -> bool:
    """Whether a changed default decides for the partnership: nothing nearer to it says anything."""
    if said.advertiser_id is None:
        return effect.after.source == NETWORK
    if said.cookie_type == AssignedType.INHERIT:
        return effect.after.source != OWN
    return effect.after.source == ADVERTISER


def _with(held: Policy, said: PolicyRow, start: datetime) -> Policy:
    starting = copy(said)
    starting.starts_at = start
    return cookie_types.policy_with(held, starting)


# --- Hard cookies set before --------------------------------------------------------------------


def last_hard_window(partnerships: Sequence[Partnership], start: datetime) -> datetime | None:
    """The end of the longest window that a hard click of these, made before ``start``, can have;
    None when none of them can have made one whose window is open then. A constant number of
    queries."""
    policies = cookie_types.policies(partnerships)
    own, shops = _days_of_partners(partnerships, start), _days_of_shops(partnerships, start)
    ends = [
        end
        for row in partnerships
        for end in _hard_ends(
            policies[row.pk], own.get(row.pk, ()), shops.get(row.advertiser_id, ()), start
        )
    ]
    return max((end for end in ends if end > start), default=None)


@dataclass(frozen=True, slots=True)
class _Days:
    """A cookie period in days that holds from a moment on; None: another's holds."""

    starts_at: datetime
    days: int | None
    approved: bool = True


def _hard_ends(
    policy: Policy, own: Sequence[_Days], shop: Sequence[_Days], start: datetime
) -> list[datetime]:
    """The ends of windows of the last hard click of every span in which all stays as it is."""
    moments = {*cookie_types.changes(policy), *(row.starts_at for row in (*own, *shop))}
    bounds = [*sorted(at for at in moments if at < start), start]
    ends = []
    for begin, end in pairwise(bounds):
        held, general = _at(own, begin), _at(shop, begin)
        hard = cookie_types.in_force(policy, begin).cookie_type == CookieTypeChoice.HARD
        if hard and held and held.approved and general:
            ends.append(end + timedelta(days=held.days or general.days or 0))
    return ends


def _at(rows: Sequence[_Days], at: datetime) -> _Days | None:
    return next((row for row in reversed(rows) if row.starts_at <= at), None)


def _days_of_partners(
    partnerships: Sequence[Partnership], start: datetime
) -> dict[int, list[_Days]]:
    found: dict[int, list[_Days]] = {}
    rows = PartnershipTerms.objects.filter(partnership__in=partnerships, starts_at__lt=start)
    for row in rows.order_by("starts_at"):
        approved = row.status == PartnershipTerms.Status.APPROVED
        days = _Days(row.starts_at, row.hard_days, approved)
        found.setdefault(row.partnership_id, []).append(days)
    return found


def _days_of_shops(partnerships: Sequence[Partnership], start: datetime) -> dict[int, list[_Days]]:
    found: dict[int, list[_Days]] = {}
    shops = {row.advertiser_id for row in partnerships}
    rows = AttributionTerms.objects.filter(advertiser__in=shops, starts_at__lt=start)
    for row in rows.order_by("starts_at"):
        found.setdefault(row.advertiser_id, []).append(_Days(row.starts_at, row.hard_days))
    return found


# --- What others changed meanwhile --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A change that somebody made: ``what``, such as "CouponCat was set to soft"; ``starts_at`` is
    None when it holds at once."""

    what: str
    made_at: datetime
    starts_at: datetime | None


def changed_since(
    partnerships: Sequence[Partnership], seen: datetime, *, by_others_than: User
) -> list[Meanwhile]:
    """What somebody else changed after ``seen`` that may decide the cookie type of these, newest
    first. A constant number of queries."""
    publishers = {row.publisher_id for row in partnerships}
    advertisers = {row.advertiser_id for row in partnerships}
    since = Q(created_at__gt=seen) & (Q(made_by__isnull=True) | ~Q(made_by=by_others_than))
    kinds = PublisherModelType.objects.filter(publisher__in=publishers).values("model_type")
    own = CookieTypeAssignment.all_rows.filter(since, partnership__in=partnerships)
    defaults = ModelTypeCookieType.all_rows.filter(
        since,
        Q(advertiser__in=advertisers) | Q(advertiser__isnull=True),
        model_type__in=kinds,
    )
    model_types = PublisherModelType.all_rows.filter(since, publisher__in=publishers)
    found = [
        *(_told(row, str(row.publisher), _set_to(row)) for row in own.select_related("publisher")),
        *(_told(row, _default(row), _set_to(row)) for row in defaults.select_related("advertiser")),
        *(
            _told(row, str(row.publisher), f"became {row.get_model_type_display()}")
            for row in model_types.select_related("publisher")
        ),
        *_left(partnerships, since),
    ]
    return sorted(found, key=lambda change: change.made_at, reverse=True)


def _left(partnerships: Sequence[Partnership], since: Q) -> list[Meanwhile]:
    """Those that are no approved partner since, or will not be."""
    rows = PartnershipTerms.objects.filter(since, partnership__in=partnerships)
    gone = rows.exclude(status=PartnershipTerms.Status.APPROVED).select_related("publisher")
    return [
        _told(row, f"The partnership of {row.publisher}", f"became {row.get_status_display()}")
        for row in gone
    ]


def _told(row: PolicyRow | PartnershipTerms, whose: str, what: str) -> Meanwhile:
    if row.cancels_id is not None:
        return Meanwhile(f"A coming change of {whose} was cancelled", row.created_at, None)
    later = row.starts_at > row.created_at + SPREAD
    return Meanwhile(f"{whose} {what}", row.created_at, row.starts_at if later else None)


def _set_to(row: CookieTypeAssignment | ModelTypeCookieType) -> str:
    if row.cookie_type == AssignedType.INHERIT:
        return "was set back to the default"
    return f"was set to {row.cookie_type}"


def _default(row: ModelTypeCookieType) -> str:
    return f"The {row.get_model_type_display()} default of {row.advertiser or 'the network'}"
