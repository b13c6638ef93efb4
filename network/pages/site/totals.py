"""How many rows a list has, and what they come to: of no more than a page can afford."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.functional import cached_property
from django_stubs_ext import StrPromise

from network import money

FURTHER = 10
"""Pages that are counted beyond the one that is shown, once that is so far on."""


class CappedPaginator(Paginator[Any]):
    """Counts no further than :attr:`MOST`, so that a page costs the same whatever is stored; who
    turns pages gets some beyond the one shown, up to :attr:`REACH`. Of a large table people look
    at what comes first, and search or filter for the rest."""

    MOST, REACH = 1_000, 10_000
    object_list: QuerySet[Any]
    most = MOST

    def shows(self, page: int) -> None:
        """The page that somebody opens, from 1."""
        beyond = (min(page, self.REACH) + FURTHER) * self.per_page
        self.most = min(max(self.MOST, beyond), self.REACH)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > self.most

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.most)

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by().values("pk")[: self.most + 1].count()


def page_of(request: HttpRequest) -> int:
    """Which page of a list the address names, from 1."""
    text = request.GET.get(PAGE_VAR, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def totals_of(found: ChangeList, sums: Mapping[StrPromise, Sum]) -> list[str]:
    """By currency, of all rows that are found, as ``Amount £149.70``; nothing of those that are too
    many to be counted. ``sums`` are by the words, which the ``amount`` is put into. One query."""
    is_capped = isinstance(found.paginator, CappedPaginator) and found.paginator.is_capped
    if not sums or not found.result_count or is_capped:
        return []
    named = {f"sum_{number}": each for number, each in enumerate(sums.values())}
    rows = found.queryset.order_by().values("currency").annotate(**named).order_by("currency")
    return [
        str(words) % {"amount": money.display(row[name] or 0, row["currency"])}
        for row in rows
        for name, words in zip(named, sums, strict=True)
    ]
