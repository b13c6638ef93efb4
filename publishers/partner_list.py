"""The admin's list of partners: how each stands, in a constant number of queries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from network import clock
from network.admin_site import ClosedListFilter
from publishers import cookie_types
from publishers.models import (
    CookieTypeChoice,
    ModelType,
    Partnership,
    PartnershipTerms,
)
from publishers.standing import OWN, Standing, coming, standings


class PartnerList(ChangeList):
    """Puts its standing onto each partnership of the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Partnership] = list(self.result_list)
        attach_standings(rows, clock.now())
        self.result_list = rows


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


class _ChoiceFilter(ClosedListFilter):
    """A closed list; by default it narrows by an annotation of ``standing.with_current``."""

    choices_of: Sequence[tuple[str, Any]]
    annotation = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return self.choices_of

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        return queryset.filter(**{self.annotation: chosen})


class ModelTypeFilter(_ChoiceFilter):
    title = "model type"
    parameter_name = "model_type"
    choices_of = ModelType.choices
    annotation = "model_type_now"


class StatusFilter(_ChoiceFilter):
    title = "status"
    parameter_name = "status"
    choices_of = PartnershipTerms.Status.choices
    annotation = "status_now"


class CookieTypeFilter(_ChoiceFilter):
    """By what is in force. Asked of the policy itself, so that the rule is written only once."""

    title = "cookie type"
    parameter_name = "cookie_type"
    choices_of = (*CookieTypeChoice.choices, ("changing", "Changing"))

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        now = clock.now()
        wanted = [
            key
            for key, policy in cookie_types.policies(queryset.order_by()).items()
            if (
                coming(policy, now) is not None
                if chosen == "changing"
                else cookie_types.in_force(policy, now).cookie_type == chosen
            )
        ]
        return queryset.filter(pk__in=wanted)


class SourceFilter(_ChoiceFilter):
    title = "source of the cookie type"
    parameter_name = "source"
    choices_of = ((OWN, "Own"), ("default", "Model type's default"))

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        now = clock.now()
        wanted = [
            key
            for key, policy in cookie_types.policies(queryset.order_by()).items()
            if (cookie_types.in_force(policy, now).source == OWN) == (chosen == OWN)
        ]
        return queryset.filter(pk__in=wanted)
