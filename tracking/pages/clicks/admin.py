"""Clicks, as staff find and read them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest

from network import dates
from network.pages.site import badges
from network.pages.site.admin_site import (
    EMPTY,
    AdvertiserFilter,
    CappedPaginator,
    ScopedAdmin,
    shown_moment,
)
from tracking.explain.sentences import (
    TARGET_REASONS,
    uncounted_text,
)
from tracking.models import (
    Click,
)
from tracking.pages.sales.filters import (
    ClickPeriodFilter,
    CountsFilter,
    ReasonFilter,
)
from tracking.rule.reasons import TargetReason


class ClickAdmin(ScopedAdmin[Click]):
    when_empty = (
        "A click appears when somebody follows a partner's tracking link. The link is on the "
        "partner's page."
    )
    list_display = (
        "shown_at",
        "advertiser",
        "partner",
        "shown_cookie_type",
        "outcome",
        "campaign",
    )
    list_filter = (AdvertiserFilter, ClickPeriodFilter, "cookie_type", CountsFilter, ReasonFilter)
    list_select_related = ("advertiser",)
    search_fields = ("id",)
    search_help_text = "The click's id"
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
    shown_at = staticmethod(shown_moment("at", "Time"))
    shown_received_at = staticmethod(shown_moment("received_at", "Received"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Click]:
        # A click may name a publisher that does not exist; a join would hide it.
        return super().get_queryset(request).prefetch_related("publisher")

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

    @admin.display(description="Partner")
    def partner(self, row: Click) -> str:
        try:
            return str(row.publisher)
        except ObjectDoesNotExist:
            return f"unknown publisher {row.publisher_id}"

    @admin.display(description="Cookie type", ordering="cookie_type")
    def shown_cookie_type(self, row: Click) -> str:
        return badges.cookie_type(row.cookie_type)

    @admin.display(description="Window")
    def shown_window(self, row: Click) -> str:
        return dates.span(timedelta(minutes=row.window_minutes))

    @admin.display(description="References", empty_value=EMPTY)
    def shown_references(self, row: Click) -> str | None:
        return ", ".join(f"{name}: {value}" for name, value in row.references.items()) or None

    @admin.display(description="Rejected tokens", empty_value=EMPTY)
    def shown_rejected_tokens(self, row: Click) -> str | None:
        return "; ".join(str(token) for token in row.rejected_tokens) or None

    @admin.display(description="Outcome", ordering="reason")
    def outcome(self, row: Click) -> str:
        if row.reason:
            return uncounted_text(row.reason)
        return "Counts; stood down" if row.stood_down else "Counts; took the cookie"

    @admin.display(description="From the page")
    def shown_in_page(self, row: Click) -> str:
        return "Yes, without a navigation" if row.in_page else "No"

    @admin.display(description="Known from")
    def shown_rebuilt(self, row: Click) -> str:
        return "Its token; its record has not arrived" if row.rebuilt else "Its record"

    @admin.display(description="Target refused", empty_value=EMPTY)
    def target_said(self, row: Click) -> str | None:
        return str(TARGET_REASONS[TargetReason(row.target_reason)]) if row.target_reason else None
