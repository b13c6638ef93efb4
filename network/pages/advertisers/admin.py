"""Advertisers with their terms, rates and staff, as people see and change them."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import clock, dates, money
from network.advertisers import tracking_hosts
from network.advertisers.notice import notice_at
from network.advertisers.terms import (
    DEFAULT_GROUP,
    TERMS_FIELDS,
    change_rate,
    create_advertiser,
    rate_at,
)
from network.effective import timeline
from network.effective.rows import start_or_now, told_rows
from network.models import (
    Advertiser,
    AttributionTerms,
    CommissionRate,
    StaffMembership,
)
from network.pages.advertisers.forms import AdvertiserForm, NewAdvertiserForm, RateForm, TermsForm
from network.pages.site.admin_site import ScopedAdmin, TeamInline, person
from network.pages.site.change_pages import TEMPLATE, ChangePage, posted, respond
from network.pages.site.columns import EMPTY, shown_moment
from publishers.pages.teams.invitation_admin import end_invitations
from publishers.policy import programme_terms

NEW_FIELDSETS = (
    (None, {"fields": ("name", "currency", "landing_url", "domains", "network_fee_percent")}),
    (_("Consent"), {"fields": ("consent_default",)}),
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
    (
        _("Consent and reports"),
        {"fields": ("consent_default", "verification", "uncounted_channels")},
    ),
)
OPERATORS_FIELDS = ("name", "status", "network_fee_percent")


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
        fixed = ("currency", "shown_created_at")
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

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        end_invitations(request, formset.deleted_objects)

    def _save_own_hosts(self, request: HttpRequest, obj: Advertiser, hosts: list[str]) -> None:
        try:
            tracking_hosts.replace(obj, hosts)
        except tracking_hosts.HostTaken as error:  # since the form was checked
            self.message_user(
                request, gettext("Tracking hosts: %(error)s") % {"error": error}, messages.ERROR
            )

    @admin.display(description=_("Own tracking hosts"))
    def own_hosts(self, advertiser: Advertiser) -> str:
        """For those who only read."""
        return ", ".join(row.host for row in advertiser.own_hosts.all()) or EMPTY

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/terms/", wrap(self.terms_view), name="network_advertiser_terms"),
            path("<int:pk>/rate/", wrap(self.rate_view), name="network_advertiser_rate"),
            *super().get_urls(),
        ]

    def terms_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        advertiser = self._managed_or_refuse(request, pk)
        now = clock.now()
        row = AttributionTerms(advertiser=advertiser, starts_at=start_or_now(None, now))
        form = TermsForm(posted(request), row=row)

        def apply(now: datetime) -> str:
            with form.keeping_up():
                row = programme_terms.change(
                    advertiser,
                    form.changes,
                    now,
                    made_by=person(request),
                    reason=form.cleaned_data["reason"],
                    start=form.start_at,
                    known=form.known,
                )
            self.log_change(request, advertiser, gettext("Terms: %(terms)s") % {"terms": row})
            start = dates.zoned(row.starts_at)
            said = gettext("The terms change on %(start)s. Clicks already made keep theirs.")
            return said % {"start": start}

        title = gettext("Change the terms of %(advertiser)s") % {"advertiser": advertiser}
        return respond(
            request, self, self._page(advertiser, title, gettext("Change terms"), form, apply)
        )

    def rate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        advertiser = self._managed_or_refuse(request, pk)
        group = advertiser.commission_groups.get(code=DEFAULT_GROUP)
        before = rate_at(group, clock.now())
        fixed = before.fixed_minor
        form = RateForm(
            posted(request),
            currency=advertiser.currency,
            initial={
                "percent": before.percent,
                "fixed": "" if fixed is None else money.plain(fixed, advertiser.currency),
            },
        )

        def apply(now: datetime) -> str:
            row = change_rate(
                group,
                now,
                made_by=person(request),
                percent=form.cleaned_data["percent"],
                fixed_minor=form.cleaned_data["fixed_minor"],
                start=form.start_at,
            )
            said = gettext("Commission: %(rate)s") % {"rate": rate_text(row, advertiser)}
            self.log_change(request, advertiser, said)
            said = gettext("The commission changes on %(start)s.")
            return said % {"start": dates.zoned(row.starts_at)}

        title = gettext("Change the commission of %(advertiser)s") % {"advertiser": advertiser}
        return respond(
            request, self, self._page(advertiser, title, gettext("Change commission"), form, apply)
        )

    def _managed_or_refuse(self, request: HttpRequest, pk: int) -> Advertiser:
        advertiser = self.get_object(request, str(pk))
        if not self.has_change_permission(request, advertiser):
            raise PermissionDenied
        return advertiser

    def _page(
        self, advertiser: Advertiser, title: str, button: str, form: Any, apply: Any
    ) -> ChangePage:
        return ChangePage(
            title=title,
            form=form,
            button=button,
            back=reverse("admin:network_advertiser_change", args=[advertiser.pk]),
            apply=apply,
            template="admin/change_terms.html" if isinstance(form, TermsForm) else TEMPLATE,
            changes_policy=True,
            context={"original": advertiser},
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        advertiser = context.get("original")
        if advertiser:
            context |= {
                "terms": told_rows(AttributionTerms.all_rows.filter(advertiser=advertiser)),
                "notice": notice_at(list(advertiser.terms.all()), clock.now()),
                "rates": _rates(advertiser),
                "now": clock.now(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("Terms"))
    def shown_terms(self, advertiser: Advertiser) -> str:
        held = timeline.in_force(list(advertiser.terms.all()), clock.now())
        return f"{held.soft_rule}, {held.hard_days} days" if held else EMPTY

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


def rate_text(rate: CommissionRate, advertiser: Advertiser) -> str:
    """``8%`` or ``£4.50 per sale``."""
    if rate.fixed_minor is None:
        return str(rate)
    return f"{money.display(rate.fixed_minor, advertiser.currency)} per sale"


def _rates(advertiser: Advertiser) -> list[dict[str, Any]]:
    rows = told_rows(CommissionRate.all_rows.filter(advertiser=advertiser))
    return [
        {"row": row, "text": rate_text(row, advertiser)} for row in rows.select_related("group")
    ]
