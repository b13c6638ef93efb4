"""Who is hard and who is soft, at any time: resolution of the policy, which
:mod:`publishers.policy.assigning` writes.

The cookie type of a publisher at an advertiser at a time is the first that applies of: the latest
assignment of the partnership that has started, unless it says ``inherit``; the advertiser's default
for the publisher's model type, likewise; the network's default for the model type.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from network.effective import queries, timeline
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PublisherModelType,
)

OWN, ADVERTISER, NETWORK = "own", "advertiser", "network"
"""Where a cookie type comes from."""

SOFT_BY_DEFAULT = frozenset({ModelType.OVERLAY, ModelType.EXTENSION, ModelType.RETARGETING})
"""These reach a shopper who is already there; every other model type is hard."""

SET_UP = timedelta(minutes=1)
"""A partnership is added in one step and given its type in the next; what held in between for less
than this is not told."""


@dataclass(frozen=True, slots=True)
class Step:
    """A value that holds from a moment until the next step."""

    starts_at: datetime
    value: str


Steps = Sequence[Step]


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides one partnership's cookie type, over time; steps in order."""

    assignments: Steps = ()
    model_types: Steps = ()
    advertiser_defaults: Mapping[str, Steps] = field(default_factory=dict)
    network_defaults: Mapping[str, Steps] = field(default_factory=dict)

    @property
    def timelines(self) -> Sequence[Steps]:
        """Everything at which the outcome may change."""
        defaults = (*self.advertiser_defaults.values(), *self.network_defaults.values())
        return (self.assignments, self.model_types, *defaults)


@dataclass(frozen=True, slots=True)
class InForce:
    """A cookie type, where it comes from (``own``, ``advertiser`` or ``network``), since when
    (None: always), and the publisher's model type then."""

    cookie_type: str
    source: str
    since: datetime | None
    model_type: str

    def __str__(self) -> str:
        kind = CookieTypeChoice(self.cookie_type).label
        if self.source == OWN:
            return f"{kind}: own, since {self.since:%d %b %Y}"
        return f"{kind}: {ModelType(self.model_type).label} default ({self.source})"


def builtin_default(model_type: str) -> str:
    """The network's default where no operator has said otherwise."""
    soft = model_type in SOFT_BY_DEFAULT
    return CookieTypeChoice.SOFT.value if soft else CookieTypeChoice.HARD.value


def in_force(policy: Policy, at: datetime) -> InForce:
    """The cookie type at a time."""
    kind = timeline.in_force(policy.model_types, at)
    model_type = kind.value if kind else ModelType.OTHER.value
    layers = (
        (OWN, policy.assignments),
        (ADVERTISER, policy.advertiser_defaults.get(model_type, ())),
        (NETWORK, policy.network_defaults.get(model_type, ())),
    )
    for source, steps in layers:
        step = timeline.in_force(steps, at)
        if step and step.value != AssignedType.INHERIT:
            return InForce(step.value, source, step.starts_at, model_type)
    return InForce(builtin_default(model_type), NETWORK, None, model_type)


def changes(policy: Policy) -> list[datetime]:
    """Every moment at which the outcome may change, in order."""
    return timeline.moments(*policy.timelines)


@dataclass(frozen=True, slots=True)
class Holding:
    """A cookie type that holds from a moment on."""

    starts_at: datetime
    kind: InForce


def over_time(policy: Policy, since: datetime) -> list[Holding]:
    """The cookie type at a time, and then whenever it or where it comes from becomes another."""
    moments = (since, *(at for at in changes(policy) if at > since))
    holdings = [Holding(at, in_force(policy, at)) for at in moments]
    return timeline.turns(holdings, lambda one: one.kind)


PolicyRow = CookieTypeAssignment | PublisherModelType | ModelTypeCookieType
"""What decides a cookie type."""


def starting(row: PolicyRow, at: datetime) -> PolicyRow:
    """What an unsaved row says, with this start."""
    said = copy(row)
    said.starts_at = at
    return said


def policy_with(policy: Policy, row: PolicyRow) -> Policy:
    """The policy as it were with this row, which holds for the partnership too."""
    value = row.model_type if isinstance(row, PublisherModelType) else row.cookie_type
    step = Step(row.starts_at, value)
    return _edited(policy, row, lambda steps: timeline.in_order([*steps, step]))


def policy_without(policy: Policy, row: PolicyRow) -> Policy:
    """The policy as it were without this row."""
    return _edited(
        policy, row, lambda steps: [step for step in steps if step.starts_at != row.starts_at]
    )


def _edited(policy: Policy, row: PolicyRow, edit: Callable[[Steps], Steps]) -> Policy:
    if isinstance(row, CookieTypeAssignment):
        return replace(policy, assignments=edit(policy.assignments))
    if isinstance(row, PublisherModelType):
        return replace(policy, model_types=edit(policy.model_types))
    if row.advertiser_id is None:
        return replace(policy, network_defaults=_of_type(policy.network_defaults, row, edit))
    return replace(policy, advertiser_defaults=_of_type(policy.advertiser_defaults, row, edit))


def _of_type(
    defaults: Mapping[str, Steps], row: ModelTypeCookieType, edit: Callable[[Steps], Steps]
) -> Mapping[str, Steps]:
    return {**defaults, row.model_type: edit(defaults.get(row.model_type, ()))}


def policies(partnerships: Iterable[Partnership]) -> dict[int, Policy]:
    """The policy of each partnership by its id, in a constant number of queries."""
    partnerships = list(partnerships)
    assignments, model_types = _assignments(partnerships), _model_types(partnerships)
    defaults = _defaults(partnerships)
    return {
        partnership.id: Policy(
            assignments=assignments.get(partnership.id, ()),
            model_types=model_types.get(partnership.publisher_id, ()),
            advertiser_defaults=defaults[partnership.advertiser_id],
            network_defaults=defaults[None],
        )
        for partnership in partnerships
    }


def policies_again(
    before: Mapping[int, Policy], partnerships: Sequence[Partnership], changed: type[Any]
) -> dict[int, Policy]:
    """The policies that were these ``before`` rows of one table changed. One query."""
    if changed is CookieTypeAssignment:
        own = _assignments(partnerships)
        return {
            row.id: replace(before[row.id], assignments=own.get(row.id, ())) for row in partnerships
        }
    if changed is PublisherModelType:
        kinds = _model_types(partnerships)
        return {
            row.id: replace(before[row.id], model_types=kinds.get(row.publisher_id, ()))
            for row in partnerships
        }
    if changed is not ModelTypeCookieType:
        raise TypeError(f"{changed.__name__} decides no cookie type")
    defaults = _defaults(partnerships)
    return {
        row.id: replace(
            before[row.id],
            advertiser_defaults=defaults[row.advertiser_id],
            network_defaults=defaults[None],
        )
        for row in partnerships
    }


def policy_of(partnership: Partnership) -> Policy:
    return policies([partnership])[partnership.id]


_ASSIGNMENTS = queries.TimelinesOf(
    lambda one: CookieTypeAssignment.objects.filter(partnership=one), "partnership_id"
)
_MODEL_TYPES = queries.TimelinesOf(
    lambda one: PublisherModelType.objects.filter(publisher=one), "publisher_id"
)
_DEFAULTS = queries.TimelinesOf(
    lambda one: ModelTypeCookieType.objects.filter(Q(advertiser=one) | Q(advertiser=None)),
    *("advertiser_id", "model_type"),
)


def _assignments(partnerships: Sequence[Partnership]) -> Mapping[int, Steps]:
    return _steps(_ASSIGNMENTS({row.id for row in partnerships}), "cookie_type")


def _model_types(partnerships: Sequence[Partnership]) -> Mapping[int, Steps]:
    return _steps(_MODEL_TYPES({row.publisher_id for row in partnerships}), "model_type")


def _defaults(
    partnerships: Sequence[Partnership],
) -> Mapping[int | None, Mapping[str, Steps]]:
    """By advertiser (None: the network's) and model type."""
    found = _steps(_DEFAULTS({row.advertiser_id for row in partnerships}), "cookie_type")
    defaults: dict[int | None, dict[str, Steps]] = defaultdict(dict)
    for (advertiser, model_type), steps in found.items():
        defaults[advertiser][model_type] = steps
    return defaults


def _steps(timelines: Mapping[Any, Sequence[PolicyRow]], name: str) -> dict[Any, Steps]:
    """What the rows of each timeline say in this field."""
    return {
        key: [Step(row.starts_at, getattr(row, name)) for row in rows]
        for key, rows in timelines.items()
    }
