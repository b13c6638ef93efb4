"""Searching a list by references that people gave, as they are; and choosing a row by its name."""

import unicodedata
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext


class WholeTextSearch(admin.ModelAdmin[Any]):
    """A list whose search takes what is typed as a whole, too: an order reference may hold blanks
    and quotes, at which Django would part it. With a quote in it, only as a whole."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        search_term = unicodedata.normalize("NFC", search_term)  # as references are kept
        found, may_double = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, may_double
        escaped = search_term.replace("\\", "\\\\").replace('"', '\\"')
        whole, may_double_too = super().get_search_results(request, queryset, f'"{escaped}"')
        if any(quote in search_term for quote in "\"'"):
            return whole, may_double_too
        return found | whole, may_double or may_double_too


class FoundByName(AutocompleteSelect):
    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().build_attrs(*args, **kwargs) | {"data-placeholder": gettext("Type a name")}


def found_by_name(table: type[Model], name: str) -> FoundByName:
    """A choice of the rows that this foreign key leads to, found by what is typed: for those who
    see the list of these rows, which may be long."""
    return FoundByName(table._meta.get_field(name), admin.site)
