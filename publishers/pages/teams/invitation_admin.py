"""Invitations, for operators: all of them, and new ones to whatever there is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.models import Advertiser
from network.pages.site.admin_site import PageAdmin, person
from network.pages.site.change_pages import ChangeView
from network.pages.site.columns import shown_moment
from network.pages.site.searching import found_by_name
from network.wording import joined
from publishers.teams import invitations
from publishers.teams.invitations import Membership, NotOpen, Place, TooMany
from publishers.teams.models import Invitation, Team


class NewInvitationForm(forms.Form):
    """To the operators, to one advertiser's staff, or to one team."""

    email = forms.EmailField(label=gettext_lazy("Email"))
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[
            ("owner", gettext_lazy("Owner of an advertiser or a team")),
            ("manager", gettext_lazy("Manager of an advertiser")),
            ("viewer", gettext_lazy("Viewer of an advertiser")),
            ("member", gettext_lazy("Member of a team")),
            ("operator", gettext_lazy("Operator of the network")),
        ],
    )
    advertiser = forms.ModelChoiceField(
        Advertiser.objects.all(),
        label=gettext_lazy("Advertiser"),
        required=False,
        widget=found_by_name(Invitation, "advertiser"),
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        label=gettext_lazy("Team"),
        required=False,
        widget=found_by_name(Invitation, "team"),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        advertiser, team, role = data.get("advertiser"), data.get("team"), data.get("role")
        if advertiser and team:
            self.add_error("team", _("Choose an advertiser or a team, not both."))
        elif role == "operator" and (advertiser or team):
            self.add_error("role", _("Operators belong to the network: choose neither of them."))
        elif role in ("manager", "viewer") and not advertiser:
            self.add_error("advertiser", _("Choose the advertiser."))
        elif role == "member" and not team:
            self.add_error("team", _("Choose the team."))
        elif role == "owner" and not (advertiser or team):
            self.add_error("advertiser", _("Choose the advertiser, or else the team."))
        return data

    @property
    def place(self) -> Place:
        chosen: Place = self.cleaned_data["advertiser"] or self.cleaned_data["team"]
        return chosen


def end_invitations(request: HttpRequest, removed: Iterable[Membership] = ()) -> None:
    """Withdraw what those leave behind who were removed here, or decide no longer, and say so."""
    now, operator = clock.now(), person(request)
    ended = [row for each in removed for row in invitations.end_with(each, now, operator)]
    ended += invitations.withdraw_unvouched(now, withdrawn_by=operator)
    if ended:
        told = joined([str(row) for row in ended])
        messages.warning(
            request, _("These invitations are withdrawn, too: %(people)s.") % {"people": told}
        )


class NewInvitation(ChangeView[None]):
    button = gettext_lazy("Invite")

    @property
    def title(self) -> str:
        return _("Invite someone")

    def build_form(self, data: QueryDict | None, **given: Any) -> NewInvitationForm:
        asked = self.request.GET
        initial = {name: asked.get(name, "") for name in ("advertiser", "team", "role")}
        return NewInvitationForm(data, **{"initial": initial, **given})

    def make(self, now: datetime) -> str:
        data, by = self.form.cleaned_data, person(self.request)
        row = invitations.invite(self.form.place, data["email"], data["role"], now, invited_by=by)
        return _("%(email)s is invited to %(place)s; the mail is on its way.") % {
            "email": row.email,
            "place": row.place,
        }


class InvitationAdmin(PageAdmin[Invitation]):
    when_empty = gettext_lazy(
        "Nobody has been invited yet. Invite someone, and they get a link by email."
    )
    list_display = ("email", "shown_place", "role", "shown_state", "shown_created_at", "invited_by")
    list_filter = ("role",)
    list_select_related = ("advertiser", "team", "invited_by")
    search_fields = ("email", "advertiser__name", "team__name")
    page_template = "admin/teams/invitation.html"
    shown_created_at = staticmethod(shown_moment("created_at", gettext_lazy("Invited")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.do_view)
        return [
            path("<int:pk>/do/", view, name="publishers_invitation_do"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Invitation) -> Mapping[str, Any]:
        return {"title": _("Invitation of %(row)s") % {"row": row}, "state": row.state(clock.now())}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return NewInvitation(request, self, None).response()

    def do_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if not self.is_operator(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            if request.POST.get("do") == "send_again":
                invitations.send_again(row, clock.now(), asked_by=person(request))
                messages.success(
                    request, _("Another email is on its way; the earlier link no longer works.")
                )
            elif request.POST.get("do") == "withdraw":
                invitations.withdraw(row, clock.now(), withdrawn_by=person(request))
                messages.success(request, _("Withdrawn: the link no longer works."))
        except (NotOpen, TooMany) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:publishers_invitation_change", args=[row.pk]))

    @admin.display(description=gettext_lazy("To"))
    def shown_place(self, row: Invitation) -> str:
        return row.place

    @admin.display(description=gettext_lazy("State"))
    def shown_state(self, row: Invitation) -> str:
        return row.state(clock.now())
