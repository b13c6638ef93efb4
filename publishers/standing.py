"""How partnerships stand at a time: cookie type and where it comes from, what comes, status."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from network import dates
from publishers import cookie_types
from publishers.cookie_types import InForce, Policy
from publishers.models import (
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)

OWN = "own"


@dataclass(frozen=True, slots=True)
class Coming:
    """The next change of a partnership's cookie type."""

    at: datetime
    kind: InForce

    def __str__(self) -> str:
        return f"→ {type_label(self.kind)} on {dates.day(self.at)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A partnership at a time. ``terms`` is None before its first; ``reason`` is what the
    advertiser says to the partner about an assignment of its own."""

    kind: InForce
    coming: Coming | None
    terms: PartnershipTerms | None
    reason: str = ""

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
        return ModelType(self.kind.model_type).label

    @property
    def is_approved(self) -> bool:
        return self.terms is not None and self.terms.status == PartnershipTerms.Status.APPROVED

    @property
    def status(self) -> str:
        return self.terms.get_status_display() if self.terms else "Not yet started"


def type_label(kind: InForce) -> str:
    """``Hard`` or ``Soft``."""
    return str(CookieTypeChoice(kind.cookie_type).label)


def source_text(kind: InForce) -> str:
    """Where a cookie type comes from: ``own, since 3 Mar 2026`` or ``Extension default``."""
    if kind.source == OWN and kind.since:
        return f"own, since {dates.day(kind.since)}"
    default = f"{ModelType(kind.model_type).label} default"
    return f"{default}, the advertiser's" if kind.source == "advertiser" else default


def coming(policy: Policy, now: datetime) -> Coming | None:
    """The next moment at which the cookie type becomes another one."""
    held = cookie_types.in_force(policy, now)
    for at in cookie_types.changes(policy):
        kind = cookie_types.in_force(policy, at)
        if at > now and kind.cookie_type != held.cookie_type:
            return Coming(at, kind)
    return None


def standings(partnerships: Iterable[Partnership], now: datetime) -> dict[int, Standing]:
    """How each stands, by its id, in a constant number of queries."""
    partnerships = list(partnerships)
    policies = cookie_types.policies(partnerships)
    terms = {
        row.partnership_id: row
        for row in PartnershipTerms.objects.filter(
            partnership__in=partnerships, starts_at__lte=now
        ).order_by("starts_at")
    }
    reasons = {
        row.partnership_id: row.reason
        for row in CookieTypeAssignment.objects.filter(
            partnership__in=partnerships,
            starts_at__lte=now,
            cancels__isnull=True,
            cancelled_by__isnull=True,
        ).order_by("starts_at")
    }
    return {
        key: Standing(
            kind=cookie_types.in_force(policy, now),
            coming=coming(policy, now),
            terms=terms.get(key),
            reason=reasons.get(key, ""),
        )
        for key, policy in policies.items()
    }


def with_current(queryset: QuerySet[Partnership], now: datetime) -> QuerySet[Partnership]:
    """Annotated with ``model_type_now`` and ``status_now``, to filter and sort by."""
    model_types = PublisherModelType.objects.filter(
        publisher=OuterRef("publisher"), starts_at__lte=now
    ).order_by("-starts_at")
    terms = PartnershipTerms.objects.filter(
        partnership=OuterRef("pk"), starts_at__lte=now
    ).order_by("-starts_at")
    return queryset.annotate(
        model_type_now=Subquery(model_types.values("model_type")[:1]),
        status_now=Subquery(terms.values("status")[:1]),
    )
