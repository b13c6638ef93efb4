"""The admin's list of partners: how each stands, in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import F, OrderBy, QuerySet
from django.http import HttpRequest

from network import clock
from publishers.models import Partnership
from publishers.partner_filters import CookieTypeFilter
from publishers.standing import Standing, standings


@dataclass(frozen=True, slots=True)
class Tab:
    """A way to look at the list: its address, and whether it is the one in front."""

    title: str
    address: str
    active: bool


TABS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("All", {}),
    ("Hard", {CookieTypeFilter.parameter_name: "hard"}),
    ("Soft", {CookieTypeFilter.parameter_name: "soft"}),
    ("Changing", {CookieTypeFilter.parameter_name: "changing"}),
)
"""Each tab sets these parameters, drops those of the others, and keeps all else."""

_OF_TABS = {name for _, parameters in TABS for name in parameters}


class PartnerList(ChangeList):
    """Puts its standing onto each partnership of the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Partnership] = list(self.result_list)
        attach_standings(rows, clock.now())
        self.result_list = rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """What is not known comes last, whichever way a column is sorted."""
        return [_unknown_last(item) for item in super().get_ordering(request, queryset)]

    @property
    def tabs(self) -> list[Tab]:
        """The tabs, each keeping the search and the other filters."""
        chosen = {name: self.params[name] for name in _OF_TABS if name in self.params}
        nothing = dict.fromkeys(_OF_TABS)
        return [
            Tab(title, self.get_query_string({**nothing, **parameters}), chosen == parameters)
            for title, parameters in TABS
        ]


def _unknown_last(item: Any) -> OrderBy:
    """An ordering, be it a name with or without ``-`` or an expression, with NULLs at the end."""
    if isinstance(item, str):
        name = item.removeprefix("-")
        item = F(name).asc() if item == name else F(name).desc()
    return OrderBy(item.expression, descending=item.descending, nulls_last=True)


def attach_standings(rows: Iterable[Partnership], now: datetime) -> None:
    """Make :func:`standing_of` work for these."""
    rows = list(rows)
    by_id = standings(rows, now)
    for row in rows:
        row.__dict__["standing"] = by_id[row.pk]


def standing_of(row: Partnership) -> Standing:
    """How a partnership of the list stands."""
    found: Standing = row.__dict__["standing"]
    return found
