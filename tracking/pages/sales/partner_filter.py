"""What the admin's list of sales can be narrowed by: a partner's part in them."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from network import clock
from network.pages.site.totals import CappedPaginator
from network.people import access
from publishers.models import Partnership
from publishers.pages.partners.columns import DAYS, period
from tracking.figures.queries import EARNING
from tracking.models import Conversion
from tracking.pages.sales.filters import FollowedFilter
from tracking.rollups.protection import TermsRead
from tracking.rollups.writing import contributions_of
from tracking.rule.reasons import Counted

PARTS: Mapping[str, tuple[Promise, Collection[Counted]]] = {
    "touched": (gettext_lazy("touched by %(partner)s"), {Counted.TOUCHED}),
    "paid": (gettext_lazy("credited to %(partner)s"), EARNING),
    "after_other": (gettext_lazy("of %(partner)s, after another partner"), {Counted.AFTER_OTHER}),
    "taken_over": (gettext_lazy("taken over by %(partner)s"), {Counted.TAKEN_OVER}),
    "stood_down": (gettext_lazy("in which %(partner)s stood down"), {Counted.STOOD_DOWN_SALE}),
    "protected": (
        gettext_lazy("kept for %(partner)s by others standing down"),
        {Counted.PROTECTED},
    ),
    "left_to_others": (
        gettext_lazy("that %(partner)s left to others by standing down"),
        {Counted.LEFT_TO_OTHERS},
    ),
}
"""A partner's parts in sales: in words, and as the rollups count them."""


class PartnerFilter(FollowedFilter):
    """``?partner=7-touched``: the sales of the last days in which a partner had a part, by the very
    rule that counts them."""

    title = format_lazy(gettext_lazy("partner, last {days} days"), days=DAYS)
    parameter_name = "partner"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        name = self._partner(request)
        if name is None:
            return []
        key = self._publisher()
        return [
            (f"{key}-{part}", str(words) % {"partner": name}) for part, (words, _) in PARTS.items()
        ]

    def narrow(self, queryset: QuerySet[Conversion], chosen: str) -> QuerySet[Conversion]:
        publisher, part = self._publisher(), chosen.partition("-")[2]
        covered = period(clock.now())
        candidates = queryset.filter(
            Q(decision__inputs__clicks__contains=[{"publisher": publisher}])
            | Q(commission__publisher=publisher),
            at__gte=covered.since,
            at__lt=covered.until,
        ).order_by("-at")
        counted, terms = PARTS[part][1], TermsRead()
        found = (
            row.pk
            for row in candidates
            if any(
                key.publisher == publisher and key.counted in counted
                for key in contributions_of(row, terms)
            )
        )
        return queryset.filter(pk__in=list(islice(found, CappedPaginator.REACH)))

    def _publisher(self) -> int:
        text = (self.value() or "").partition("-")[0]
        return int(text) if text.isascii() and text.isdigit() else 0

    def _partner(self, request: HttpRequest) -> str | None:
        """The partner's name, if this user sees one by the id in the address."""
        key = self._publisher()
        if not 0 < key < 2**31:
            return None
        seen = access.for_staff(Partnership.objects.filter(publisher=key), request.user)
        return seen.values_list("publisher__name", flat=True).first()
