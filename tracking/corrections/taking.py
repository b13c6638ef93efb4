"""Taking in a report that was refused, once staff have corrected its fields.

The corrected report goes the way of every report. It is dated as the refused one was received, and
brings the same clicks and sessions. Its rank is decided as for any other, so it never rises: what
came with a key stays keyed; a signature counts only for the fields that were signed, and no staff
signs anything. Nor does a correction approve the sale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from network.models import Advertiser, User
from tracking.clicks.keys import KEYS
from tracking.conversions import journeys, locking, recording, reports
from tracking.conversions.reports import JudgedReport, SaleReport, terms_of
from tracking.evidence import signing
from tracking.evidence.fields import SENT, SaleFields, is_test, read_fields
from tracking.evidence.joining import Role
from tracking.models import Commission, Conversion, Correction, Report
from tracking.rule.reasons import ReportOutcome


class NotCorrectable(ValueError):
    """The report cannot be taken in; the message says why."""


@dataclass(frozen=True, slots=True)
class CorrectedReport:
    """A refused report with the fields that staff typed, and the sale that they tell of."""

    refused: Report
    fields: Mapping[str, str]
    sale: SaleFields


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a corrected report, and of its order."""

    outcome: ReportOutcome
    conversion: Conversion | None
    commission: Commission | None
    taken: Report | None


def refusal(row: Report) -> Promise | None:
    """Why the report cannot be corrected; None where it can be."""
    if row.outcome == ReportOutcome.CORRECTED:
        return gettext_lazy("This report has been corrected and taken in already.")
    if row.outcome != ReportOutcome.INVALID:
        return gettext_lazy("This report was not refused; there is nothing to correct.")
    if not row.sent:
        return gettext_lazy(
            "This report cannot be corrected: none of its fields could be read. Let the shop send "
            "the order again."
        )
    if is_test(row.sent.get("test", "")):
        return gettext_lazy("This report was a test; there is nothing to take in.")
    if row.advertiser.status == Advertiser.Status.CLOSED:
        return gettext_lazy("The advertiser is closed: it takes no more reports.")
    return None


def correct(row: Report, fields: Mapping[str, str]) -> CorrectedReport:
    """The report with these fields. Raises InvalidReport with each that is wrong still."""
    typed = {name: text for name, text in fields.items() if name in SENT and text}
    whole = {**typed, "items": row.sent.get("items")}
    return CorrectedReport(row, typed, read_fields(whole, terms_of(row.advertiser)))


def take_in(corrected: CorrectedReport, made_by: User, now: datetime) -> Correction:
    """Take the report in, once: of two at a time one is refused. Raises NotCorrectable."""
    with transaction.atomic():
        done = _taken(corrected, now)
        refused = corrected.refused
        refused.outcome = ReportOutcome.CORRECTED
        refused.save(update_fields=["outcome"])
        return Correction.objects.create(
            advertiser=refused.advertiser,
            report=refused,
            taken=done.taken,
            conversion=done.conversion,
            outcome=done.outcome.value,
            fields=dict(corrected.fields),
            at=now,
            made_by=made_by,
        )


def try_out(corrected: CorrectedReport, now: datetime) -> TakenIn:
    """What would become of the report now: it is taken in, and all of it is taken back. Raises
    NotCorrectable."""
    with transaction.atomic():
        done = _taken(corrected, now)
        transaction.set_rollback(True)
    return done


def _taken(corrected: CorrectedReport, now: datetime) -> TakenIn:
    """Locks as the drain does, and the refused report last: whoever counts another refused report
    with it holds all of those."""
    [judged] = reports.judge([_report(corrected)], KEYS)
    advertiser, order = corrected.refused.advertiser_id, corrected.sale.order
    journeys.lock(recording.locks_of([judged]))
    locking.lock_all(advertiser, Q(order=order))
    _require_open(corrected.refused)
    outcome = recording.record_judged([judged], now)[judged.report.id]
    return _found(judged, outcome)


def _require_open(refused: Report) -> None:
    rows = Report.objects.select_for_update(of=("self",)).select_related("advertiser")
    held = rows.get(advertiser=refused.advertiser_id, pk=refused.pk)
    if said := refusal(held):
        raise NotCorrectable(str(said))


def _found(judged: JudgedReport, outcome: ReportOutcome) -> TakenIn:
    report, sale = judged.report, judged.report.sale
    assert sale is not None
    order = Conversion.objects.filter(advertiser=report.advertiser, order=sale.order)
    conversion = order.select_related("commission__publisher", "advertiser").first()
    return TakenIn(
        outcome=outcome,
        conversion=conversion,
        commission=getattr(conversion, "commission", None),
        taken=Report.objects.filter(advertiser=report.advertiser, pk=report.id).first(),
    )


def _report(corrected: CorrectedReport) -> SaleReport:
    row = corrected.refused
    report = SaleReport(
        id=uuid7(),
        advertiser=row.advertiser_id,
        source=row.source,
        received_at=row.received_at,
        at=row.at,
        sale=corrected.sale,
        tokens=tuple((Role(token["role"]), token["token"]) for token in row.tokens),
        sessions=tuple(row.sessions),
        from_browser=row.from_browser,
        session_by_cookie=row.session_by_cookie,
        is_unanswered=row.is_unanswered,
        order=corrected.sale.order,
    )
    was_changed = any(
        corrected.fields.get(name, "") != row.sent.get(name, "") for name in signing.SIGNED_FIELDS
    )
    return report if was_changed else replace(report, signature=signing.presented(row.sent))
