"""Cancelling in the admin what has not started: what it is, why, and what holds instead."""

from collections.abc import Mapping
from dataclasses import dataclass
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

from network import clock, dates
from network.effective import queries
from network.effective.rows import EffectiveDated, TooLate, refuse_late
from network.models import AttributionTerms, CommissionRate
from network.pages.advertisers.admin import rate_text
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangePage, posted, respond
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.words import source_text
from publishers.models import (
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
        label=gettext_lazy("Reason, shown to those concerned"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A change that is to come: what it is, whose page it stands on, what holds without it."""

    what: str
    about: Model
    instead: str


def cancel_view(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Asks for the reason, and cancels. Whoever may make a change may cancel it."""
    row = _row(request, kind, pk)
    coming = _coming(row)
    back = _address(coming.about)
    try:
        refuse_late(row, clock.now())
    except TooLate as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    if row.cancelling is not None:
        said = _("%(person)s has cancelled this change already.")
        messages.error(request, said % {"person": row.cancelling.made_by or _("The network")})
        return HttpResponseRedirect(back)
    form = CancelForm(posted(request))
    model_admin = admin.site.get_model_admin(type(coming.about))

    def apply(now: datetime) -> str:
        reason = form.cleaned_data["reason"]
        assigning.cancel(row, now, reason=reason, made_by=person(request))
        model_admin.log_change(
            request, coming.about, _("Cancelled: %(what)s") % {"what": coming.what}
        )
        said = _("Cancelled: %(change)s, from %(start)s.")
        return said % {"change": coming.what, "start": dates.zoned(row.starts_at)}

    page = ChangePage(
        title=_("Cancel a coming change of %(about)s") % {"about": coming.about},
        form=form,
        button=_("Cancel the change"),
        back=back,
        apply=apply,
        changes_policy=True,
        template="admin/cookie_types/cancel.html",
        context={"row": row, "coming": coming, "leave": _("Don't cancel")},
    )
    return respond(request, model_admin, page)


def _row(request: HttpRequest, kind: str, pk: int) -> EffectiveDated:
    """Raises Http404 for what this user does not see, PermissionDenied for what they may not
    change."""
    if kind not in KINDS:
        raise Http404(f"There are no changes of {kind}.")
    rows = KINDS[kind].all_rows.filter(cancels__isnull=True)
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


def _coming(row: EffectiveDated) -> Coming:
    match row:
        case CookieTypeAssignment():
            said = _("Back to the model type's default")
            if row.cookie_type != "inherit":
                said = row.get_cookie_type_display()
            return Coming(what=said, about=row.partnership, instead=_type_without(row))
        case PartnershipTerms():
            before = queries.in_force_before(row.partnership.terms.all(), row.starts_at)
            said = row.get_status_display()
            if before and before.status == row.status:
                said = _("%(status)s, with other terms") % {"status": said}
            return Coming(what=said, about=row.partnership, instead="")
        case PublisherModelType():
            said = _("Model type %(model_type)s") % {"model_type": row.get_model_type_display()}
            return Coming(what=said, about=row.publisher, instead="")
        case ModelTypeCookieType():
            said = _("%(model_type)s default: %(type)s") % {
                "model_type": row.get_model_type_display(),
                "type": row.get_cookie_type_display(),
            }
            return Coming(what=said, about=row, instead="")
        case AttributionTerms():
            return Coming(
                what=_("Terms %(terms)s") % {"terms": row}, about=row.advertiser, instead=""
            )
        case CommissionRate():
            rate = rate_text(row, row.advertiser)
            said = _("Commission %(rate)s") % {"rate": rate}
            return Coming(what=said, about=row.advertiser, instead="")
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


def _address(about: Model) -> str:
    if isinstance(about, ModelTypeCookieType):
        return reverse("admin:publishers_modeltypecookietype_changelist")
    name = about._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_change", args=[about.pk])
