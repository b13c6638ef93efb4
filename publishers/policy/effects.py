"""What a change of cookie type would do, before it is made: when it starts, which partners it
changes and how, and how long hard cookies set before it can still win."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from network import dates
from network.effective import timeline
from network.effective.rows import Refused
from network.models import AttributionTerms
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import ADVERTISER, NETWORK, OWN, InForce, Policy, PolicyRow
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.partnerships.reading import Reading, read
from publishers.policy import assigning as policy
from publishers.policy.notice_period import promised, start_with_notice


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
class Start:
    """When a change would start; the earliest that can be, where the chosen one is ``refused``,
    which says why."""

    at: datetime
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a change starts, and what it does, by what was read of all that it is about."""

    start: Start
    effects: Sequence[Effect]
    reading: Reading = field(repr=False)


def outcome_of(
    partnerships: Sequence[Partnership],
    reading: Reading,
    said: PolicyRow,
    chosen: datetime | None,
    now: datetime,
) -> Outcome:
    """Of what an unsaved row says on these partnerships, for which it holds. One query at most."""
    start = _start_of(partnerships, reading, said, chosen, now)
    row = cookie_types.starting(said, start.at)
    effects = [_effect(one, reading.policies[one.pk], row) for one in partnerships]
    return Outcome(start, effects, reading)


def effects_of_default(
    said: ModelTypeCookieType, chosen: datetime | None, now: datetime
) -> Outcome:
    """Of a default on all who are of its model type when it starts, by name."""
    rows = policy.concerned(said).select_related("publisher", "advertiser")
    partnerships = list(rows.order_by("publisher__name", "pk"))
    found = outcome_of(partnerships, read(partnerships), said, chosen, now)
    of_type = [one for one in found.effects if one.after.model_type == said.model_type]
    return replace(found, effects=of_type)


def effects_of_model_type(
    said: PublisherModelType, chosen: datetime | None, now: datetime
) -> Outcome:
    """Of another model type on all partnerships of its publisher, by advertiser."""
    rows = policy.concerned(said).select_related("publisher", "advertiser")
    partnerships = list(rows.order_by("advertiser__name", "pk"))
    return outcome_of(partnerships, read(partnerships), said, chosen, now)


def _effect(partnership: Partnership, held: Policy, row: PolicyRow) -> Effect:
    return Effect(
        partnership=partnership,
        before=cookie_types.in_force(held, row.starts_at),
        after=cookie_types.in_force(cookie_types.policy_with(held, row), row.starts_at),
    )


def _start_of(
    partnerships: Sequence[Partnership],
    reading: Reading,
    said: PolicyRow,
    chosen: datetime | None,
    now: datetime,
) -> Start:
    """When what the row says starts: as chosen, or as soon as every process can know and every
    notice is kept."""
    to = promised(partnerships, reading, now)

    def changed(held: Policy, start: datetime) -> Policy:
        return cookie_types.policy_with(held, cookie_types.starting(said, start))

    refused = ""
    try:
        at = start_with_notice(to, changed, chosen, now)
        if chosen is None or not _is_taken(partnerships, said, at):
            return Start(at)
        refused = _("Another change starts at %(at)s; choose another start.") % {
            "at": dates.zoned(at)
        }
    except Refused as error:
        refused = str(error)
    return Start(start_with_notice(to, changed, None, now), refused)


def _is_taken(partnerships: Sequence[Partnership], said: PolicyRow, at: datetime) -> bool:
    """Whether another row that says the same thing for the same starts then."""
    holds_for: dict[str, Any]
    match said:
        case CookieTypeAssignment():
            holds_for = {"partnership__in": partnerships}
        case ModelTypeCookieType():
            holds_for = {"advertiser": said.advertiser_id, "model_type": said.model_type}
        case _:
            holds_for = {"publisher": said.publisher_id}
    return type(said).objects.filter(**holds_for, starts_at=at).exists()


def decides(effect: Effect, said: ModelTypeCookieType) -> bool:
    """Whether a changed default decides for the partnership: nothing nearer to it says anything."""
    if said.advertiser_id is None:
        return effect.after.source == NETWORK
    if said.cookie_type == AssignedType.INHERIT:
        return effect.after.source != OWN
    return effect.after.source == ADVERTISER


# --- Hard cookies set before --------------------------------------------------------------------


def last_hard_window(
    partnerships: Sequence[Partnership], reading: Reading, start: datetime
) -> datetime | None:
    """The end of the longest window that a hard click of these partners, made before ``start``, can
    have; None when none of them can have made one whose window is open then."""
    ends = [
        end
        for row in partnerships
        for end in _hard_ends(
            reading.policies[row.pk],
            reading.own[row.pk].held,
            reading.shops[row.advertiser_id].held,
            start,
        )
    ]
    return max((end for end in ends if end > start), default=None)


def _hard_ends(
    policy: Policy,
    own: Sequence[PartnershipTerms],
    shop: Sequence[AttributionTerms],
    start: datetime,
) -> list[datetime]:
    """The ends of windows of the last hard click of every span in which all stays as it is."""
    moments = timeline.moments(own, shop, *policy.timelines)
    bounds = [*(at for at in moments if at < start), start]
    ends = []
    for begin, end in pairwise(bounds):
        held, general = timeline.in_force(own, begin), timeline.in_force(shop, begin)
        hard = cookie_types.in_force(policy, begin).cookie_type == CookieTypeChoice.HARD
        if hard and held and held.status == PartnershipTerms.Status.APPROVED and general:
            ends.append(end + timedelta(days=held.hard_days or general.hard_days))
    return ends
