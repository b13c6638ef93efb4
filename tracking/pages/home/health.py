"""How records come in and commissions are closed, for operators; and what was set aside."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, dates
from network.pages.site.admin_site import PageAdmin, ScopedAdmin
from network.pages.site.columns import EMPTY, shown_moment
from network.pages.site.totals import CappedPaginator
from network.wording import joined
from tracking.models import SetAside, SpoolHost
from tracking.spool import health
from tracking.spool.redelivery import NotReplayed, replay


class SpoolHostAdmin(ScopedAdmin[SpoolHost]):
    """Finalisation waits for every host in service."""

    list_display = ("name", "in_service", "shown_drained_to", "behind", "shown_registered_at")
    list_display_links = None
    fields = (
        *("name", "in_service", "shown_registered_at", "shown_drained_to", "shown_removed_at"),
        *("lost_clicks", "lost_reports", "shown_lost_at"),
    )
    ordering = ("name",)
    actions = ("take_out",)
    shown_drained_to = staticmethod(shown_moment("drained_to", gettext_lazy("Drained to")))
    shown_removed_at = staticmethod(shown_moment("removed_at", gettext_lazy("Removed at")))
    shown_lost_at = staticmethod(shown_moment("lost_at", gettext_lazy("Lost at")))
    shown_registered_at = staticmethod(shown_moment("registered_at", gettext_lazy("Registered")))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.health_view)
        return [path("health/", view, name="tracking_health"), *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Whether records come in and commissions are closed."""
        if not self.is_operator(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Health"),
            "health": health.look(clock.now()),
            "late_after": dates.span(health.LATE_AFTER),
        }
        return TemplateResponse(request, "admin/home/health.html", context)

    @admin.display(description=gettext_lazy("In service"), boolean=True)
    def in_service(self, row: SpoolHost) -> bool:
        return row.removed_at is None

    @admin.display(description=gettext_lazy("Behind"), empty_value=EMPTY)
    def behind(self, row: SpoolHost) -> str | None:
        if row.removed_at:
            return None
        return dates.span(clock.now() - row.drained_to)

    @admin.action(description=gettext_lazy("Take out of service"), permissions=["manage"])
    def take_out(self, request: HttpRequest, queryset: QuerySet[SpoolHost]) -> None:
        """For a host that is gone for good. What its spool still held is not waited for."""
        now = clock.now()
        names = list(queryset.filter(removed_at=None).values_list("name", flat=True))
        taken = queryset.filter(pk__in=names, removed_at=None).update(removed_at=now)
        for host in queryset.filter(pk__in=names):
            self.log_change(
                request, host, _("Taken out of service %(at)s") % {"at": dates.zoned(now)}
            )
        text = ngettext(
            "%(count)s host taken out of service: %(names)s.",
            "%(count)s hosts taken out of service: %(names)s.",
            taken,
        )
        known = {"count": taken, "names": joined(names)}
        messages.success(request, text % known if taken else _("No host was taken out of service."))


class SetAsideAdmin(PageAdmin[SetAside]):
    """Records that could not be taken in; the rest went on."""

    list_display = ("shown_set_aside_at", "host", "short_error", "shown_replayed_at")
    list_filter = ("host", ("replayed_at", admin.EmptyFieldListFilter))
    ordering = ("-set_aside_at", "-id")
    paginator = CappedPaginator
    actions = ("replay_all",)
    page_template = "admin/home/set_aside.html"
    shown_set_aside_at = staticmethod(shown_moment("set_aside_at", gettext_lazy("Set aside")))
    shown_replayed_at = staticmethod(shown_moment("replayed_at", gettext_lazy("Taken in")))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    @admin.display(description=gettext_lazy("Error"))
    def short_error(self, row: SetAside) -> str:
        return row.error[:120]

    def page(self, request: HttpRequest, row: SetAside) -> Mapping[str, Any]:
        return {"title": _("Record set aside"), "subtitle": row.host}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay_view)
        return [
            path("<int:pk>/replay/", view, name="tracking_setaside_replay"),
            *super().get_urls(),
        ]

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.is_operator(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._replay(request, row)
        return HttpResponseRedirect(reverse("admin:tracking_setaside_change", args=[pk]))

    @admin.action(description=gettext_lazy("Take in again"), permissions=["manage"])
    def replay_all(self, request: HttpRequest, queryset: QuerySet[SetAside]) -> None:
        for row in queryset.order_by("set_aside_at", "id"):
            self._replay(request, row)

    def _replay(self, request: HttpRequest, row: SetAside) -> None:
        try:
            replayed = replay(row.pk, clock.now())
        except NotReplayed as error:
            messages.error(request, str(error))
            return
        self.log_change(request, replayed, _("Taken in again"))
        messages.success(request, _("%(record)s has been taken in.") % {"record": replayed})
