"""The ledger, as people look at it: accounts with their balances, and transactions."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from network import clock, money
from network.pages.site.admin_site import AdvertiserFilter, PageAdmin
from network.pages.site.columns import EMPTY, shown_moment
from network.pages.site.totals import CappedPaginator
from network.spreadsheets import as_csv
from publishers.ledger import sums
from publishers.models import LedgerAccount, LedgerEntry, LedgerTransaction
from publishers.pages.ledger.statement import MOST, Month, csv_rows, sign_of, statement
from tracking.models import Commission
from tracking.pages.sales.filters import PeriodFilter


class LedgerAccountAdmin(PageAdmin[LedgerAccount]):
    page_template = "admin/ledger/account.html"
    when_empty = gettext_lazy("An account opens with the first sale that becomes final.")
    list_display = ("kind", "advertiser", "publisher", "balance")
    list_filter = ("kind", AdvertiserFilter, "currency")
    list_select_related = ("advertiser", "publisher")
    search_fields = ("advertiser__name", "publisher__name")
    ordering = ("kind", "advertiser__name", "publisher__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        return super().get_queryset(request).annotate(balance_minor=sums.balance_minor())

    @admin.display(description=gettext_lazy("Balance"), ordering="balance_minor")
    def balance(self, row: LedgerAccount) -> str:
        minor: int = row.__dict__["balance_minor"]
        return money.display(sign_of(row) * minor, row.currency)

    def page(self, request: HttpRequest, row: LedgerAccount) -> Mapping[str, Any]:
        month = _month(request)
        found = statement(row, month)
        return {
            "title": str(row),
            "month": month,
            "current": Month.of(clock.now()),
            "statement": found,
            "lines": found.lines[:MOST],
            "more": len(found.lines[MOST:]),
            "balance": self.balance(self.get_queryset(request).get(pk=row.pk)),
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.csv_view)
        return [
            path("<int:pk>/entries.csv", view, name="publishers_ledgeraccount_csv"),
            *super().get_urls(),
        ]

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row, month = self.get_object(request, str(pk)), _month(request)
        head, *rows = csv_rows(row, statement(row, month))
        # With a byte-order mark: without it spreadsheets take the text for another encoding.
        written = "\ufeff" + as_csv(head, rows)
        headers = {"Content-Disposition": f'attachment; filename="ledger-{pk}-{month}.csv"'}
        return HttpResponse(written, content_type="text/csv; charset=utf-8", headers=headers)


def _month(request: HttpRequest) -> Month:
    """``?month=2026-11``; this month without. Raises Http404 for anything else."""
    text = request.GET.get("month", "")
    try:
        return Month.named(text) if text else Month.of(clock.now())
    except ValueError:
        raise Http404(f"There is no month {text}.") from None


class LedgerTransactionAdmin(PageAdmin[LedgerTransaction]):
    when_empty = gettext_lazy("The first entry is made when a sale becomes final.")
    list_display = (
        "shown_kind",
        "shown_at",
        "order",
        "advertiser",
        "publisher",
        "shown_owed",
        "shown_commission",
    )
    list_filter = ("kind", AdvertiserFilter, PeriodFilter)
    list_select_related = ("advertiser", "publisher")
    search_fields = ("=key", "publisher__name")
    search_help_text = gettext_lazy("Partner, or the whole key")
    ordering = ("-id",)
    paginator = CappedPaginator
    page_template = "admin/ledger/transaction.html"
    shown_at = staticmethod(shown_moment("at", gettext_lazy("Time")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransaction]:
        """Each with what the advertiser owes by it, what the partner earns, and its order."""
        entries = LedgerEntry.objects.filter(transaction=OuterRef("pk")).order_by("pk")
        of_commission = Commission.objects.filter(ledger_transaction=OuterRef("pk"))
        owed = entries.filter(account__kind=LedgerAccount.Kind.ADVERTISER_RECEIVABLE)
        earned = entries.filter(account__kind=LedgerAccount.Kind.PUBLISHER_PAYABLE)
        return (
            super()
            .get_queryset(request)
            .annotate(
                owed_minor=Subquery(owed.values("amount_minor")[:1]),
                earned_minor=Subquery(earned.values("amount_minor")[:1]),
                currency=Subquery(entries.values("currency")[:1]),
                sale=Subquery(of_commission.values("conversion")[:1]),
                order_said=Subquery(of_commission.values("conversion__order")[:1]),
            )
        )

    @admin.display(description=gettext_lazy("What"), ordering="kind")
    def shown_kind(self, row: LedgerTransaction) -> str:
        return row.get_kind_display()

    @admin.display(description=gettext_lazy("Order"), empty_value=EMPTY)
    def order(self, row: LedgerTransaction) -> str | None:
        known = row.__dict__
        if known["sale"] is None:
            return None
        address = reverse("admin:tracking_conversion_change", args=[known["sale"]])
        return format_html('<a href="{}">{}</a>', address, known["order_said"])

    @admin.display(description=gettext_lazy("Owed by the advertiser"), empty_value=EMPTY)
    def shown_owed(self, row: LedgerTransaction) -> str | None:
        return _amount(row, row.__dict__["owed_minor"])

    @admin.display(description=gettext_lazy("Owed to the partner"), empty_value=EMPTY)
    def shown_commission(self, row: LedgerTransaction) -> str | None:
        minor = row.__dict__["earned_minor"]
        return _amount(row, None if minor is None else -minor)

    def page(self, request: HttpRequest, row: LedgerTransaction) -> Mapping[str, Any]:
        entries = row.entries.select_related("account__advertiser", "account__publisher")
        return {
            "title": row.get_kind_display(),
            "subtitle": row.key,
            "entries": entries.order_by("id"),
        }


def _amount(row: LedgerTransaction, minor: int | None) -> str | None:
    return None if minor is None else money.display(minor, row.__dict__["currency"])
