"""How partnerships stand at a time: cookie type and where it comes from, what comes, status."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext as _

from network import dates
from network.effective import queries, timeline
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import OWN, InForce, Policy
from publishers.cookie_types.words import source_text, type_label
from publishers.models import (
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)


@dataclass(frozen=True, slots=True)
class NextCookieType:
    """The next change of a partnership's cookie type."""

    at: datetime
    kind: InForce

    @property
    def type_label(self) -> str:
        return type_label(self.kind)

    def __str__(self) -> str:
        return _("→ %(type)s on %(day)s") % {"type": self.type_label, "day": dates.day(self.at)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A partnership at a time. ``terms`` is None before its first, and ``decided`` those that made
    the status what it is."""

    kind: InForce
    coming: NextCookieType | None
    terms: PartnershipTerms | None
    decided: PartnershipTerms | None = None

    @property
    def is_soft(self) -> bool:
        return self.kind.cookie_type == CookieTypeChoice.SOFT

    @property
    def is_own(self) -> bool:
        return self.kind.source == OWN

    @property
    def type_label(self) -> str:
        return type_label(self.kind)

    @property
    def source(self) -> str:
        return source_text(self.kind)

    @property
    def model_type(self) -> str:
        return str(ModelType(self.kind.model_type).label)

    @property
    def is_approved(self) -> bool:
        return self.terms is not None and self.terms.status == PartnershipTerms.Status.APPROVED

    @property
    def has_applied(self) -> bool:
        """Whether a decision is waited for."""
        return self.terms is not None and self.terms.status == PartnershipTerms.Status.APPLIED

    @property
    def status(self) -> str:
        return self.terms.get_status_display() if self.terms else _("Not yet started")

    @property
    def status_tone(self) -> str:
        """How the status is coloured: ``good``, ``waiting`` or ``wrong``; ended is neither."""
        return _TONES.get(self.terms.status, "") if self.terms else ""


_TONES: Mapping[str, str] = {
    PartnershipTerms.Status.APPROVED: "good",
    PartnershipTerms.Status.APPLIED: "waiting",
    PartnershipTerms.Status.SUSPENDED: "wrong",
}


def coming(policy: Policy, now: datetime) -> NextCookieType | None:
    """The next moment at which the cookie type becomes another one."""
    held = cookie_types.over_time(policy, now)
    types = timeline.turns(held, lambda one: one.kind.cookie_type)
    return NextCookieType(types[1].starts_at, types[1].kind) if len(types) > 1 else None


def standings(partnerships: Iterable[Partnership], now: datetime) -> dict[int, Standing]:
    """How each stands, by its id, in a constant number of queries."""
    partnerships = list(partnerships)
    policies = cookie_types.policies(partnerships)
    rows = PartnershipTerms.objects.filter(partnership__in=partnerships)
    terms = queries.timelines(queries.begun(rows, now), "partnership_id")
    return {row.pk: standing(policies[row.pk], terms[row.pk], now) for row in partnerships}


def standing(policy: Policy, terms: Sequence[PartnershipTerms], at: datetime) -> Standing:
    """How a partnership stands by its policy and its terms, given in order."""
    begun = timeline.begun(terms, at)
    return Standing(
        kind=cookie_types.in_force(policy, at),
        coming=coming(policy, at),
        terms=timeline.in_force(begun, at),
        decided=decided_by(begun),
    )


def decided_by(terms: Iterable[PartnershipTerms]) -> PartnershipTerms | None:
    """Of one partnership's terms, in order, the row that made the status what it is at their end:
    later ones changed something else. None of none."""
    return next(reversed(timeline.turns(terms, lambda row: row.status)), None)


def attach_standings(rows: Iterable[Partnership], now: datetime) -> None:
    """Make :func:`standing_of` work for these."""
    rows = list(rows)
    by_id = standings(rows, now)
    for row in rows:
        row.__dict__["standing"] = by_id[row.pk]


def standing_of(row: Partnership) -> Standing:
    """How a partnership of a list stands."""
    found: Standing = row.__dict__["standing"]
    return found


def changing(queryset: QuerySet[Partnership], now: datetime) -> list[int]:
    """The ids of those whose cookie type will be another one. The policy itself is asked, of those
    only if anything is still to start."""
    own = queries.coming(CookieTypeAssignment.objects.all(), now)
    kinds = queries.coming(PublisherModelType.objects.all(), now)
    defaults = queries.coming(ModelTypeCookieType.objects.all(), now)
    candidates = queryset.filter(
        Q(pk__in=own.values("partnership"))
        | Q(publisher__in=kinds.values("publisher"))
        | Q(advertiser__in=defaults.values("advertiser"))
        | Q(Exists(defaults.filter(advertiser__isnull=True)))
    )
    policies = cookie_types.policies(candidates)
    return [key for key, policy in policies.items() if coming(policy, now) is not None]
