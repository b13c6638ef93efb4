"""The only writers of who is hard and who is soft: assignments, model types and their defaults.

Rows are only ever added, and start ahead. :mod:`publishers.cookie_types` says what they amount to.
The partners concerned are told in the same transaction, under the one lock of all who write, so
that of two who change the same at once the second sees what the first has done.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from network import dates
from network.effective import (
    ChangedMeanwhile,
    EffectiveDated,
    add_row,
    add_rows,
    cancel_row,
)
from network.models import Advertiser, AttributionTerms, User
from publishers import cookie_types
from publishers.cookie_types import Policy, PolicyRow
from publishers.models import (
    CookieTypeAssignment,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    Publisher,
    PublisherModelType,
)
from publishers.notice_period import (
    named,
    promised,
    refuse_without_notice,
    start_with_notice,
)
from publishers.notices import telling_partners

UNDER_WAY = timedelta(seconds=5)
"""A change that was being made when somebody's page was, and that the page did not know of yet."""

Row = TypeVar("Row", bound=EffectiveDated)
Deciding = TypeVar("Deciding", PublisherModelType, ModelTypeCookieType)


def assign(
    partnerships: Iterable[Partnership],
    cookie_type: str,
    now: datetime,
    *,
    reason: str,
    made_by: User | None,
    start: datetime | None = None,
    internal_note: str = "",
    known_until: datetime | None = None,
) -> Sequence[CookieTypeAssignment]:
    """Set partnerships to hard, soft or ``inherit``, all or none, from ``start`` or as soon as
    every process can know and the notice allows. ``reason`` is shown to the publisher. Clicks
    already made keep their type. ``known_until`` is when the page was made by which this was
    decided.

    Raises StartInPast; NoticeNotKept; ChangedMeanwhile when somebody else has changed one of them
    since ``known_until``, or has made a change with the same start; ValidationError without a
    reason, for an unknown type, and for partnerships that have ended, been declined or suspended.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Give the reason; the partner will see it."})
    chosen = _found(Partnership.objects.filter(pk__in=[row.pk for row in partnerships]))
    said = CookieTypeAssignment(
        cookie_type=cookie_type,
        reason=reason.strip(),
        internal_note=internal_note,
        created_at=now,
        made_by=made_by,
    )
    with telling_partners(chosen, now, made_by=made_by, reason=reason):
        if known_until is not None:
            _refuse_changed_since(known_until, chosen, now, made_by)
        starts_at = _start(said, chosen, start, now)
        _refuse_without_partnership(chosen, starts_at, now)
        return add_rows([_of(partnership, said, starts_at) for partnership in chosen])


def set_default(
    advertiser: Advertiser | None,
    model_type: str,
    cookie_type: str,
    now: datetime,
    *,
    reason: str,
    made_by: User | None,
    start: datetime | None = None,
    known_until: datetime | None = None,
) -> ModelTypeCookieType:
    """Set a model type's default, an advertiser's or (None) the network's; without a start as soon
    as every process can know and the longest notice allows. Raises as :func:`assign`, with
    ``known_until`` for every partner about whom it may decide."""
    if model_type not in ModelType.values:
        raise ValidationError(
            {"model_type": f"There is no model type “{model_type}”; choose one of those listed."}
        )
    row = ModelTypeCookieType(
        advertiser=advertiser,
        model_type=model_type,
        cookie_type=cookie_type,
        reason=reason,
        created_at=now,
        made_by=made_by,
    )
    return _add(row, start, now, known_until)


def change_model_type(
    publisher: Publisher,
    model_type: str,
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
) -> PublisherModelType:
    """Give a publisher another model type; an operator's decision. Clicks already made keep their
    cookie type. Raises StartInPast, NoticeNotKept, ChangedMeanwhile, ValidationError."""
    row = PublisherModelType(
        publisher=publisher, model_type=model_type, created_at=now, made_by=made_by, reason=reason
    )
    return _add(row, start, now)


def cancel(row: Row, now: datetime, *, reason: str, made_by: User | None) -> Row:
    """Cancel any change that holds from a moment on and has not started. ``reason`` is shown to
    those concerned. Raises TooLate, ChangedMeanwhile when it was cancelled already, NoticeNotKept
    when hard partners would become soft without it, and ValidationError without a reason."""
    partners = _found(concerned(row))
    with telling_partners(partners, now, made_by=made_by, reason=reason):
        if isinstance(row, PolicyRow):
            _refuse_without_notice(row, partners, now)
        return cancel_row(row, now, reason=reason, made_by=made_by)


def concerned(row: EffectiveDated) -> QuerySet[Partnership]:
    """The partnerships about which the row may decide something, now or later."""
    rows = Partnership.objects.all()
    match row:
        case CookieTypeAssignment() | PartnershipTerms():
            return rows.filter(pk=row.partnership_id)
        case PublisherModelType():
            return rows.filter(publisher=row.publisher_id)
        case ModelTypeCookieType():
            return _of_model_type(rows, row.model_type, row.advertiser_id)
        case AttributionTerms():
            return rows.filter(advertiser=row.advertiser_id)
        case _:
            return rows.none()


def _of_model_type(
    rows: QuerySet[Partnership], model_type: str, advertiser: int | None
) -> QuerySet[Partnership]:
    """Those that had, have or will have this model type."""
    kinds = PublisherModelType.objects.filter(model_type=model_type)
    of_type = Q(publisher__in=kinds.values("publisher"))
    if model_type == ModelType.OTHER:
        of_type |= ~Q(publisher__in=PublisherModelType.objects.values("publisher"))
    return rows.filter(of_type, **({} if advertiser is None else {"advertiser": advertiser}))


def _found(rows: QuerySet[Partnership]) -> list[Partnership]:
    return list(rows.select_related("publisher").order_by("pk"))


def _add(
    row: Deciding, start: datetime | None, now: datetime, known_until: datetime | None = None
) -> Deciding:
    partners = _found(concerned(row))
    with telling_partners(partners, now, made_by=row.made_by, reason=row.reason):
        if known_until is not None:
            _refuse_changed_since(known_until, partners, now, row.made_by)
        row.starts_at = _start(row, partners, start, now)
        return add_row(row)


def _refuse_without_notice(
    row: PolicyRow, partnerships: Sequence[Partnership], now: datetime
) -> None:
    """Raises NoticeNotKept when somebody would become soft too soon without the row."""
    to = promised(partnerships, now)
    refuse_without_notice(to, lambda policy: cookie_types.policy_without(policy, row), now)


def _start(
    said: PolicyRow, partnerships: Sequence[Partnership], start: datetime | None, now: datetime
) -> datetime:
    """When a change takes effect that says this. Raises StartInPast, NoticeNotKept."""

    def changed(policy: Policy, starts_at: datetime) -> Policy:
        starting = copy(said)
        starting.starts_at = starts_at
        return cookie_types.policy_with(policy, starting)

    return start_with_notice(promised(partnerships, now), changed, start, now)


def _of(
    partnership: Partnership, said: CookieTypeAssignment, starts_at: datetime
) -> CookieTypeAssignment:
    return CookieTypeAssignment(
        advertiser_id=partnership.advertiser_id,
        publisher_id=partnership.publisher_id,
        partnership=partnership,
        cookie_type=said.cookie_type,
        reason=said.reason,
        internal_note=said.internal_note,
        starts_at=starts_at,
        created_at=said.created_at,
        made_by=said.made_by,
    )


_GONE = {
    PartnershipTerms.Status.ENDED: ("ended", "Approve {whom} again first"),
    PartnershipTerms.Status.DECLINED: ("declined", "Approve {whom} first"),
    PartnershipTerms.Status.SUSPENDED: ("suspended", "Lift the suspension first"),
}


def _refuse_without_partnership(
    partnerships: Sequence[Partnership], at: datetime, now: datetime
) -> None:
    """Raises ValidationError that says who of them is no partner then, and what to do."""
    terms = PartnershipTerms.objects.filter(partnership__in=partnerships, starts_at__lte=at)
    held = {row.partnership_id: row for row in terms.order_by("starts_at")}
    said = []
    for status, (word, remedy) in _GONE.items():
        gone = [row for row in partnerships if row.pk in held and held[row.pk].status == status]
        if not gone:
            continue
        whom, noun, verb = (
            ("it", "partnership", "is") if len(gone) == 1 else ("them", "partnerships", "are")
        )
        if any(held[row.pk].starts_at > now for row in gone):
            verb = "will by then be"
        said.append(
            f"The {noun} of {named(gone)} {verb} {word}. {remedy.format(whom=whom)}, or leave "
            f"{whom} out of the selection."
        )
    if said:
        raise ValidationError(" ".join(said) + " Nothing was changed.")


def _refuse_changed_since(
    known_until: datetime,
    partnerships: Sequence[Partnership],
    now: datetime,
    made_by: User | None,
) -> None:
    """Raises ChangedMeanwhile that says which of them somebody else has changed, who and when."""
    since = {"created_at__gt": known_until - UNDER_WAY}
    rows = _deciding(partnerships, since)
    others = (row for row in rows if made_by is None or row.made_by_id != made_by.pk)
    recent = sorted(others, key=lambda row: row.created_at)
    policies = cookie_types.policies(partnerships) if recent else {}
    for row in reversed(recent):
        for partnership in partnerships:
            if _decides(row, partnership, policies[partnership.pk]):
                raise ChangedMeanwhile(
                    f"{_what_happened(row, partnership)} {dates.about(now - row.created_at)} ago "
                    f"by {row.made_by or 'the network'}. Look at it and try again."
                )


def _deciding(
    partnerships: Sequence[Partnership], since: dict[str, datetime]
) -> Iterator[PolicyRow]:
    advertisers = {row.advertiser_id for row in partnerships}
    publishers = {row.publisher_id for row in partnerships}
    of_defaults = Q(advertiser__in=advertisers) | Q(advertiser__isnull=True)
    own = CookieTypeAssignment.all_rows.filter(partnership__in=partnerships, **since)
    defaults = ModelTypeCookieType.all_rows.filter(of_defaults, **since)
    kinds = PublisherModelType.all_rows.filter(publisher__in=publishers, **since)
    yield from own.select_related("made_by")
    yield from defaults.select_related("made_by")
    yield from kinds.select_related("made_by")


def _decides(row: PolicyRow, partnership: Partnership, policy: Policy) -> bool:
    """Whether the row, or what it cancels, says which type the partnership has when it starts."""
    if isinstance(row, CookieTypeAssignment):
        return row.partnership_id == partnership.pk
    kind = cookie_types.in_force(policy, row.starts_at)
    if isinstance(row, PublisherModelType):
        return row.publisher_id == partnership.publisher_id and kind.source != "own"
    if row.model_type != kind.model_type:
        return False
    if row.advertiser_id is None:
        return kind.source == "network"
    return row.advertiser_id == partnership.advertiser_id and kind.source != "own"


def _what_happened(row: PolicyRow, partnership: Partnership) -> str:
    name = partnership.publisher.name
    if row.cancels_id is not None:
        return f"A coming change of {name} was cancelled"
    if isinstance(row, CookieTypeAssignment):
        to = {"inherit": "back to its model type's default"}.get(row.cookie_type, row.cookie_type)
        return f"{name} was set {'' if row.cookie_type == 'inherit' else 'to '}{to}"
    if isinstance(row, PublisherModelType):
        return f"The model type of {name} was changed to {row.get_model_type_display()}"
    to = {"inherit": "the network's"}.get(row.cookie_type, row.cookie_type)
    return (
        f"The default of {row.get_model_type_display()}, which decides for {name}, was set to {to}"
    )
