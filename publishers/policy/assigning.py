"""The only writers of who is hard and who is soft: assignments, model types and their defaults.

Rows are only ever added, and start ahead. :mod:`publishers.cookie_types.resolution` says what they
amount to. The partners concerned get notices in the same transaction, under the one lock of all who
write, so that of two who change the same at once the second sees what the first has done.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from network.effective import rebasing
from network.effective.queries import History
from network.effective.rows import (
    ChangedMeanwhile,
    EffectiveDated,
    WholeTerms,
    add_row,
    add_rows,
    cancel_row,
)
from network.models import Advertiser, AttributionTerms, CommissionRate, User
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy, PolicyRow
from publishers.models import (
    CookieTypeAssignment,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    Publisher,
    PublisherModelType,
)
from publishers.notices.writing import telling_partners
from publishers.partnerships.reading import Reading
from publishers.policy.conflicts import UNDER_WAY, changed_since
from publishers.policy.departed import departed
from publishers.policy.notice_period import (
    Promised,
    promised,
    refuse_without_notice,
    start_with_notice,
)

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
    reason = _given(reason)
    chosen = _found(Partnership.objects.filter(pk__in=[row.pk for row in partnerships]))
    said = CookieTypeAssignment(
        cookie_type=cookie_type,
        reason=reason,
        internal_note=internal_note,
        created_at=now,
        made_by=made_by,
    )
    with telling_partners(
        chosen, now, changing=CookieTypeAssignment, made_by=made_by, reason=reason
    ) as reading:
        if known_until is not None:
            asked = cookie_types.starting(said, start or now)
            _refuse_changed_since(known_until, chosen, reading.policies, asked, now)
        starts_at = _start(said, promised(chosen, reading, now), start, now)
        _refuse_without_partnership(chosen, reading, starts_at, now)
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
    ``known_until`` for every partner that it may decide about."""
    _refuse_unknown(model_type)
    row = ModelTypeCookieType(
        advertiser=advertiser,
        model_type=model_type,
        cookie_type=cookie_type,
        reason=_given(reason),
        created_at=now,
        made_by=made_by,
    )
    return _add(row, start, now, known_until)


def change_model_type(
    publisher: Publisher,
    model_type: str,
    now: datetime,
    *,
    reason: str,
    made_by: User | None,
    start: datetime | None = None,
    known_until: datetime | None = None,
) -> PublisherModelType:
    """Give a publisher another model type; an operator's decision. Clicks already made keep their
    cookie type. Raises as :func:`set_default`, with ``known_until`` for every partnership of the
    publisher and for its model type itself."""
    _refuse_unknown(model_type)
    row = PublisherModelType(
        publisher=publisher,
        model_type=model_type,
        reason=_given(reason),
        created_at=now,
        made_by=made_by,
    )
    return _add(row, start, now, known_until)


def cancel(row: Row, now: datetime, *, reason: str, made_by: User | None) -> Row:
    """Cancel any change that holds from a moment on and has not started. ``reason`` is shown to
    those concerned. Raises TooLate, ChangedMeanwhile when it was cancelled already, NoticeNotKept
    when hard partners would become soft without it, and ValidationError without a reason."""
    partners = _found(concerned(row))
    with telling_partners(
        partners, now, changing=type(row), made_by=made_by, reason=reason
    ) as reading:
        if isinstance(row, PolicyRow):
            _refuse_without_notice(row, promised(partners, reading, now), now)
        if isinstance(row, WholeTerms):
            said = _history(row, reading)
            made: Row = rebasing.cancel(row, now, reason=reason, made_by=made_by, history=said)
            return made
        return cancel_row(row, now, reason=reason, made_by=made_by)


def _history(row: WholeTerms, reading: Reading) -> History[Any] | None:
    """What was read of whatever the row is about; None of a shop without partners."""
    match row:
        case PartnershipTerms():
            return reading.own.get(row.partnership_id)
        case AttributionTerms():
            return reading.shops.get(row.advertiser_id)
    return None


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
        case AttributionTerms() | CommissionRate():
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


def _given(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": _("Give the reason; the partner will see it.")})
    return reason.strip()


def _refuse_unknown(model_type: str) -> None:
    if model_type not in ModelType.values:
        said = _("There is no model type “%(model_type)s”; choose one of those listed.")
        raise ValidationError({"model_type": said % {"model_type": model_type}})


def _found(rows: QuerySet[Partnership]) -> list[Partnership]:
    return list(rows.select_related("publisher").order_by("pk"))


def _add(
    row: Deciding, start: datetime | None, now: datetime, known_until: datetime | None = None
) -> Deciding:
    partners = _found(concerned(row))
    with telling_partners(
        partners, now, changing=type(row), made_by=row.made_by, reason=row.reason
    ) as reading:
        if known_until is not None:
            asked = cookie_types.starting(row, start or now)
            _refuse_changed_since(known_until, partners, reading.policies, asked, now)
        row.starts_at = _start(row, promised(partners, reading, now), start, now)
        return add_row(row)


def _refuse_without_notice(row: PolicyRow, to: Sequence[Promised], now: datetime) -> None:
    """Raises NoticeNotKept when somebody would become soft too soon without the row."""
    refuse_without_notice(to, lambda policy: cookie_types.policy_without(policy, row), now)


def _start(
    said: PolicyRow, to: Sequence[Promised], start: datetime | None, now: datetime
) -> datetime:
    """When a change takes effect that says this. Raises StartInPast, NoticeNotKept."""

    def changed(policy: Policy, starts_at: datetime) -> Policy:
        return cookie_types.policy_with(policy, cookie_types.starting(said, starts_at))

    return start_with_notice(to, changed, start, now)


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


def _refuse_without_partnership(
    partnerships: Sequence[Partnership], reading: Reading, at: datetime, now: datetime
) -> None:
    """Raises ValidationError that says who of them is not a partner then, and what to do."""
    if gone := departed(partnerships, reading, at, now):
        said = [sentence for one in gone for sentence in one.sentences]
        raise ValidationError(" ".join([*said, _("Or leave them out of the selection.")]))


def _refuse_changed_since(
    known_until: datetime,
    partnerships: Sequence[Partnership],
    policies: Mapping[int, Policy],
    said: PolicyRow,
    now: datetime,
) -> None:
    """Raises ChangedMeanwhile that says what somebody else has changed about one of them, who and
    when. ``said`` is to be written, given with the start that was asked for."""
    others = changed_since(
        partnerships,
        known_until - UNDER_WAY,
        by_others_than=said.made_by,
        said=said,
        policies=policies,
    )
    if others:
        raise ChangedMeanwhile(" ".join([others[0].told(now), _("Look at it and try again.")]))
