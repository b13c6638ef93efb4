"""Partners in the admin: the list that staff live in, and a page for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.effective import lock as policy_lock
from network.effective.rows import Refused
from network.pages.site.admin_site import AdvertiserFilter, PageAdmin, person
from network.people import access
from publishers.cookie_types.current import with_current
from publishers.models import AssignedType, Partnership
from publishers.pages.cookie_types.assignment import ask, confirm
from publishers.pages.partners import detail as partner_page
from publishers.pages.partners.applications import DecidingMany, decided_from
from publishers.pages.partners.changes import Asking, NewNote, NewPartner, PartnershipTermsChange
from publishers.pages.partners.columns import COLUMNS, PartnerColumns
from publishers.pages.partners.filters import (
    CookieTypeFilter,
    ModelTypeFilter,
    SalesFilter,
    SourceFilter,
    StatusFilter,
    SuggestionFilter,
)
from publishers.pages.partners.list import PartnerList
from publishers.pages.partners.status import StatusChange
from publishers.partnerships.standing import attach_standings, standing_of
from publishers.policy import deciding
from publishers.policy.notice_period import named


class PartnerAdmin(PartnerColumns, PageAdmin[Partnership]):
    list_display = COLUMNS
    list_display_links = None
    list_filter = (
        AdvertiserFilter,
        ModelTypeFilter,
        CookieTypeFilter,
        SourceFilter,
        StatusFilter,
        SalesFilter,
        SuggestionFilter,
    )
    list_before_template = "admin/partners/tabs.html"
    list_after_template = "admin/partners/meanings.html"
    list_select_related = ("publisher", "advertiser")
    search_fields = ("publisher__name", "=publisher__id", "advertiser__name")
    search_help_text = gettext_lazy("Name or id of the partner")
    actions = ("set_soft", "set_hard", "set_default", "approve")
    page_template = "admin/partners/page.html"

    class Media:
        css: ClassVar = {"all": ["network/partners.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partnership]:
        return with_current(super().get_queryset(request), clock.now())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PartnerList]:
        return PartnerList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.managed(request, None)

    @admin.action(description=gettext_lazy("Set soft…"), permissions=["manage"])
    def set_soft(self, request: HttpRequest, queryset: QuerySet[Partnership]) -> HttpResponse:
        return self._ask(request, queryset, AssignedType.SOFT)

    @admin.action(description=gettext_lazy("Set hard…"), permissions=["manage"])
    def set_hard(self, request: HttpRequest, queryset: QuerySet[Partnership]) -> HttpResponse:
        return self._ask(request, queryset, AssignedType.HARD)

    @admin.action(description=gettext_lazy("Back to model-type default…"), permissions=["manage"])
    def set_default(self, request: HttpRequest, queryset: QuerySet[Partnership]) -> HttpResponse:
        return self._ask(request, queryset, AssignedType.INHERIT)

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[Partnership], to: AssignedType
    ) -> HttpResponse:
        return ask(request, self, list(queryset), to)

    @admin.action(description=gettext_lazy("Approve"), permissions=["manage"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Partnership]) -> None:
        rows = list(queryset)
        attach_standings(rows, clock.now())
        waiting = [row for row in rows if standing_of(row).has_applied]
        known = access.access_of(request.user)
        if not all(known.manages(row.advertiser_id) for row in waiting):
            raise PermissionDenied(_("Only owners and managers approve partners."))
        try:
            with policy_lock.held():
                deciding.accept(waiting, clock.now(), made_by=person(request))
                self.log_changes(request, waiting, "Approved")
        except policy_lock.Busy as error:
            messages.error(request, str(error))
            return
        except Refused as error:
            messages.error(request, _("%(error)s Nothing was changed.") % {"error": error})
            return
        others = [row for row in rows if row not in waiting]
        said = [
            decided_from(len(waiting), clock.now()) if waiting else _("Nobody was approved."),
            *([_left_out(others)] if others else []),
        ]
        (messages.success if waiting else messages.warning)(request, " ".join(said))

    def get_urls(self) -> list[URLPattern]:
        assign = self.admin_site.admin_view(self.cookie_type_view)
        decide = self.admin_site.admin_view(self.decide_view)
        return [
            path("decide/", decide, name="publishers_partnership_decide_many"),
            path("cookie-type/", assign, name="publishers_partnership_cookie_type"),
            PartnershipTermsChange.path(self, "<int:pk>/terms/", "publishers_partnership_terms"),
            StatusChange.path(self, "<int:pk>/status/", "publishers_partnership_status"),
            Asking.path(self, "<int:pk>/ask/", "publishers_partnership_ask"),
            NewNote.path(self, "<int:pk>/note/", "publishers_partnership_note"),
            *super().get_urls(),
        ]

    def cookie_type_view(self, request: HttpRequest) -> HttpResponse:
        return confirm(request, self)

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        return DecidingMany(request, self, None).response()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return NewPartner(request, self, None).response()

    def page(self, request: HttpRequest, row: Partnership) -> Mapping[str, Any]:
        may_manage = access.access_of(request.user).manages(row.advertiser_id)
        return {**partner_page.told(row, clock.now(), person(request)), "may_manage": may_manage}


def _left_out(rows: Sequence[Partnership]) -> str:
    """Whom the action leaves as they are, by what they are."""
    by_status: dict[str, list[Partnership]] = defaultdict(list)
    for row in rows:
        by_status[standing_of(row).status.lower()].append(row)
    said = "; ".join(
        _("%(partners)s (%(status)s)") % {"partners": named(found), "status": status}
        for status, found in by_status.items()
    )
    return _("Left as they are: %(partners)s. Only who has applied is approved here.") % {
        "partners": said
    }
