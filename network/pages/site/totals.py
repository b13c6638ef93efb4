"""How many rows a list has, and what they come to: of no more than a page can afford, unless sums
that are kept know it, or somebody asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.functional import cached_property
from django_stubs_ext import StrPromise

from network import money

FURTHER = 10
"""Pages that are counted beyond the one that is shown, once that is so far on."""
SECONDS = 10
"""So long a list is counted for who asks for it."""
COUNT_VAR = "count"
"""``?count=all``: count the whole list."""
_WITHIN = "SELECT set_config('statement_timeout', %s, true)"


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


@dataclass(frozen=True, slots=True)
class ListTotal:
    """How many rows a list has, and by currency what they come to, in the order of the admin's
    ``sums``."""

    number: int
    sums: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class ToldTotal:
    """What a list says below its rows: ``number``, or where ``is_more`` that there are more, and
    what they come to. ``count_all`` counts the rest; ``took_too_long``: that was tried."""

    number: int
    sums: Sequence[str] = ()
    is_more: bool = False
    count_all: str = ""
    took_too_long: bool = False


def page_of(request: HttpRequest) -> int:
    """Which page of a list the address names, from 1."""
    text = request.GET.get(PAGE_VAR, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def take_count(request: HttpRequest) -> bool:
    """Whether the whole list is to be counted; what asks for it is no filter, and leaves the
    address."""
    if COUNT_VAR not in request.GET:
        return False
    asked = request.GET.copy()
    wanted = asked.pop(COUNT_VAR) == ["all"]
    request.GET = asked  # type: ignore[assignment]
    return wanted


def totals_of(request: HttpRequest, found: ChangeList, *, counts_all: bool) -> ToldTotal:
    """Of all rows that are found, as ``Amount £149.70`` by currency. A list of too many is asked
    whether it knows (``rolled_up``)."""
    admin: Any = found.model_admin
    is_capped = isinstance(found.paginator, CappedPaginator) and found.paginator.is_capped
    if not is_capped:
        sums = _summed(found, admin.sums) if admin.sums and found.result_count else {}
        return ToldTotal(found.result_count, _told(admin.sums, sums))
    known = _counted(found, admin.sums) if counts_all else admin.rolled_up(request, found)
    if known is not None:
        return ToldTotal(known.number, _told(admin.sums, known.sums))
    link = found.get_query_string({COUNT_VAR: "all"})
    return ToldTotal(found.result_count, (), True, link, took_too_long=counts_all)


def _counted(found: ChangeList, sums: Mapping[StrPromise, Sum]) -> ListTotal | None:
    """From the rows themselves; None where that takes too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            (usual,) = cursor.fetchone()
            cursor.execute(_WITHIN, [f"{1000 * SECONDS:.0f}ms"])
            rows = found.queryset.order_by()
            known = ListTotal(rows.count(), _summed(found, sums) if sums else {})
            cursor.execute(_WITHIN, [usual])
            return known
    except OperationalError:
        return None


def _summed(found: ChangeList, sums: Mapping[StrPromise, Sum]) -> dict[str, list[int]]:
    """By currency. One query."""
    named = {f"sum_{number}": each for number, each in enumerate(sums.values())}
    rows = found.queryset.order_by().values("currency").annotate(**named).order_by("currency")
    return {row["currency"]: [row[name] or 0 for name in named] for row in rows}


def _told(words: Mapping[StrPromise, Sum], sums: Mapping[str, Sequence[int]]) -> list[str]:
    return [
        str(each) % {"amount": money.display(amount, currency)}
        for currency, amounts in sums.items()
        for each, amount in zip(words, amounts, strict=True)
    ]
