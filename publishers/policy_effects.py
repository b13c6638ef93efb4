"""What a change of cookie type would do, before it is made: to whom, how long hard cookies set
before it can still win, and what others changed since a moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Q

from network.effective import SPREAD
from network.models import Advertiser, AttributionTerms
from publishers import cookie_types
from publishers.cookie_types import InForce, Policy, Step, Steps
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
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


def of_assignment(partnerships: Iterable[Partnership], to: str, start: datetime) -> list[Effect]:
    """Of an assignment of their own from ``start``. A constant number of queries."""
    partnerships = list(partnerships)
    policies = cookie_types.policies(partnerships)
    return [
        _effect(row, policies[row.pk], _assigned(policies[row.pk], to, start), start)
        for row in partnerships
    ]


def of_default(
    advertiser: Advertiser | None, model_type: str, to: str, start: datetime
) -> list[Effect]:
    """Of a model type's default from ``start``, an advertiser's or (None) the network's: on every
    partner of that model type. A constant number of queries."""
    rows = Partnership.objects.filter(publisher__model_types__model_type=model_type).select_related(
        "publisher", "advertiser"
    )
    if advertiser is not None:
        rows = rows.filter(advertiser=advertiser)
    partnerships = list(rows.order_by("publisher__name", "pk").distinct())
    policies = cookie_types.policies(partnerships)
    layer = "network_defaults" if advertiser is None else "advertiser_defaults"
    effects = []
    for row in partnerships:
        policy = policies[row.pk]
        with_it = _with_default(policy, layer, Step(start, to), model_type)
        effect = _effect(row, policy, with_it, start)
        if effect.after.model_type == model_type:
            effects.append(effect)
    return effects


def decides(effect: Effect, advertiser: Advertiser | None, to: str) -> bool:
    """Whether a changed default decides for the partnership: nothing nearer to it says anything."""
    if advertiser is None:
        return effect.after.source == NETWORK
    if to == AssignedType.INHERIT:
        return effect.after.source != OWN
    return effect.after.source == ADVERTISER


def _effect(row: Partnership, without: Policy, with_it: Policy, start: datetime) -> Effect:
    return Effect(row, cookie_types.in_force(without, start), cookie_types.in_force(with_it, start))


def _assigned(policy: Policy, to: str, start: datetime) -> Policy:
    return replace(policy, assignments=_added(policy.assignments, Step(start, to)))


def _with_default(policy: Policy, layer: str, step: Step, model_type: str) -> Policy:
    defaults: Mapping[str, Steps] = getattr(policy, layer)
    steps = _added(defaults.get(model_type, ()), step)
    return replace(policy, **{layer: {**defaults, model_type: steps}})


def _added(steps: Steps, step: Step) -> Steps:
    """A step that takes the place of one with the same start."""
    others = [one for one in steps if one.starts_at != step.starts_at]
    return sorted([*others, step], key=lambda one: one.starts_at)


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


def changed_since(partnerships: Sequence[Partnership], seen: datetime) -> list[Meanwhile]:
    """What was changed after ``seen`` that may decide the cookie type of these, newest first.
    A constant number of queries."""
    publishers = {row.publisher_id for row in partnerships}
    advertisers = {row.advertiser_id for row in partnerships}
    assignments = CookieTypeAssignment.objects.filter(
        partnership__in=partnerships, created_at__gt=seen
    ).select_related("publisher")
    defaults = ModelTypeCookieType.objects.filter(
        Q(advertiser__in=advertisers) | Q(advertiser__isnull=True),
        model_type__in=PublisherModelType.objects.filter(publisher__in=publishers).values(
            "model_type"
        ),
        created_at__gt=seen,
    ).select_related("advertiser")
    kinds = PublisherModelType.objects.filter(
        publisher__in=publishers, created_at__gt=seen
    ).select_related("publisher")
    found = [
        *(_told(row, f"{row.publisher} was {_set_to(row.cookie_type)}") for row in assignments),
        *(_told(row, f"The {_default_of(row)} was {_set_to(row.cookie_type)}") for row in defaults),
        *(_told(row, f"{row.publisher} became {ModelType(row.model_type).label}") for row in kinds),
        *_left(partnerships, seen),
    ]
    return sorted(found, key=lambda change: change.made_at, reverse=True)


def _left(partnerships: Sequence[Partnership], seen: datetime) -> list[Meanwhile]:
    """Those that are no approved partner since."""
    rows = PartnershipTerms.objects.filter(partnership__in=partnerships, created_at__gt=seen)
    return [
        _told(row, f"{row.publisher} is {row.get_status_display().lower()}")
        for row in rows.exclude(status=PartnershipTerms.Status.APPROVED).select_related("publisher")
    ]


def _told(
    row: CookieTypeAssignment | ModelTypeCookieType | PublisherModelType | PartnershipTerms,
    what: str,
) -> Meanwhile:
    later = row.starts_at > row.created_at + SPREAD
    return Meanwhile(what, row.created_at, row.starts_at if later else None)


def _set_to(cookie_type: str) -> str:
    if not cookie_type:
        return "changed: a coming change was cancelled"
    if cookie_type == AssignedType.INHERIT:
        return "set back to the default"
    return f"set to {cookie_type}"


def _default_of(row: ModelTypeCookieType) -> str:
    whose = row.advertiser or "the network"
    return f"{ModelType(row.model_type).label} default of {whose}"
