"""The admin's list of partners: tabs, order, and how each stands; in as many queries whatever its
length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import F, OrderBy, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from network import clock
from network.pages.figures.definitions import Figure
from network.people import access
from publishers.models import Partnership
from publishers.pages.partners.columns import (
    DAYS,
    FIGURES,
    MONEY,
    SUGGESTION,
    PartnerColumns,
    period,
)
from publishers.pages.partners.filters import CookieTypeFilter, SalesFilter, SuggestionFilter
from publishers.partnerships.standing import attach_standings
from publishers.partnerships.suggested import advice
from publishers.partnerships.suggestions import ENOUGH_SALES
from tracking.figures.queries import annotate_partners


@dataclass(frozen=True, slots=True)
class Empty:
    """What is said when there is nothing to show, and what to do then."""

    what: str | Promise
    remedy: str | Promise


NO_MATCH = Empty(
    gettext_lazy("No partner matches."),
    gettext_lazy("Remove a filter, or search for another name or for the whole id."),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A way to look at the list: the parameters that a tab sets, and what its emptiness means."""

    title: str | Promise
    parameters: Mapping[str, str]
    empty: Empty


_TYPE, _SALES = CookieTypeFilter.parameter_name, SalesFilter.parameter_name
_PLAN = gettext_lazy("Choose partners in the tab All, then the action Set soft… or Set hard….")
LOOKS = (
    Look(
        gettext_lazy("All"),
        {},
        Empty(
            gettext_lazy("No partners yet."),
            gettext_lazy("They appear here when operators add them or when they apply."),
        ),
    ),
    Look(
        gettext_lazy("Suggested"),
        {SuggestionFilter.parameter_name: SuggestionFilter.ANY},
        Empty(
            gettext_lazy("The figures suggest no change."),
            gettext_lazy(
                "What Suggestion means, below the list of all partners, tells when they do."
            ),
        ),
    ),
    Look(
        gettext_lazy("Hard"),
        {_TYPE: "hard"},
        Empty(gettext_lazy("No partner is hard."), _PLAN),
    ),
    Look(
        gettext_lazy("Soft"),
        {_TYPE: "soft"},
        Empty(gettext_lazy("No partner is soft."), _PLAN),
    ),
    Look(
        gettext_lazy("Changing"),
        {_TYPE: "changing"},
        Empty(
            gettext_lazy("No partner's cookie type is going to change."),
            gettext_lazy(
                "Choose partners in the tab All, then the action Set soft… or Set hard…, and give "
                "it a start."
            ),
        ),
    ),
    Look(
        gettext_lazy("Too few sales"),
        {_SALES: SalesFilter.FEW},
        Empty(
            format_lazy(
                gettext_lazy("Every partner touched {enough} sales or more in {days} days."),
                enough=ENOUGH_SALES,
                days=DAYS,
            ),
            gettext_lazy("Their figures can be relied on."),
        ),
    ),
)
"""The tabs: each sets its parameters, drops those of the others, and keeps all else."""

_OF_LOOKS = {name for look in LOOKS for name in look.parameters}


@dataclass(frozen=True, slots=True)
class LookTab:
    """A look's tab: its address, and whether it is the one in front."""

    title: str | Promise
    address: str
    active: bool


ADVICE = F(SUGGESTION)
"""What sorting by the suggestion asks for until the rule is put in its place."""

DEFAULT_ORDERING = ("-taken_over_minor",)
TIES = ("-stood_down_sales", "-touched", "publisher__name")
"""What decides where the column sorted by says the same."""


class PartnerList(ChangeList):
    """Knows each partnership's figures, and of those on the page how they stand."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Partnership]:
        self.known = access.access_of(request.user)
        self.root_queryset = annotate_partners(self.root_queryset, period(clock.now()))
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Partnership] = list(self.result_list)
        attach_standings(rows, clock.now())
        for row in rows:
            row.__dict__["may_manage"] = self.known.manages(row.advertiser_id)
        self.result_list = rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """What is not known comes last, whichever way a column is sorted; amounts are compared
        within their currency only."""
        chosen = [item for item in super().get_ordering(request, queryset) if item != "-pk"]
        items = [_unknown_last(item) for item in (*chosen, *TIES, "-pk")]
        if any(item.expression == ADVICE for item in items):
            items = self._with_advice(items)
        if items[0].expression in {F(name) for name in MONEY}:
            return [F("advertiser__currency").asc(), *items]
        return items

    def _with_advice(self, items: Sequence[OrderBy]) -> list[OrderBy]:
        """Sorted by the rule in SQL, which is asked only here."""
        asked = advice(self.root_queryset, clock.now())
        return [
            OrderBy(asked, descending=item.descending) if item.expression == ADVICE else item
            for item in items
        ]

    def _get_default_ordering(self) -> Sequence[str]:
        """What was taken over first. The admin's own attribute takes no annotation."""
        return DEFAULT_ORDERING

    @property
    def tabs(self) -> list[LookTab]:
        """The tabs, each keeping the search and the other filters."""
        nothing = dict.fromkeys(_OF_LOOKS)
        return [
            LookTab(
                look.title,
                self.get_query_string({**nothing, **look.parameters}),
                look.parameters == self._looked_by,
            )
            for look in LOOKS
        ]

    @property
    def headings(self) -> list[Figure]:
        """The columns' titles that have a definition."""
        names = (*FIGURES, SUGGESTION)
        return [getattr(PartnerColumns, name).short_description for name in names]

    @property
    def days(self) -> int:
        return DAYS

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.has_active_filters)

    @property
    def empty(self) -> Empty:
        """What to say of a list without rows."""
        others = set(self.get_filters_params()) - _OF_LOOKS
        if self.query or others:
            return NO_MATCH
        found = (look.empty for look in LOOKS if look.parameters == self._looked_by)
        return next(found, NO_MATCH)

    @property
    def _looked_by(self) -> Mapping[str, str]:
        return {name: self.params[name] for name in _OF_LOOKS if name in self.params}


def _unknown_last(item: Any) -> OrderBy:
    """An ordering, be it a name with or without ``-`` or an expression, with NULLs at the end."""
    if isinstance(item, str):
        name = item.removeprefix("-")
        item = F(name).asc() if item == name else F(name).desc()
    return OrderBy(item.expression, descending=item.descending, nulls_last=True)
