"""Sales whose journey only a report knows that says other figures than the sale has."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from tracking.evidence.ranks import Rank
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome

_WITH_A_CLICK = Q(tokens__contains=[{"reason": ""}])
_AGREES = (ReportOutcome.CREATED, ReportOutcome.MERGED)


def of_differing_reports() -> Q:
    """Sales that are credited to somebody, where what the shop confirmed came without a click, and
    every report that brings one is unsigned and says other figures. Whoever knows an order's number
    and not what it cost may have sent it; so may a shop that reports with tax here and without it
    there."""
    reports = Report.objects.filter(advertiser=OuterRef("advertiser"), conversion=OuterRef("pk"))
    brings = reports.filter(_WITH_A_CLICK)
    differs = brings.filter(rank=Rank.TOKEN, outcome=ReportOutcome.DISCREPANCY)
    agrees = brings.filter(outcome__in=_AGREES)
    is_credited = Q(decision__paid_publisher__isnull=False)
    return is_credited & Q(Exists(differs)) & ~Q(Exists(agrees))


def is_doubtful(sale: Conversion) -> bool:
    rows: QuerySet[Conversion] = Conversion.objects.filter(advertiser=sale.advertiser_id)
    return rows.filter(of_differing_reports(), pk=sale.pk).exists()
