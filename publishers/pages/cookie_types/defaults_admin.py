"""Model types in the admin: what each tracks by, and for how many partners that decides."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, dates
from network.effective import queries
from network.effective.rows import told_rows
from network.models import Advertiser
from network.pages.figures.definitions import figure
from network.pages.site.admin_site import ScopedAdmin
from network.pages.site.columns import shown_moment
from network.people import access
from publishers.cookie_types.defaults import overview
from publishers.models import ModelTypeCookieType
from publishers.pages.cookie_types import default as model_type_change
from publishers.pages.cookie_types.cancelling import may_cancel


class ModelTypeCookieTypeAdmin(ScopedAdmin[ModelTypeCookieType]):
    """What partners of a model type track by, where nothing of their own is said."""

    shown_start = staticmethod(shown_moment("starts_at", gettext_lazy("From")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelTypeCookieType]:
        """Those that were cancelled too: there is a page for each."""
        return access.for_staff(told_rows(ModelTypeCookieType.all_rows.all()), request.user)

    def get_fields(self, request: HttpRequest, obj: ModelTypeCookieType | None = None) -> Any:
        viewer = request.user
        return (
            "model_type",
            "cookie_type",
            "whose",
            "shown_start",
            "reason",
            _column(_("By"), lambda row: str(access.maker(row, viewer) or _("The network"))),
            _column(_("State"), lambda row: _state(row, viewer)),
        )

    @admin.display(description=gettext_lazy("Of"))
    def whose(self, row: ModelTypeCookieType) -> str:
        return str(row.advertiser or _("The network"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.managed(request, None)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A row for each model type instead of one for each default that was ever set; those
        stand below."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shops = list(access.for_staff(Advertiser.objects.order_by("name"), request.user))
        chosen = _chosen(request, shops)
        now = clock.now()
        told = self._history(request, chosen)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Model type defaults"),
            "decides_for": figure("decides_for"),
            "rows": overview([chosen] if chosen else shops, now),
            "history": told,
            "cancellable": {row.pk for row in told if may_cancel(request, row)},
            "now": now,
            "advertisers": shops,
            "chosen": chosen,
            "has_add_permission": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/cookie_types/defaults.html", context)

    def _history(
        self, request: HttpRequest, chosen: Advertiser | None
    ) -> QuerySet[ModelTypeCookieType]:
        rows = self.get_queryset(request).select_related("advertiser")
        if chosen:
            rows = rows.filter(Q(advertiser=chosen) | Q(advertiser__isnull=True))
        return rows[: self.list_per_page]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return model_type_change.confirm(request, self)


Column = Callable[[ModelTypeCookieType], str]


def _column(label: str, text: Column) -> Column:
    """A field of the page of a default."""

    @admin.display(description=label)
    def column(row: ModelTypeCookieType) -> str:
        return text(row)

    column.__name__ = label.lower()
    return column


def _state(row: ModelTypeCookieType, viewer: access.Somebody) -> str:
    if by := row.cancelling:
        return _("Cancelled by %(person)s: %(reason)s") % {
            "person": access.maker(by, viewer) or _("the network"),
            "reason": by.reason,
        }
    now = clock.now()
    if row.starts_at > now:
        return _("Coming")
    same = ModelTypeCookieType.objects.filter(
        advertiser=row.advertiser_id, model_type=row.model_type
    )
    later = queries.next_after(same, row.starts_at)
    if later is None or later.starts_at > now:
        return _("In force since its start")
    return _("Replaced on %(start)s") % {"start": dates.moment(later.starts_at)}


def _chosen(request: HttpRequest, shops: list[Advertiser]) -> Advertiser | None:
    """The advertiser in the address; the only one where there is only one. Raises Http404 for one
    that this user does not see."""
    wanted = request.GET.get("advertiser")
    if not wanted:
        return shops[0] if len(shops) == 1 else None
    found = next((shop for shop in shops if str(shop.pk) == wanted), None)
    if found is None:
        raise Http404(f"There is no advertiser {wanted}.")
    return found
