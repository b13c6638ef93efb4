"""The admin as advertiser staff and operators see it: every list and page within their tenants.

Django's own permissions take no part: :mod:`network.people.access` alone says who sees and changes
what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model, QuerySet, Sum
from django.forms import BaseInlineFormSet, ModelChoiceField
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise
from unfold import admin as unfold
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from network import dates
from network.models import Advertiser, User
from network.pages.people.logged import what_changed
from network.pages.site import navigation, totals
from network.pages.site.columns import EMPTY, NamedRows
from network.people import access

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of the admin that belongs to no model: ``admin:<name>``, for all who enter."""

    route: str
    view: Callable[..., HttpResponse]
    name: str


_OWN_PAGES: list[OwnPage] = []


def add_page(page: OwnPage) -> None:
    """To be called while Django loads the ``admin`` modules."""
    _OWN_PAGES.append(page)


class NetworkAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    index_title = _("Home")
    home: Callable[[HttpRequest], Mapping[str, Any]]
    """What the home page shows; set while Django loads the ``admin`` modules."""
    empty_value_display = EMPTY

    def get_urls(self) -> list[URLPattern]:
        own = [path(page.route, self.admin_view(page.view), name=page.name) for page in _OWN_PAGES]
        return [*own, *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        return access.access_of(request.user).enters_admin

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one sign-in for everybody, and it is not here."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(gettext("This part is for advertisers' staff and operators."))
        if "HX-Request" in request.headers:  # in its stead the page keeps what it shows
            return HttpResponse("Sign in again.", status=HTTPStatus.UNAUTHORIZED)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        known = access.access_of(request.user)
        return {
            **super().each_context(request),
            "zone": dates.zone_name(),
            "has_dashboard": bool(known.publisher_roles),
            "colors": None,  # in admin.css: the theme would write them into the page
            "styles": [static("network/admin.css")],
            "site_favicons": [
                Favicon(href=static("network/icon.svg"), rel="icon", type="image/svg+xml")
            ],
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Empty: no page shows it, and to make it takes as long as the sidebar."""
        return []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The theme's shape of :func:`network.pages.site.navigation.sidebar`."""
        return [
            {"title": group.title, "items": [item.for_theme() for item in group.items]}
            for group in navigation.sidebar(request.path, access.access_of(request.user))
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        found: TemplateResponse = super().index(request, {**type(self).home(request)})
        return found

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lists are grouped in the sidebar, not by where their models are."""
        return HttpResponseRedirect(reverse("admin:index"))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one page for everybody's password, and it is not here."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The theme's search keeps what it finds beyond the request; lists have their own."""
        raise Http404(gettext("There is no search across lists."))


class ScopedAdmin(NamedRows, unfold.ModelAdmin, admin.ModelAdmin[Row]):  # type: ignore[misc]
    """Shows a user only the rows of their tenants; another tenant's row does not exist (404).

    Nothing can be added, changed or deleted unless a subclass says so.
    """

    actions: Any = ()
    when_empty: str | Promise = ""
    """What to do next when there is no row yet, or where rows come from."""
    sums: Mapping[StrPromise, Sum] = MappingProxyType({})
    """What the list comes to, in the currency of the column ``currency``, by its words."""
    view_on_site = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    construct_change_message = what_changed  # type: ignore[assignment]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        return access.for_staff(super().get_queryset(request), request.user)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Raises IncorrectLookupParameters for text that no column can hold."""
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters("a null character")
        counts_all = totals.take_count(request)
        found = super().get_changelist_instance(request)
        setattr(found, "told", totals.totals_of(request, found, counts_all=counts_all))  # noqa: B010
        return found

    def rolled_up(self, request: HttpRequest, found: ChangeList) -> totals.ListTotal | None:
        """What a list of many rows comes to, where sums that are kept know it exactly."""
        return None

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Paginator[Any]:
        found: Paginator[Any] = super().get_paginator(request, *args, **kwargs)
        if isinstance(found, totals.CappedPaginator):
            found.shows(totals.page_of(request))
        return found

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No regular expressions: PostgreSQL would have to work on whatever an address says."""
        is_expression = lookup.rpartition("__")[2] in ("regex", "iregex")
        return not is_expression and super().lookup_allowed(lookup, value, request)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Row:
        """The row. Raises Http404 when there is none that this user may see."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        return row

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return access.access_of(request.user).sees_in_admin(self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def is_operator(self, request: HttpRequest) -> bool:
        return access.access_of(request.user).operator

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With one way to save."""
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def managed(self, request: HttpRequest, row: Row | None) -> bool:
        """Whether this user may change the row; without a row: whether they may change any."""
        if row is None:
            return access.access_of(request.user).manages_any
        rows = self.model._default_manager.filter(pk=row.pk)
        return access.for_managers(rows, request.user).exists()

    def log_changes(self, request: HttpRequest, rows: Sequence[Row], message: str) -> None:
        """As :meth:`log_change` for each of them, in one statement."""
        LogEntry.objects.log_actions(person(request).pk, rows, CHANGE, message)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Offer only rows that this user may see."""
        offered = kwargs.get("queryset")
        if offered is None:
            offered = db_field.related_model._default_manager.all()
        kwargs["queryset"] = access.for_staff(offered, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class OperatorAdmin(ScopedAdmin[Row]):
    """Operators add and change; nobody deletes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self.is_operator(request)


class PageAdmin(ScopedAdmin[Row]):
    """A row is a page to read, made from a template, and not a form."""

    page_template: str

    def page(self, request: HttpRequest, row: Row) -> Mapping[str, Any]:
        """What the template shows."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "has_view_permission": True,
            **self.page(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)


class Members(BaseInlineFormSet[Any, Any, Any]):
    """The people of a row; where there are owners, one of them at least stays."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        place = self.instance
        type(place)._default_manager.select_for_update(no_key=True).get(pk=place.pk)
        rows = self.get_queryset().model._default_manager.all()
        held = rows.filter(**{self.fk.name: place}, role=access.OWNER)
        owners = set(held.values_list("pk", flat=True))
        if owners and not self._owners_after(owners):
            raise ValidationError(
                gettext("There would be no owner left. Make somebody else one first.")
            )

    def _owners_after(self, owners: set[int]) -> set[Any]:
        """By what the database says of those whose line was not changed."""
        changed = [form for form in self.forms if form.has_changed()]
        stay = [form for form in changed if not form.cleaned_data.get(DELETION_FIELD_NAME)]
        made = {form for form in stay if form.cleaned_data.get("role") == access.OWNER}
        return owners - {form.instance.pk for form in changed} | made


class TeamInline(unfold.TabularInline, admin.TabularInline[Any, Any]):  # type: ignore[misc]
    """People who belong to the row, each with a role: chosen here, not made or changed."""

    formset = Members
    autocomplete_fields = ("user",)
    extra = 0
    hide_title = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        found = super().formfield_for_dbfield(db_field, request, **kwargs)
        if found and isinstance(found.widget, RelatedFieldWidgetWrapper):
            found.widget = found.widget.widget
        if found:  # the labels are the table's head
            found.widget.attrs["aria-label"] = capfirst(str(found.label))
        return found


class ClosedListFilter(admin.SimpleListFilter):
    """One of the choices offered; with anything else in the address the whole list is shown."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return queryset
        if chosen not in {key for key, _ in self.lookup_choices}:
            raise IncorrectLookupParameters(f"There is no {self.title} {chosen}.")
        return self.narrow(queryset, chosen)

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        """The rows with this choice."""
        return queryset.filter(**{self.parameter_name or "": chosen})


class AdvertiserFilter(ClosedListFilter):
    """By advertiser, among those that the user sees; nothing to choose with only one."""

    title = _("advertiser")
    parameter_name = "advertiser"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        seen = access.for_staff(Advertiser.objects.all(), request.user)
        return [(str(key), name) for key, name in seen.values_list("pk", "name")]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1


class ChoicesFilter(ClosedListFilter):
    """By a list of choices that is always the same."""

    choices_of: Sequence[tuple[str, Any]]

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> Sequence[tuple[str, Any]]:
        return self.choices_of


class WordsFilter(ClosedListFilter):
    """By a closed list of reasons, each in words."""

    words: Mapping[Any, Promise]

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [(item.value, capfirst(str(words))) for item, words in self.words.items()]


def person(request: HttpRequest) -> User:
    """Who is signed in; the admin lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
