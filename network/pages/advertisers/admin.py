"""Advertisers with their terms, rates and staff, as people see and change them."""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import clock, money
from network.advertisers.models import SOFT_RULE_NAMES
from network.advertisers.notice import notice_at
from network.advertisers.terms import DEFAULT_GROUP, TERMS_FIELDS, create_advertiser
from network.advertisers.words import rate_text
from network.effective import queries, timeline
from network.effective.rows import told_rows
from network.hosts import tracking_hosts
from network.models import (
    Advertiser,
    AttributionTerms,
    CommissionRate,
    StaffMembership,
)
from network.pages.advertisers import hosts
from network.pages.advertisers.api_keys import NewApiKeyPage, RevokeApiKey
from network.pages.advertisers.changes import AdvertiserTermsChange, RateChange
from network.pages.advertisers.forms import AdvertiserForm, NewAdvertiserForm
from network.pages.advertisers.signing_keys import NewSigningKey
from network.pages.site.admin_site import ScopedAdmin, TeamInline, person
from network.pages.site.columns import EMPTY, shown_moment
from network.wording import counted, joined
from publishers.pages.publishers.closing import Closing
from publishers.pages.teams.invitation_admin import end_invitations

NEW_FIELDSETS = (
    (None, {"fields": ("name", "currency", "landing_url", "domains", "network_fee_percent")}),
    (_("Consent"), {"fields": ("consent_default",)}),
    (
        _("Evidence"),
        {"fields": ("verification", "largest_order", "confirm_days", "conflict_days")},
    ),
    (_("Attribution terms"), {"fields": TERMS_FIELDS}),
    (_("Commission"), {"fields": ("percent", "fixed")}),
)
FIELDSETS = (
    (None, {"fields": ("name", "status", "currency", "network_fee_percent", "shown_created_at")}),
    (
        _("Tracking"),
        {
            "fields": (
                "landing_url",
                "domains",
                "own_hosts",
                "click_parameter",
                "strip_click_parameter",
            )
        },
    ),
    (_("Consent"), {"fields": ("consent_default",)}),
    (
        _("Evidence"),
        {
            "fields": (
                "verification",
                "largest_order",
                "confirm_days",
                "conflict_days",
                "uncounted_channels",
            )
        },
    ),
)
OPERATORS_FIELDS = ("name", "network_fee_percent")


class StaffInline(TeamInline):
    model = StaffMembership
    verbose_name = _("member of staff")
    verbose_name_plural = _("staff")


class AdvertiserAdmin(ScopedAdmin[Advertiser]):
    when_empty = _("Add the first advertiser: its shop, its terms and what it pays.")
    list_display = ("name", "id", "status", "currency", "shown_terms", "shown_rate", "verification")
    list_filter = ("status",)
    search_fields = ("name", "=id")
    form = AdvertiserForm
    change_form_template = "admin/network/advertiser/change_form.html"
    shown_created_at = staticmethod(shown_moment("created_at", _("Created")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Advertiser | None = None) -> bool:
        return self.managed(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Advertiser | None = None) -> Any:
        return FIELDSETS if obj else NEW_FIELDSETS

    def get_form(
        self,
        request: HttpRequest,
        obj: Advertiser | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ModelForm[Advertiser]]:
        if obj is None:
            kwargs["form"] = NewAdvertiserForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Advertiser | None = None) -> Any:
        if obj is None:
            return ()
        fixed = ("status", "currency", "shown_created_at")
        return fixed if self.is_operator(request) else (*fixed, *OPERATORS_FIELDS)

    def get_inlines(self, request: HttpRequest, obj: Advertiser | None) -> Any:
        return [StaffInline] if obj and self.is_operator(request) else []

    def save_model(self, request: HttpRequest, obj: Advertiser, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            self._save_own_hosts(request, obj, form.cleaned_data["own_hosts"])
            return
        created = create_advertiser(form.new_advertiser(), clock.now(), person(request))
        obj.pk = created.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Advertiser, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Its integration page: a shop earns its partners nothing before it is tracked."""
        said = gettext("%(row)s is added. Next, build tracking into its shop.") % {"row": obj}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:integration", args=[obj.pk]))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        end_invitations(request, formset.deleted_objects)

    def _save_own_hosts(self, request: HttpRequest, obj: Advertiser, names: list[str]) -> None:
        try:
            new = tracking_hosts.replace(obj, names, clock.now(), asked_by=person(request))
        except tracking_hosts.HostTaken as error:  # since the form was checked
            self.message_user(
                request, gettext("Tracking hosts: %(error)s") % {"error": error}, messages.ERROR
            )
            return
        for row in new:
            if row.proof_id is None:
                said = gettext(
                    "%(host)s waits for proof. The advertiser's page says under Own tracking hosts "
                    "how to give it."
                )
                self.message_user(request, said % {"host": row.host}, messages.WARNING)

    @admin.display(description=_("Own tracking hosts"))
    def own_hosts(self, advertiser: Advertiser) -> str:
        """For those who only read."""
        return joined([row.host for row in advertiser.own_hosts.all()]) or EMPTY

    def get_urls(self) -> list[URLPattern]:
        return [
            AdvertiserTermsChange.path(self, "<int:pk>/terms/", "network_advertiser_terms"),
            hosts.check_url(self),
            Closing.path(self, "<int:pk>/close/", "network_advertiser_close"),
            RateChange.path(self, "<int:pk>/rate/", "network_advertiser_rate"),
            NewSigningKey.path(self, "<int:pk>/signing-key/", "network_advertiser_signing_key"),
            NewApiKeyPage.path(self, "<int:pk>/api-key/", "network_advertiser_api_key"),
            RevokeApiKey.path(
                self, "<int:pk>/api-key/revoke/", "network_advertiser_revoke_api_key"
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        advertiser = context.get("original")
        if advertiser:
            held = timeline.in_force(list(advertiser.terms.all()), clock.now())
            context |= {
                "has_partners": advertiser.partnerships.exists(),
                "current_terms": held.pk if held else None,
                "terms": told_rows(AttributionTerms.all_rows.filter(advertiser=advertiser)),
                "notice": notice_at(list(advertiser.terms.all()), clock.now()),
                "rates": _rates(advertiser),
                "own_hosts": hosts.shown(advertiser),
                "signing_keys": advertiser.signing_keys.select_related("made_by"),
                "api_keys": advertiser.api_keys.select_related("made_by", "revoked_by"),
                "now": clock.now(),
                "is_operator": self.is_operator(request),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("Largest plausible order"))
    def largest_order(self, advertiser: Advertiser) -> str:
        """For those who only read."""
        largest = advertiser.largest_order_minor
        return EMPTY if largest is None else money.display(largest, advertiser.currency)

    @admin.display(description=_("Terms"))
    def shown_terms(self, advertiser: Advertiser) -> str:
        held = timeline.in_force(list(advertiser.terms.all()), clock.now())
        if not held:
            return EMPTY
        return gettext("%(soft_rule)s, %(period)s") % {
            "soft_rule": SOFT_RULE_NAMES[held.soft_rule],
            "period": counted(held.hard_days, "day"),
        }

    @admin.display(description=_("Commission"))
    def shown_rate(self, advertiser: Advertiser) -> str:
        rates = [
            rate
            for group in advertiser.commission_groups.all()
            if group.code == DEFAULT_GROUP
            for rate in group.rates.all()
        ]
        held = timeline.in_force(rates, clock.now())
        return rate_text(held, advertiser) if held else EMPTY

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("terms", "commission_groups__rates")


def _rates(advertiser: Advertiser) -> list[dict[str, Any]]:
    rows = told_rows(CommissionRate.all_rows.filter(advertiser=advertiser))
    begun = CommissionRate.objects.filter(advertiser=advertiser, starts_at__lte=clock.now())
    current = {row.group_id: row.pk for row in queries.in_order(begun)}
    return [
        {"row": row, "text": rate_text(row, advertiser), "current": current.get(row.group_id)}
        for row in rows.select_related("group")
    ]
