"""Teams, for operators: who is in them, and which publisher ids they stand behind."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from network import clock
from network.pages.site.admin_site import OperatorAdmin, TeamInline
from network.pages.site.columns import EMPTY, shown_moment
from network.wording import countries, joined, joined_html
from publishers.pages.teams.invitation_admin import end_invitations
from publishers.teams.models import Team, TeamMembership

DETAILS = ("name", "company", "country", "tax_id", "contact_name", "contact_email")


class MemberInline(TeamInline):
    model = TeamMembership
    verbose_name = gettext_lazy("member of the team")
    verbose_name_plural = gettext_lazy("members")


class TeamForm(forms.ModelForm[Team]):
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), required=False, widget=forms.Select({"translate": "no"})
    )

    class Meta:
        model = Team
        fields = DETAILS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", EMPTY), *countries()]  # type: ignore[attr-defined]


class TeamAdmin(OperatorAdmin[Team]):
    when_empty = gettext_lazy("A team is made with its first publisher.")
    list_display = ("name", "shown_publishers", "shown_members", "shown_created_at")
    search_fields = ("name", "publishers__name", "=publishers__id")
    inlines = (MemberInline,)
    form = TeamForm
    fields = (*DETAILS, "shown_publishers", "shown_created_at")
    readonly_fields = ("shown_publishers", "shown_created_at")
    shown_created_at = staticmethod(shown_moment("created_at", gettext_lazy("Created")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("publishers", "memberships__user")

    def get_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:
        return self.fields if obj else DETAILS

    def get_inlines(self, request: HttpRequest, obj: Team | None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = clock.now()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        end_invitations(request, formset.deleted_objects)

    @admin.display(description=gettext_lazy("Publishers"))
    def shown_publishers(self, team: Team) -> SafeString | str:
        rows = (
            (reverse("admin:publishers_publisher_change", args=[row.pk]), row.name, row.pk)
            for row in team.publishers.all()
        )
        links = [format_html('<a href="{}">{}</a> ({})', *row) for row in rows]
        return format_html("<span>{}</span>", joined_html(links)) if links else EMPTY

    @admin.display(description=gettext_lazy("Members"))
    def shown_members(self, team: Team) -> str:
        return joined([str(row.user) for row in team.memberships.all()]) or EMPTY
