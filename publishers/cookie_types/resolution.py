"""Who is hard and who is soft, at any time: resolution of the policy, which
:mod:`publishers.policy.assigning` writes.

The cookie type of a publisher at an advertiser at a time is the first that applies of: the latest
assignment of the partnership that has started, unless it says ``inherit``; the advertiser's default
for the publisher's model type, likewise; the network's default for the model type.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Q

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
    kind = step_at(policy.model_types, at)
    model_type = kind.value if kind else ModelType.OTHER.value
    layers = (
        (OWN, policy.assignments),
        (ADVERTISER, policy.advertiser_defaults.get(model_type, ())),
        (NETWORK, policy.network_defaults.get(model_type, ())),
    )
    for source, steps in layers:
        step = step_at(steps, at)
        if step and step.value != AssignedType.INHERIT:
            return InForce(step.value, source, step.starts_at, model_type)
    return InForce(builtin_default(model_type), NETWORK, None, model_type)


def step_at(steps: Steps, at: datetime) -> Step | None:
    """The step in force at a time; None before the first."""
    index = bisect_right(steps, at, key=_starts_at)
    return steps[index - 1] if index else None


def changes(policy: Policy) -> list[datetime]:
    """Every moment at which the outcome may change, in order."""
    steps = [*policy.assignments, *policy.model_types]
    for defaults in (policy.advertiser_defaults, policy.network_defaults):
        steps += [step for timeline in defaults.values() for step in timeline]
    return sorted({step.starts_at for step in steps})


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
    return _edited(policy, row, lambda steps: sorted([*steps, step], key=_starts_at))


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


def _starts_at(step: Step) -> datetime:
    return step.starts_at


def policies(partnerships: Iterable[Partnership]) -> dict[int, Policy]:
    """The policy of each partnership by its id, in a constant number of queries."""
    partnerships = list(partnerships)
    assignments = _assignments(partnerships)
    model_types: dict[int, list[Step]] = defaultdict(list)
    publishers = {partnership.publisher_id for partnership in partnerships}
    for row in PublisherModelType.objects.filter(publisher__in=publishers).order_by("starts_at"):
        model_types[row.publisher_id].append(Step(row.starts_at, row.model_type))
    defaults = _defaults({partnership.advertiser_id for partnership in partnerships})
    return {
        partnership.id: Policy(
            assignments=assignments[partnership.id],
            model_types=model_types[partnership.publisher_id],
            advertiser_defaults=defaults[partnership.advertiser_id],
            network_defaults=defaults[None],
        )
        for partnership in partnerships
    }


def policy_of(partnership: Partnership) -> Policy:
    return policies([partnership])[partnership.id]


def _assignments(partnerships: list[Partnership]) -> dict[int, list[Step]]:
    steps: dict[int, list[Step]] = defaultdict(list)
    rows = CookieTypeAssignment.objects.filter(partnership__in=partnerships)
    for row in rows.order_by("starts_at"):
        steps[row.partnership_id].append(Step(row.starts_at, row.cookie_type))
    return steps


def _defaults(advertisers: set[int]) -> dict[int | None, dict[str, list[Step]]]:
    defaults: dict[int | None, dict[str, list[Step]]] = defaultdict(lambda: defaultdict(list))
    rows = ModelTypeCookieType.objects.filter(
        Q(advertiser__in=advertisers) | Q(advertiser__isnull=True)
    )
    for row in rows.order_by("starts_at"):
        defaults[row.advertiser_id][row.model_type].append(Step(row.starts_at, row.cookie_type))
    return defaults
