"""People who sign in, and the log of what they did, as operators see them."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm

from network.models import User
from network.pages.people.forms import NewUserForm, UserForm, say_shortly
from network.pages.site.admin_site import ChoicesFilter, OperatorAdmin, ScopedAdmin
from network.pages.site.change_pages import ChangeView
from network.pages.site.columns import EMPTY, shown_moment
from network.pages.site.totals import CappedPaginator
from network.people import second_factor
from publishers.pages.teams.invitation_admin import end_invitations


class OperatorFilter(ChoicesFilter):
    title = _("operator")
    parameter_name = "operator"
    choices_of = (("yes", _("Yes")), ("no", _("No")))

    def narrow(self, queryset: QuerySet[User], chosen: str) -> QuerySet[User]:
        return queryset.filter(is_superuser=chosen == "yes")


class OthersPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """An operator's, for somebody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_shortly(self)


class UserAdmin(OperatorAdmin[User], DjangoUserAdmin[User]):
    """Operators make the accounts; memberships are on the advertiser's or the team's page."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = OthersPasswordForm
    change_form_template = "admin/network/user/change_form.html"
    list_display = (
        "username",
        "email",
        "shown_roles",
        "shown_second_factor",
        "is_active",
        "shown_last_login",
    )
    list_filter = ("is_active", OperatorFilter)
    filter_horizontal = ()
    search_fields = ("username", "email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("username", "is_active", "is_superuser")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "time_zone")}),
        (_("Member of"), {"fields": ("shown_roles", "shown_second_factor", "shown_last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "time_zone", "usable_password")}),
        (_("Password"), {"fields": ("password1", "password2")}),
    )
    readonly_fields = ("shown_roles", "shown_second_factor", "shown_last_login")
    shown_last_login = staticmethod(shown_moment("last_login", _("Last sign-in")))
    _ROLES: ClassVar = ("staff_memberships__advertiser", "team_memberships__team")

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request).prefetch_related(*self._ROLES)
        return found.annotate(has_second_factor=second_factor.ON)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        end_invitations(request)

    def get_urls(self) -> list[URLPattern]:
        route, name = "<int:pk>/second-factor/", "network_user_second_factor"
        return [SecondFactorReset.path(self, route, name), *super().get_urls()]

    @admin.display(description=_("Second factor"), ordering="has_second_factor")
    def shown_second_factor(self, user: User) -> str:
        return gettext("On") if user.__dict__["has_second_factor"] else gettext("Off")

    @admin.display(description=_("Roles"), empty_value=EMPTY)
    def shown_roles(self, user: User) -> SafeString | str:
        roles = [gettext("Operator")] if user.is_superuser else []
        told = gettext("%(role)s of %(place)s")
        staff, teams = user.staff_memberships.all(), user.team_memberships.all()
        held = [(row.get_role_display(), str(row.advertiser)) for row in staff]
        held += [(row.get_role_display(), str(row.team)) for row in teams]
        roles += [told % {"role": role, "place": place} for role, place in held]
        return format_html_join(", ", "{}", ((role,) for role in roles)) or EMPTY


class ResetForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        label=_("How you checked who is asking"),
        help_text=_(
            "For example: called back on the number in the contract. It goes into the audit log."
        ),
    )


class AuditLogAdmin(ScopedAdmin[LogEntry]):
    """Who changed what through these pages, and when; nobody edits it."""

    list_display = ("said", "shown_action_time", "user", "action", "content_type", "link")
    list_filter = ("action_flag", ("content_type", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "content_type")
    fields = ("shown_action_time", "user", "action", "link", "said")
    search_fields = ("user__username", "object_repr", "change_message")
    search_help_text = _("User, object or text of the entry")
    ordering = ("-action_time", "-id")
    paginator = CappedPaginator
    shown_action_time = staticmethod(shown_moment("action_time", _("Time")))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "title": gettext("Audit log")}
        )

    @admin.display(description=_("Action"), ordering="action_flag")
    def action(self, row: LogEntry) -> str:
        return row.get_action_flag_display()

    @admin.display(description=_("Of"), ordering="object_repr")
    def link(self, row: LogEntry) -> str:
        address = row.get_admin_url()
        if not address:
            return str(row.object_repr)
        return format_html('<a href="{}">{}</a>', address, row.object_repr)

    @admin.display(description=_("What"))
    def said(self, row: LogEntry) -> str:
        return row.get_change_message() or row.get_action_flag_display()


class SecondFactorReset(ChangeView[User]):
    """For somebody who has lost the phone, and the recovery codes with it."""

    button = _("Reset second factor")
    form_class = ResetForm

    @classmethod
    def is_open_to(cls, request: HttpRequest, model_admin: ScopedAdmin[Any], about: User) -> bool:
        return model_admin.is_operator(request)

    @property
    def title(self) -> str:
        return gettext("Reset the second factor of %(user)s") % {"user": self.about}

    def make(self, now: datetime) -> str:
        if not second_factor.reset(self.about):
            return gettext("%(user)s had no second factor.") % {"user": self.about}
        reason = self.form.cleaned_data["reason"]
        logged = gettext("Second factor reset: %(reason)s") % {"reason": reason}
        self.model_admin.log_change(self.request, self.about, logged)
        said = gettext(
            "The second factor of %(user)s is off, and its recovery codes no longer work."
        )
        return said % {"user": self.about}
