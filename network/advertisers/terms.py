"""Creating advertisers and changing the terms that hold from a moment on."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext

from network.effective import queries, rebasing, timeline
from network.effective.queries import History, of_same
from network.effective.rows import add_row, start_or_now
from network.models import (
    Advertiser,
    AttributionTerms,
    CommissionGroup,
    CommissionRate,
    User,
)

DEFAULT_GROUP = "DEFAULT"
TERMS_FIELDS = AttributionTerms.carried


def terms_at(advertiser: Advertiser, at: datetime) -> AttributionTerms:
    """The attribution terms in force; prefetched ``terms`` are not read again. Raises
    AttributionTerms.DoesNotExist before the first."""
    held = timeline.in_force(list(advertiser.terms.all()), at)
    if held is None:
        raise AttributionTerms.DoesNotExist(f"{advertiser} had no attribution terms at {at}.")
    return held


def rate_at(group: CommissionGroup, at: datetime) -> CommissionRate:
    """The rate in force. Raises CommissionRate.DoesNotExist before the first."""
    held = queries.in_force(group.rates.all(), at)
    if held is None:
        raise CommissionRate.DoesNotExist(f"{group} had no rate at {at}.")
    return held


def paid_groups() -> QuerySet[CommissionGroup]:
    """The commission groups that a report may name: those with a rate, be it one to come. Nobody
    could say what another one pays."""
    rates = CommissionRate.objects.filter(group=OuterRef("pk"))
    return CommissionGroup.objects.filter(Exists(rates))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdvertiser:
    """What must be known to create an advertiser; ``rate`` is the ``DEFAULT`` group's."""

    name: str
    currency: str
    landing_url: str
    domains: list[str]
    consent_default: str
    percent: Decimal | None = None
    fixed_minor: int | None = None
    network_fee_percent: Decimal = Decimal(0)
    verification: str = Advertiser.Verification.CONFIRMED
    largest_order_minor: int | None = None
    confirm_days: int = 60
    conflict_days: int = 30
    terms: dict[str, int | str] = field(default_factory=dict)


def create_advertiser(new: NewAdvertiser, now: datetime, made_by: User | None = None) -> Advertiser:
    """Create the advertiser with its first terms and its ``DEFAULT`` rate, in force at once.
    Raises ValidationError that names the field."""
    advertiser = Advertiser(
        name=new.name,
        currency=new.currency,
        landing_url=new.landing_url,
        domains=new.domains,
        consent_default=new.consent_default,
        network_fee_percent=new.network_fee_percent,
        verification=new.verification,
        largest_order_minor=new.largest_order_minor,
        confirm_days=new.confirm_days,
        conflict_days=new.conflict_days,
        created_at=now,
    )
    advertiser.full_clean()
    with transaction.atomic():
        advertiser.save(force_insert=True)
        start_advertiser(advertiser, now, made_by, new.terms)
        group = advertiser.commission_groups.get(code=DEFAULT_GROUP)
        _add_rate(group, new.percent, new.fixed_minor, (now, now, made_by))
    return advertiser


def start_advertiser(
    advertiser: Advertiser,
    now: datetime,
    made_by: User | None,
    terms: dict[str, int | str] | None = None,
) -> None:
    """Give a new advertiser what every advertiser has: terms in force, and a ``DEFAULT`` group."""
    first = AttributionTerms(
        advertiser=advertiser, starts_at=now, created_at=now, made_by=made_by, **(terms or {})
    )
    add_row(first)
    CommissionGroup.objects.create(advertiser=advertiser, code=DEFAULT_GROUP, name="Default")


def add_group(
    advertiser: Advertiser,
    code: str,
    now: datetime,
    *,
    made_by: User | None,
    name: str = "",
    percent: Decimal | None = None,
    fixed_minor: int | None = None,
) -> CommissionGroup:
    """Give the advertiser another commission group, with the rate that it pays from now on. Raises
    ValidationError for a code that is none or is there already, and without a rate."""
    group = CommissionGroup(advertiser=advertiser, code=code, name=name)
    group.full_clean()
    with transaction.atomic():
        group.save(force_insert=True)
        _add_rate(group, percent, fixed_minor, (start_or_now(None, now), now, made_by))
    return group


def change_terms(
    advertiser: Advertiser,
    changes: dict[str, int | str],
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
    known: int | None = None,
    history: History[AttributionTerms] | None = None,
) -> AttributionTerms:
    """Add a row of terms: those in force at its start, with ``changes``; coming ones follow
    (:mod:`network.effective.rebasing`). Clicks already made keep their windows. ``known`` is the
    newest row that the page knew of by which this was decided, ``history`` what there is of these
    terms, where it was read already. Raises StartInPast, ChangedMeanwhile when somebody else has
    changed them since or with the same start, ValidationError."""
    terms = AttributionTerms(
        advertiser=advertiser,
        starts_at=start_or_now(start, now),
        created_at=now,
        made_by=made_by,
        reason=reason,
    )
    history = of_same(terms) if history is None else history
    if known is not None:
        rebasing.refuse_unknown(terms, known, now, history)
    return rebasing.change(terms, changes, history)


def change_rate(
    group: CommissionGroup,
    now: datetime,
    *,
    made_by: User | None,
    percent: Decimal | None = None,
    fixed_minor: int | None = None,
    reason: str = "",
    start: datetime | None = None,
) -> CommissionRate:
    """Add a rate to the group. Raises StartInPast, ChangedMeanwhile, ValidationError."""
    stamp = (start_or_now(start, now), now, made_by)
    return _add_rate(group, percent, fixed_minor, stamp, reason)


def _add_rate(
    group: CommissionGroup,
    percent: Decimal | None,
    fixed_minor: int | None,
    stamp: tuple[datetime, datetime, User | None],
    reason: str = "",
) -> CommissionRate:
    if (percent is None) == (fixed_minor is None):
        raise ValidationError({"percent": gettext("Give either a percentage or a fixed amount.")})
    starts_at, created_at, made_by = stamp
    rate = CommissionRate(
        advertiser=group.advertiser,
        group=group,
        percent=percent,
        fixed_minor=fixed_minor,
        starts_at=starts_at,
        created_at=created_at,
        made_by=made_by,
        reason=reason.strip(),
    )
    return add_row(rate)
