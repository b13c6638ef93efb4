"""The mails of notices, for operators: which went out, which wait or were given up, and why."""

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
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, dates
from network.pages.site.admin_site import PageAdmin
from network.pages.site.columns import EMPTY, shown_moment
from network.pages.site.totals import CappedPaginator
from publishers.models import NoticeMail
from publishers.notices.sending import NotParked, send_again
from publishers.notices.words import words


class NoticeMailAdmin(PageAdmin[NoticeMail]):
    """Mails that tell publishers what changes for them."""

    list_display = (
        "shown_created_at",
        "publisher",
        "recipient",
        "shown_state",
        "failed_attempts",
        "shown_next_try",
        "short_error",
    )
    list_filter = ("state",)
    list_select_related = ("publisher", "recipient")
    search_fields = ("publisher__name", "=recipient__username", "=recipient__email")
    search_help_text = gettext_lazy("Publisher, or the recipient's name or address")
    ordering = ("-id",)
    paginator = CappedPaginator
    actions = ("send_all_again",)
    page_template = "admin/notices/mail.html"
    when_empty = gettext_lazy(
        "A mail is written for each member of a team when something changes for it."
    )
    shown_created_at = staticmethod(shown_moment("created_at", gettext_lazy("Written")))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, row: NoticeMail) -> str:
        return row.get_state_display()

    @admin.display(description=gettext_lazy("Failed attempts"), ordering="attempts")
    def failed_attempts(self, row: NoticeMail) -> int:
        return row.attempts

    @admin.display(description=gettext_lazy("Next try"), ordering="next_try_at")
    def shown_next_try(self, row: NoticeMail) -> str:
        return dates.moment(row.next_try_at) if row.state == NoticeMail.State.WAITING else EMPTY

    @admin.display(description=gettext_lazy("Why not"), empty_value=EMPTY)
    def short_error(self, row: NoticeMail) -> str | None:
        return row.last_error[:120] or None

    def page(self, request: HttpRequest, row: NoticeMail) -> Mapping[str, Any]:
        notices = row.notices.select_related("advertiser").order_by("pk")
        return {
            "title": _("Mail to %(recipient)s") % {"recipient": row.recipient},
            "subtitle": row.publisher.name,
            "told": [(notice, words(notice)) for notice in notices],
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [
            path("<int:pk>/again/", view, name="publishers_noticemail_again"),
            *super().get_urls(),
        ]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.is_operator(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._send_again(request, row)
        return HttpResponseRedirect(reverse("admin:publishers_noticemail_change", args=[pk]))

    @admin.action(description=gettext_lazy("Send again"), permissions=["manage"])
    def send_all_again(self, request: HttpRequest, queryset: QuerySet[NoticeMail]) -> None:
        for row in queryset.order_by("pk"):
            self._send_again(request, row)

    def _send_again(self, request: HttpRequest, row: NoticeMail) -> None:
        try:
            waiting = send_again(row.pk, clock.now())
        except NotParked as error:
            messages.error(request, str(error))
            return
        self.log_change(request, waiting, _("Sent again"))
        messages.success(
            request,
            _("%(waiting)s is on its way; it takes a minute at most.") % {"waiting": waiting},
        )
