"""Publishers, as operators see and add them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy

from network import clock
from network.effective.rows import told_rows
from network.pages.site.admin_site import OperatorAdmin, person
from network.pages.site.columns import added, shown_moment
from publishers.models import (
    ModelType,
    Publisher,
    PublisherModelType,
)
from publishers.pages.cookie_types import model_type
from publishers.pages.partners.forms import NewPublisherForm, PublisherForm
from publishers.pages.publishers.closing import Closing
from publishers.policy import deciding


class PublisherAdmin(OperatorAdmin[Publisher]):
    """For operators; an advertiser sees its partners."""

    when_empty = gettext_lazy(
        "Publishers apply through an advertiser's programme, or are added here."
    )
    list_display = (
        "name",
        "id",
        "shown_model_type",
        "team",
        "website",
        "status",
        "shown_created_at",
    )
    list_filter = ("status",)
    list_select_related = ("team",)
    search_fields = ("name", "=id", "website", "team__name")
    readonly_fields = ("status", "shown_created_at")
    change_form_template = "admin/publishers/publisher/change_form.html"
    shown_created_at = staticmethod(shown_moment("created_at", gettext_lazy("Created")))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        found.result_list = found.result_list.prefetch_related("model_types")
        return found

    def get_fields(self, request: HttpRequest, obj: Publisher | None = None) -> Any:
        if obj is None:
            return ("name", "website", "promotion", "model_type", "team")
        return ("name", "website", "promotion", "team", "status", "shown_created_at")

    def get_form(
        self,
        request: HttpRequest,
        obj: Publisher | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ModelForm[Publisher]]:
        kwargs["form"] = PublisherForm if obj else NewPublisherForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Publisher | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Publisher, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data
        created = deciding.create_publisher(
            data["name"],
            data["model_type"],
            clock.now(),
            website=data["website"],
            promotion=data["promotion"],
            made_by=person(request),
            team=data["team"],
        )
        obj.pk = created.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Publisher, post_url_continue: str | None = None
    ) -> HttpResponse:
        return added(self, request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.model_type_view)
        return [
            Closing.path(self, "<int:pk>/close/", "publishers_publisher_close"),
            path("<int:pk>/model-type/", view, name="publishers_publisher_model_type"),
            *super().get_urls(),
        ]

    def model_type_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        publisher = self.get_object(request, str(pk))
        if not self.has_change_permission(request, publisher):
            raise PermissionDenied
        return model_type.confirm(request, self, publisher)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        publisher = context.get("original")
        if publisher:
            rows = PublisherModelType.all_rows.filter(publisher=publisher)
            context |= {
                "model_types": told_rows(rows),
                "partnerships": publisher.partnerships.select_related("advertiser"),
                "now": clock.now(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("Model type"))
    def shown_model_type(self, publisher: Publisher) -> str:
        return str(ModelType(model_type.model_type_of(publisher, clock.now())).label)
