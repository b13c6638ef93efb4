"""The ledger, as people look at it: accounts with their balances, and transactions."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from network import money
from network.pages.site.admin_site import AdvertiserFilter, CappedPaginator, PageAdmin, ScopedAdmin
from network.pages.site.columns import shown_moment
from publishers.models import (
    LedgerAccount,
    LedgerTransaction,
)


class LedgerAccountAdmin(ScopedAdmin[LedgerAccount]):
    when_empty = gettext_lazy("An account opens with the first sale that becomes final.")
    list_display = ("kind", "advertiser", "publisher", "balance")
    list_filter = ("kind", AdvertiserFilter, "currency")
    list_select_related = ("advertiser", "publisher")
    search_fields = ("advertiser__name", "publisher__name")
    ordering = ("kind", "advertiser__name", "publisher__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        return super().get_queryset(request).annotate(balance_minor=Sum("entries__amount_minor"))

    @admin.display(description=gettext_lazy("Balance"), ordering="balance_minor")
    def balance(self, row: LedgerAccount) -> str:
        minor: int | None = row.__dict__["balance_minor"]
        return money.display(minor or 0, row.currency)


class LedgerTransactionAdmin(PageAdmin[LedgerTransaction]):
    when_empty = gettext_lazy("The first entry is made when a sale becomes final.")
    list_display = ("key", "shown_at", "kind", "advertiser", "publisher")
    list_filter = ("kind", AdvertiserFilter)
    list_select_related = ("advertiser", "publisher")
    search_fields = ("=key", "publisher__name")
    ordering = ("-id",)
    paginator = CappedPaginator
    page_template = "admin/ledger/transaction.html"
    shown_at = staticmethod(shown_moment("at", gettext_lazy("Time")))

    def page(self, request: HttpRequest, row: LedgerTransaction) -> Mapping[str, Any]:
        entries = row.entries.select_related("account__advertiser", "account__publisher")
        return {
            "title": row.get_kind_display(),
            "subtitle": row.key,
            "entries": entries.order_by("id"),
        }
