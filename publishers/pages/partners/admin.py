"""Partners in the admin: the list that staff live in, and a page for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, dates
from network.effective import lock as policy_lock
from network.effective.rows import Refused, start_or_now
from network.effective.words import in_words
from network.pages.site.admin_site import AdvertiserFilter, PageAdmin, person
from network.pages.site.change_pages import ChangePage, posted, respond
from network.people import access
from publishers.cookie_types.current import with_current
from publishers.models import AssignedType, Partnership, PartnershipTerms
from publishers.pages.cookie_types import assignment as cookie_type_change
from publishers.pages.partners import detail as partner_page
from publishers.pages.partners import status as partner_status
from publishers.pages.partners.columns import COLUMNS, PartnerColumns
from publishers.pages.partners.filters import (
    CookieTypeFilter,
    ModelTypeFilter,
    SalesFilter,
    SourceFilter,
    StatusFilter,
    SuggestionFilter,
)
from publishers.pages.partners.forms import NewPartnershipForm, NoteForm, PartnershipTermsForm
from publishers.pages.partners.list import PartnerList
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

    def get_list_display(self, request: HttpRequest) -> Any:
        seen = access.access_of(request.user)
        one_only = not seen.operator and len(seen.staff_roles) == 1
        return [name for name in self.list_display if name != "advertiser" or not one_only]

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
        return cookie_type_change.ask(request, self, list(queryset), to.value)

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
            _("%(count)s approved.") % {"count": len(waiting)},
            *([_left_out(others)] if others else []),
        ]
        (messages.success if waiting else messages.warning)(request, " ".join(said))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "cookie-type/",
                wrap(self.cookie_type_view),
                name="publishers_partnership_cookie_type",
            ),
            path("<int:pk>/terms/", wrap(self.terms_view), name="publishers_partnership_terms"),
            path("<int:pk>/status/", wrap(self.status_view), name="publishers_partnership_status"),
            path("<int:pk>/note/", wrap(self.note_view), name="publishers_partnership_note"),
            *super().get_urls(),
        ]

    def cookie_type_view(self, request: HttpRequest) -> HttpResponse:
        return cookie_type_change.confirm(request, self)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewPartnershipForm(posted(request))

        def apply(now: datetime) -> str:
            data = form.cleaned_data
            made = deciding.create_partnership(
                data["advertiser"],
                data["publisher"],
                now,
                made_by=person(request),
                status=data["status"],
            )
            self.log_addition(request, made, "Added")
            return _("%(publisher)s is a partner of %(advertiser)s.") % {
                "publisher": made.publisher,
                "advertiser": made.advertiser,
            }

        page = ChangePage(
            title=_("Add a partner"),
            form=form,
            button=_("Add the partner"),
            back=reverse("admin:publishers_partnership_changelist"),
            apply=apply,
            changes_policy=True,
        )
        return respond(request, self, page)

    def terms_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.managed(request, row):
            raise PermissionDenied
        now = clock.now()
        of_row = PartnershipTerms(partnership=row, starts_at=start_or_now(None, now))
        form = PartnershipTermsForm(posted(request), row=of_row)

        def apply(now: datetime) -> str:
            with form.keeping_up():
                made = deciding.change_terms(
                    row,
                    form.changes,
                    now,
                    made_by=person(request),
                    reason=form.cleaned_data["reason"],
                    start=form.start_at,
                    known=form.known,
                )
            said = {
                "terms": in_words(PartnershipTerms, form.changes),
                "start": dates.zoned(made.starts_at),
            }
            self.log_change(request, row, _("Terms: %(terms)s, from %(start)s") % said)
            return _("From %(start)s: %(terms)s.") % said

        page = ChangePage(
            title=_("Change the terms of %(publisher)s at %(advertiser)s")
            % {"publisher": row.publisher, "advertiser": row.advertiser},
            form=form,
            button=_("Change the terms"),
            back=reverse("admin:publishers_partnership_change", args=[row.pk]),
            apply=apply,
            changes_policy=True,
            template="admin/change_terms.html",
            context={"original": row},
        )
        return respond(request, self, page)

    def status_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.managed(request, row):
            raise PermissionDenied
        return partner_status.decide(request, self, row)

    def note_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.managed(request, row):
            raise PermissionDenied
        form = NoteForm(posted(request))

        def apply(now: datetime) -> str:
            text = form.cleaned_data["text"]
            deciding.add_note(row, text, now, made_by=person(request))
            self.log_change(request, row, _("Added a note"))
            return _("The note is kept.")

        page = ChangePage(
            title=_("Add a note about %(publisher)s") % {"publisher": row.publisher},
            form=form,
            button=_("Add the note"),
            back=reverse("admin:publishers_partnership_change", args=[row.pk]),
            apply=apply,
            context={"original": row},
        )
        return respond(request, self, page)

    def page(self, request: HttpRequest, row: Partnership) -> Mapping[str, Any]:
        may_manage = access.access_of(request.user).manages(row.advertiser_id)
        return {**partner_page.told(row, clock.now()), "may_manage": may_manage}


def _left_out(rows: Sequence[Partnership]) -> str:
    """Whom the action leaves as they are, by what they are."""
    by_status: dict[str, list[Partnership]] = defaultdict(list)
    for row in rows:
        by_status[standing_of(row).status.lower()].append(row)
    said = ", ".join(f"{named(found)} ({status})" for status, found in by_status.items())
    return _("Left as they are: %(partners)s. Only who has applied is approved here.") % {
        "partners": said
    }
