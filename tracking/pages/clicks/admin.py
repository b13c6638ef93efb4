"""Clicks, as staff find and read them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.pages.figures.definitions import heading
from network.pages.site import badges
from network.pages.site.admin_site import AdvertiserFilter, ScopedAdmin
from network.pages.site.columns import EMPTY, shown_moment
from network.pages.site.totals import CappedPaginator
from tracking.explain.landings import landed_text, uses_text
from tracking.explain.sentences import (
    target_text,
    uncounted_text,
)
from tracking.landings.uses import Use, uses_of
from tracking.models import Click, Conversion
from tracking.pages.clicks.alike import MANY, alike, alike_text
from tracking.pages.sales.entered import ClickDaysFilter
from tracking.pages.sales.filters import (
    ClickPeriodFilter,
    CountsFilter,
    CurrencyFilter,
    PublisherFilter,
    ReasonFilter,
)


class ClickAdmin(ScopedAdmin[Click]):
    when_empty = gettext_lazy(
        "A click appears when somebody follows a partner's tracking link. The link is on the "
        "partner's page."
    )
    list_display = (
        "partner",
        "shown_at",
        "advertiser",
        "shown_cookie_type",
        "outcome",
        "marked",
        "campaign",
    )
    list_filter = (
        AdvertiserFilter,
        PublisherFilter,
        CurrencyFilter,
        ClickPeriodFilter,
        "cookie_type",
        CountsFilter,
        ReasonFilter,
        ClickDaysFilter,
    )
    list_select_related = ("advertiser",)
    search_fields = ("id",)
    search_help_text = gettext_lazy("The click's id")
    ordering = ("-id",)
    paginator = CappedPaginator
    fields = (
        "id",
        "shown_at",
        "advertiser",
        "partner",
        "shown_cookie_type",
        "shown_window",
        "outcome",
        "shown_landed",
        "shown_uses",
        "shown_alike",
        "shown_sales",
        "target_said",
        "target",
        "shown_references",
        "campaign",
        "shown_in_page",
        "shown_rejected_tokens",
        "ip_prefix",
        "user_agent",
        "shown_rebuilt",
        "shown_received_at",
    )
    shown_at = staticmethod(shown_moment("at", gettext_lazy("Time")))
    shown_received_at = staticmethod(shown_moment("received_at", gettext_lazy("Received")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Click]:
        # A click may name a publisher that does not exist; a join would hide it.
        return super().get_queryset(request).prefetch_related("publisher")

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        counts = alike(rows)
        for row in rows:
            row.alike = counts.get(row.pk, 0)
        found.result_list = rows
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        said = _("Click of %(partner)s, %(when)s") % {
            "partner": self.partner(row),
            "when": dates.moment(row.at),
        }
        context = {**(extra_context or {}), "heading_text": said}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=gettext_lazy("Sales credited to it"), empty_value=EMPTY)
    def shown_sales(self, row: Click) -> SafeString | None:
        """Each opens; the journey of a sale names its clicks."""
        sales = Conversion.objects.filter(
            advertiser=row.advertiser_id, decision__paid_click=row.pk
        ).order_by("at")
        found = [(reverse("admin:tracking_conversion_change", args=[s.pk]), s.order) for s in sales]
        return format_html_join(", ", '<a href="{}">{}</a>', found) or None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the whole id, which finds its partition."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description=gettext_lazy("Partner"))
    def partner(self, row: Click) -> str:
        try:
            return str(row.publisher)
        except ObjectDoesNotExist:
            return _("unknown publisher %(id)s") % {"id": row.publisher_id}

    @admin.display(description=gettext_lazy("Cookie type"), ordering="cookie_type")
    def shown_cookie_type(self, row: Click) -> str:
        return badges.cookie_type(row.cookie_type)

    @admin.display(description=gettext_lazy("Window"))
    def shown_window(self, row: Click) -> str:
        return dates.span(timedelta(minutes=row.window_minutes))

    @admin.display(description=gettext_lazy("References"), empty_value=EMPTY)
    def shown_references(self, row: Click) -> str | None:
        return ", ".join(f"{name}: {value}" for name, value in row.references.items()) or None

    @admin.display(description=gettext_lazy("Rejected tokens"), empty_value=EMPTY)
    def shown_rejected_tokens(self, row: Click) -> str | None:
        return "; ".join(str(token) for token in row.rejected_tokens) or None

    @admin.display(description=gettext_lazy("Outcome"), ordering="reason")
    def outcome(self, row: Click) -> str:
        if row.reason:
            return uncounted_text(row.reason)
        if row.is_left_to_the_shop:
            return _("Counts; the shop's banner decided about the cookie")
        return _("Counts; stood down") if row.stood_down else _("Counts; set the cookie")

    @admin.display(description=gettext_lazy("Landed"))
    def shown_landed(self, row: Click) -> str:
        return landed_text(_use(row))

    @admin.display(description=gettext_lazy("Used"))
    def shown_uses(self, row: Click) -> str:
        return uses_text(_use(row))

    @admin.display(description=heading("clicks_alike"), empty_value=EMPTY)
    def marked(self, row: Click) -> str | None:
        """Of the list: its rows know how many are like them."""
        count: int = getattr(row, "alike", 0)
        return alike_text(count) if count >= MANY else None

    @admin.display(description=heading("clicks_alike"), empty_value=EMPTY)
    def shown_alike(self, row: Click) -> str | None:
        return alike_text(alike([row]).get(row.pk, 0)) or None

    @admin.display(description=gettext_lazy("In-page activation"))
    def shown_in_page(self, row: Click) -> str:
        return _("Yes, without a navigation") if row.in_page else _("No")

    @admin.display(description=gettext_lazy("Known from"))
    def shown_rebuilt(self, row: Click) -> str:
        return _("Its token; its record has not arrived") if row.rebuilt else _("Its record")

    @admin.display(description=gettext_lazy("Where it led"), empty_value=EMPTY)
    def target_said(self, row: Click) -> str | None:
        return target_text(row.target_reason) or None


def _use(row: Click) -> Use:
    return uses_of(row.advertiser_id, [row.pk]).get(row.pk, Use())
