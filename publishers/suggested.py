"""The rule of suggestions in SQL, for the list's tab and order and for the home's number.

It says :attr:`publishers.suggestions.Seen.advice` again; ``tests/test_suggestions.py`` holds the
two together.
"""

from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from publishers.models import CookieTypeChoice, Partnership, PartnershipTerms
from publishers.standing import changing
from publishers.suggestions import (
    ADVISED,
    ENOUGH_SALES,
    HARD_BELOW_SHARE,
    SOFT_FROM_SHARE,
    SOFT_WITHIN,
    Advice,
)


def advice(partnerships: QuerySet[Partnership], now: datetime) -> Case:
    """The advice of each of these partnerships: an expression over their figures
    (``reports.annotate_partners``) and what is in force (``standing.with_current``). It asks at
    once which of them are going to change."""
    among = Partnership.objects.filter(pk__in=partnerships.order_by().values("pk"))
    soft, hard = Q(cookie_type_now=CookieTypeChoice.SOFT), Q(cookie_type_now=CookieTypeChoice.HARD)
    is_late = Q(
        share_after_other__gte=SOFT_FROM_SHARE, median_seconds__lt=SOFT_WITHIN.total_seconds()
    )
    is_out = ~Q(status_now=PartnershipTerms.Status.APPROVED) | Q(status_now__isnull=True)
    return Case(
        When(touched__lt=ENOUGH_SALES, then=Value(Advice.TOO_FEW.value)),
        When(is_out | Q(pk__in=changing(among, now)), then=Value(Advice.NOTHING.value)),
        When(soft & Q(share_after_other__lt=HARD_BELOW_SHARE), then=Value(Advice.HARD.value)),
        When(hard & is_late, then=Value(Advice.SOFT.value)),
        default=Value(Advice.NOTHING.value),
        output_field=IntegerField(),
    )


def suggested(partnerships: QuerySet[Partnership], now: datetime) -> QuerySet[Partnership]:
    """Those that deserve a look; of partnerships annotated as :func:`advice` wants them."""
    return partnerships.alias(advice=advice(partnerships, now)).filter(advice__in=ADVISED)
