"""Sales, their commissions and reports, as staff find and read them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, money
from network.pages.site import badges
from network.pages.site.admin_site import AdvertiserFilter, PageAdmin, ScopedAdmin
from network.pages.site.columns import EMPTY, shown_moment, shown_money
from network.pages.site.searching import WholeTextSearch
from network.pages.site.totals import CappedPaginator
from tracking.commissions.settling import commission_of
from tracking.commissions.states import SaleState
from tracking.conversions.reports import is_key_gone
from tracking.corrections.taking import refusal
from tracking.evidence.fields import KEPT
from tracking.explain.explanations import explain_test, state_of, state_of_sale
from tracking.explain.sentences import REPORT_OUTCOMES
from tracking.lifecycle.validation import Action
from tracking.models import (
    Commission,
    Conversion,
    Report,
)
from tracking.pages.rulings.settling import Settling, SettlingMany, ask, is_contested
from tracking.pages.rulings.validation import (
    WORDS,
    Approval,
    Decline,
    RulingMany,
    TakingBack,
    buttons,
    reported_by,
    url_name,
)
from tracking.pages.rulings.validation import ask as ask_about
from tracking.pages.sales.correcting import (
    URL_NAME,
    Correcting,
    address_of,
    told_correction,
    told_origin,
)
from tracking.pages.sales.entered import (
    EnteredCommissionFilter,
    EnteredFilter,
    ReceivedDaysFilter,
)
from tracking.pages.sales.filters import (
    ClosesFilter,
    CookieTypeFilter,
    CreditedFilter,
    CurrencyFilter,
    OutcomeFilter,
    PeriodFilter,
    PublisherFilter,
    ReceivedPeriodFilter,
    SaleStateFilter,
    SoldPeriodFilter,
    StateFilter,
    UsedFilter,
)
from tracking.pages.sales.partner_filter import PartnerFilter
from tracking.pages.sales.reports import told_errors, told_report
from tracking.pages.sales.rolled import of_commissions, of_sales
from tracking.pages.sales.sale import page_of
from tracking.rule.reasons import ReportOutcome

BREAK = SafeString("<br>")


def _is_queue(request: HttpRequest) -> bool:
    """Whether the list is that of unverified sales, which wait for somebody's word."""
    return request.GET.get("state") == SaleState.UNVERIFIED


def _is_by_commission(request: HttpRequest) -> bool:
    """Whether what sales are listed by is a fact of their commissions."""
    is_final = request.GET.get("state") == SaleState.FINAL
    return is_final or CookieTypeFilter.parameter_name in request.GET


def _is_by_closing(request: HttpRequest) -> bool:
    return ClosesFilter.parameter_name in request.GET


class _OfOrders(ChangeList):
    """A list of sales; that of unverified ones is a queue."""

    @property
    def is_queue(self) -> bool:
        return self.params.get("state") == SaleState.UNVERIFIED


class ConversionAdmin(WholeTextSearch, PageAdmin[Conversion]):
    when_empty = gettext_lazy(
        "A sale appears when the shop reports an order that came with a click: put the tag on "
        "the thank-you page, or send reports from the shop's server."
    )
    list_display = ("order", "advertiser", "shown_at", "shown_amount", "paid_to", "earned", "state")
    list_filter = (
        AdvertiserFilter,
        PartnerFilter,
        PeriodFilter,
        CreditedFilter,
        SaleStateFilter,
        CookieTypeFilter,
        UsedFilter,
        EnteredFilter,
    )
    search_fields = ("order", "commission__publisher__name")
    search_help_text = gettext_lazy("Order or partner, or part of it")
    ordering = ("-at", "-id")
    actions = ("approve", "decline", "settle")
    list_before_template = "admin/sales/queue.html"
    paginator = CappedPaginator
    rolled_up = staticmethod(of_sales)
    sums = MappingProxyType(
        {
            gettext_lazy("Amount %(amount)s"): Sum("amount_minor"),
            gettext_lazy("Commission %(amount)s"): Sum(
                "commission__amount_minor",
                filter=~Q(commission__status=Commission.Status.DECLINED),
            ),
        }
    )
    page_template = "admin/sales/page.html"
    shown_at = staticmethod(shown_moment("at", gettext_lazy("Time")))
    shown_amount = staticmethod(shown_money("amount_minor", gettext_lazy("Amount")))

    @admin.display(description=gettext_lazy("Credited to"))
    def paid_to(self, row: Conversion) -> str:
        commission = commission_of(row)
        if commission is None or _is_unpaid(commission):
            return _("Nobody")
        return str(commission.publisher)

    @admin.display(description=gettext_lazy("Commission"), empty_value=EMPTY)
    def earned(self, row: Conversion) -> str | None:
        commission = commission_of(row)
        if commission is None or _is_unpaid(commission):
            return None
        return money.display(commission.amount_minor, commission.currency)

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Conversion) -> str:
        return badges.state(state_of_sale(row))

    def page(self, request: HttpRequest, row: Conversion) -> Mapping[str, Any]:
        return {
            "title": _("Sale %(order)s") % {"order": row.order},
            "subtitle": str(row.advertiser),
            "may_settle": is_contested(row) and Settling.is_open_to(request, self, row),
            "buttons": buttons(row, request) if self.managed(request, row) else [],
            **page_of(row, request.GET),
        }

    @admin.display(description=gettext_lazy("Reported by"))
    def reported_by(self, row: Conversion) -> str:
        return reported_by(row)

    @admin.display(description=gettext_lazy("Declined, unless confirmed"), empty_value=EMPTY)
    def declined_on(self, row: Conversion) -> str | None:
        until = row.confirmable_until(row.advertiser)
        return dates.moment(until) if until else None

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        if not _is_queue(request):
            return columns
        kept = [name for name in columns if name not in ("shown_at", "state")]
        return [*kept, "reported_by", "declined_on"]

    def get_ordering(self, request: HttpRequest) -> Any:
        if _is_queue(request):
            return ("closes_at", "id")
        if _is_by_commission(request):  # the same time: indexes of these commissions are read
            return ("-commission__sold_at", "-commission__id")
        return super().get_ordering(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _OfOrders

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversion]:
        related = ("advertiser", "decision", "commission__publisher")
        rows = super().get_queryset(request).select_related(*related)
        return rows.prefetch_related("reports") if _is_queue(request) else rows

    def get_urls(self) -> list[URLPattern]:
        settled = Settling.path(self, "<int:pk>/settle/", "tracking_conversion_settle")
        ruled = [
            page.path(self, f"<int:pk>/{WORDS[page.action].path}/", url_name(page.action))
            for page in (Approval, Decline, TakingBack)
        ]
        many = [SettlingMany.url(self), RulingMany.url(self)]
        return [*many, settled, *ruled, *super().get_urls()]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.managed(request, None)

    @admin.action(description=gettext_lazy("Approve…"), permissions=["manage"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> HttpResponse:
        return ask_about(Action.APPROVE, queryset)

    @admin.action(description=gettext_lazy("Decline…"), permissions=["manage"])
    def decline(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> HttpResponse:
        return ask_about(Action.DECLINE, queryset)

    @admin.action(description=gettext_lazy("Settle conflicts…"), permissions=["manage"])
    def settle(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> HttpResponse:
        in_conflict = queryset.exclude(conflict="").filter(closed_at=None)
        if sales := list(in_conflict):
            return ask(sales)
        messages.warning(request, _("None of the selected orders is in conflict."))
        return HttpResponseRedirect(request.get_full_path())


def _is_unpaid(commission: Commission) -> bool:
    return commission.status == Commission.Status.DECLINED


class _OfSales(ChangeList):
    """A list of commissions, each of which opens its sale: all that is known of both is there."""

    def url_for_result(self, result: Any) -> str:
        return reverse("admin:tracking_conversion_change", args=[result.conversion_id])


class CommissionAdmin(WholeTextSearch, ScopedAdmin[Commission]):
    when_empty = gettext_lazy(
        "A commission appears with the first sale that a partner is paid for."
    )
    list_display = (
        "order",
        "shown_sold_at",
        "advertiser",
        "publisher",
        "shown_cookie_type",
        "shown_amount",
        "state",
    )
    list_filter = (
        AdvertiserFilter,
        PublisherFilter,
        CurrencyFilter,
        SoldPeriodFilter,
        StateFilter,
        ClosesFilter,
        "cookie_type",
        EnteredCommissionFilter,
    )
    list_select_related = ("advertiser", "publisher", "conversion")
    search_fields = ("conversion__order", "publisher__name")
    search_help_text = gettext_lazy("Order or partner, or part of it")
    ordering = ("-sold_at", "-id")
    paginator = CappedPaginator
    rolled_up = staticmethod(of_commissions)
    sums = MappingProxyType(
        {
            gettext_lazy("Sale value %(amount)s"): Sum("sale_amount_minor"),
            gettext_lazy("Commission %(amount)s"): Sum("amount_minor"),
        }
    )
    fields = (
        "sale",
        "advertiser",
        "publisher",
        "shown_cookie_type",
        "state",
        "shown_sold_at",
        "shown_sale_amount",
        "shown_amount",
        "shown_fee",
        "shown_closes_at",
        "shown_closed_at",
    )
    shown_sold_at = staticmethod(shown_moment("sold_at", gettext_lazy("Sold")))
    shown_closes_at = staticmethod(shown_moment("closes_at", gettext_lazy("Windows close")))
    shown_closed_at = staticmethod(shown_moment("closed_at", gettext_lazy("Closed")))
    shown_sale_amount = staticmethod(shown_money("sale_amount_minor", gettext_lazy("Sale")))
    shown_amount = staticmethod(shown_money("amount_minor", gettext_lazy("Commission")))
    shown_fee = staticmethod(shown_money("network_fee_minor", gettext_lazy("Network fee")))

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return [*columns, "shown_closes_at"] if _is_by_closing(request) else columns

    def get_ordering(self, request: HttpRequest) -> Any:
        """What becomes final next comes first where that is asked for."""
        return ("closes_at", "id") if _is_by_closing(request) else super().get_ordering(request)

    @admin.display(description=gettext_lazy("Cookie type"), ordering="cookie_type")
    def shown_cookie_type(self, row: Commission) -> str:
        return badges.cookie_type(row.cookie_type)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _OfSales

    @admin.display(description=gettext_lazy("Order"), ordering="conversion__order")
    def order(self, row: Commission) -> str:
        return row.conversion.order

    @admin.display(description=gettext_lazy("Sale"), ordering="conversion__order")
    def sale(self, row: Commission) -> str:
        return _sale_link(row.conversion)

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, row: Commission) -> str:
        return badges.state(state_of(row))


def _sale_link(conversion: Conversion) -> str:
    address = reverse("admin:tracking_conversion_change", args=[conversion.pk])
    return format_html('<a href="{}">{}</a>', address, conversion.order)


class ReportAdmin(WholeTextSearch, PageAdmin[Report]):
    """What merchants sent, and what was wrong with it."""

    when_empty = gettext_lazy(
        "A report appears when the tag, the pixel or the shop's server reports an order, even if "
        "it is refused."
    )
    list_display = (
        "shown_order",
        "shown_received_at",
        "advertiser",
        "source",
        "outcome_said",
        "problem",
    )
    list_filter = (
        AdvertiserFilter,
        "source",
        OutcomeFilter,
        ReceivedPeriodFilter,
        ReceivedDaysFilter,
    )
    list_select_related = ("advertiser",)
    search_fields = ("order",)
    search_help_text = gettext_lazy("Order, or part of it")
    ordering = ("-received_at", "-id")
    paginator = CappedPaginator
    page_template = "admin/sales/report.html"
    shown_received_at = staticmethod(shown_moment("received_at", gettext_lazy("Received")))

    @admin.display(description=gettext_lazy("Order"), ordering="order")
    def shown_order(self, row: Report) -> str:
        return row.order or _("No order")

    @admin.display(description=gettext_lazy("Outcome"), ordering="outcome")
    def outcome_said(self, row: Report) -> str:
        return str(REPORT_OUTCOMES[ReportOutcome(row.outcome)])

    @admin.display(description=gettext_lazy("What was wrong"), empty_value=EMPTY)
    def problem(self, row: Report) -> str | None:
        wrong = (
            (
                one.field,
                _("%(received)s, expected %(expected)s")
                % {"received": one.received or _("missing"), "expected": one.expected},
            )
            for one in told_errors(row)
        )
        said = format_html_join(BREAK, "<code>{}</code>: {}", wrong)
        return format_html("<span>{}</span>", said) if said else None

    def page(self, request: HttpRequest, row: Report) -> Mapping[str, Any]:
        return {
            "title": _("Report of %(order)s") % {"order": row.order}
            if row.order
            else _("Report of a sale"),
            "subtitle": str(row.advertiser),
            "told": told_report(row),
            "tested": explain_test(row) if _is_told(row) else None,
            "sent": [(name, row.sent[name]) for name in KEPT if name in row.sent],
            "correct_at": address_of(request, self, row),
            "why_not": refusal(row) if row.outcome == ReportOutcome.INVALID else None,
            "correction": told_correction(row),
            "origin": told_origin(row),
        }

    def get_urls(self) -> list[URLPattern]:
        return [Correcting.path(self, "<uuid:pk>/correct/", URL_NAME), *super().get_urls()]


def _is_told(row: Report) -> bool:
    """Whether it is said what a report of a test would have ended in."""
    return row.outcome == ReportOutcome.TEST and not is_key_gone([row])
