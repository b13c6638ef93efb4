"""Whom the rule of suggestions points out among many partners: for the list's tab and order, and
for the home's number."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from publishers.models import CookieTypeChoice, Partnership, PartnershipTerms
from publishers.partnerships.standing import changing
from publishers.partnerships.suggestions import ADVISED, Advice, Seen


def advised(partnerships: QuerySet[Any], now: datetime) -> Mapping[int, Advice]:
    """What is suggested about each, by its id. They have their figures
    (``reports.annotate_partners``) and what is in force (``current.with_current``). The median is
    costly, and asked only of those that it decides for. At most seven queries."""
    rows = partnerships.order_by()
    among = Partnership.objects.filter(pk__in=rows.values("pk"))
    are_changing = frozenset(changing(among, now))
    values = rows.values_list("pk", "cookie_type_now", "status_now", "touched", "after_other")
    seen = {
        key: Seen(
            is_soft=kind == CookieTypeChoice.SOFT,
            is_changing=key in are_changing,
            is_approved=status == PartnershipTerms.Status.APPROVED,
            touched=touched,
            share_after_other=after_other / touched if touched else None,
            median_seconds=0,
        )
        for key, kind, status, touched, after_other in values
    }
    found = {key: each.advice for key, each in seen.items()}
    if_quick = [key for key, said in found.items() if said is Advice.SOFT]
    medians = rows.filter(pk__in=if_quick).values_list("pk", "median_seconds")
    for key, median in medians:
        found[key] = seen[key].with_median(median).advice
    return found


def suggested(partnerships: QuerySet[Partnership], now: datetime) -> list[int]:
    """The ids of those that deserve a look; of partnerships as :func:`advised` wants them."""
    return [key for key, said in advised(partnerships, now).items() if said in ADVISED]


def advice(partnerships: QuerySet[Partnership], now: datetime) -> Case:
    """The advice about each of these, as an expression to sort by."""
    found = advised(partnerships, now)
    return Case(
        *(
            When(pk__in=[key for key, said in found.items() if said is each], then=Value(each))
            for each in Advice
            if each in found.values()
        ),
        default=Value(Advice.TOO_FEW.value),
        output_field=IntegerField(),
    )
