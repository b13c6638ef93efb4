"""Cancelling in the admin what has not started: what it is, why, and what holds instead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.advertisers.words import rate_text
from network.effective import queries
from network.effective.rows import EffectiveDated, TooLate, refuse_late
from network.models import AttributionTerms, CommissionRate
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.words import source_text
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    ModelTypeCookieType,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.pages.cookie_types.sentences import type_name
from publishers.policy import assigning

KINDS: Mapping[str, Any] = {
    "cookie-type": CookieTypeAssignment,
    "status": PartnershipTerms,
    "model-type": PublisherModelType,
    "default": ModelTypeCookieType,
    "terms": AttributionTerms,
    "commission": CommissionRate,
}
"""What can be cancelled, as it is called in an address."""


class CancelForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(
        label=gettext_lazy("Reason, shown to the partners"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )


class Cancelling(ChangeView[Any]):
    """Cancelling the ``row``, which has not started; who may make a change may cancel it."""

    button = gettext_lazy("Cancel the change")
    leave = gettext_lazy("Don't cancel")
    form_class = CancelForm
    template = "admin/cookie_types/cancel.html"
    changes_policy = True

    def __init__(self, request: HttpRequest, row: EffectiveDated) -> None:
        self.row, about = row, _about(row)
        model_admin: Any = admin.site.get_model_admin(type(about))
        super().__init__(request, model_admin, about)

    @property
    def title(self) -> str:
        return _("Cancel the scheduled change of %(about)s") % {"about": self.about}

    @property
    def back(self) -> str:
        if isinstance(self.about, ModelTypeCookieType):
            return reverse("admin:publishers_modeltypecookietype_changelist")
        return super().back

    @property
    def is_too_late(self) -> str:
        """Why the row cannot be cancelled any more; empty while it can."""
        try:
            refuse_late(self.row, self.now)
        except TooLate as error:
            return str(error)
        if self.row.cancelling is None:
            return ""
        said = _("%(person)s has cancelled this change already.")
        return said % {"person": self.row.cancelling.made_by or _("The network")}

    def context(self) -> Mapping[str, Any]:
        row = self.row
        instead = _type_without(row) if isinstance(row, CookieTypeAssignment) else ""
        return {"row": row, "what": _what(row), "instead": instead}

    def make(self, now: datetime) -> str:
        what = _what(self.row)
        reason = self.form.cleaned_data["reason"]
        assigning.cancel(self.row, now, reason=reason, made_by=person(self.request))
        logged = _("Cancelled: %(what)s") % {"what": what}
        self.model_admin.log_change(self.request, self.about, logged)
        said = _("Cancelled: %(change)s, from %(start)s.")
        return said % {"change": what, "start": dates.zoned(self.row.starts_at)}


def cancel_view(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Asks for the reason, and cancels."""
    page = Cancelling(request, _row(request, kind, pk))
    if page.is_too_late:
        messages.error(request, page.is_too_late)
        return HttpResponseRedirect(page.back)
    return page.response()


def _row(request: HttpRequest, kind: str, pk: int) -> EffectiveDated:
    """Raises Http404 for what this user does not see, PermissionDenied for what they may not
    change."""
    if kind not in KINDS:
        raise Http404(f"There are no changes of {kind}.")
    rows = KINDS[kind].all_rows.filter(cancels__isnull=True).select_related("cancelled_by")
    row: EffectiveDated | None = access.for_staff(rows, request.user).filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such change.")
    if not may_cancel(request, row):
        raise PermissionDenied(
            _("The network decides this: ask its operators.")
            if row.is_networks
            else _("Only owners and managers change this.")
        )
    return row


def may_cancel(request: HttpRequest, row: EffectiveDated) -> bool:
    """Whether this user may make such changes."""
    known = access.access_of(request.user)
    if known.operator:
        return True
    advertiser: int | None = getattr(row, "advertiser_id", None)
    return advertiser is not None and known.manages(advertiser)


def _about(row: EffectiveDated) -> Model:
    """On whose page the change stands."""
    match row:
        case CookieTypeAssignment() | PartnershipTerms():
            return row.partnership
        case PublisherModelType():
            return row.publisher
        case AttributionTerms() | CommissionRate():
            return row.advertiser
    return row


def _what(row: EffectiveDated) -> str:
    """What was to change, in words."""
    match row:
        case CookieTypeAssignment(cookie_type=AssignedType.INHERIT):
            return _("Back to the model type's default")
        case CookieTypeAssignment():
            return str(row.get_cookie_type_display())
        case PartnershipTerms():
            before = queries.in_force_before(row.partnership.terms.all(), row.starts_at)
            status = str(row.get_status_display())
            if before and before.status == row.status:
                return _("%(status)s, with other terms") % {"status": status}
            return status
        case PublisherModelType():
            return _("Model type %(model_type)s") % {"model_type": row.get_model_type_display()}
        case ModelTypeCookieType():
            return _("%(model_type)s default: %(type)s") % {
                "model_type": row.get_model_type_display(),
                "type": row.get_cookie_type_display(),
            }
        case AttributionTerms():
            return _("Terms %(terms)s") % {"terms": row}
        case CommissionRate():
            return _("Commission %(rate)s") % {"rate": rate_text(row, row.advertiser)}
    raise TypeError(row)


def _type_without(row: CookieTypeAssignment) -> str:
    """``Without it, CouponCat is soft then (Extension default).``"""
    others = cookie_types.policy_without(cookie_types.policy_of(row.partnership), row)
    kind = cookie_types.in_force(others, row.starts_at)
    return _("Without it, %(partner)s is %(type)s then (%(source)s).") % {
        "partner": row.partnership.publisher,
        "type": type_name(kind.cookie_type),
        "source": source_text(kind),
    }
