"""Applications as a queue: who has applied, when, in which words; decided alone or together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, dates
from network.effective import queries
from network.effective.rows import start_or_now
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from publishers.models import PartnerNote, Partnership, PartnershipTerms
from publishers.notices.writing import unreached
from publishers.pages.notices.preview import names
from publishers.partnerships.standing import Standing, standings
from publishers.policy import deciding
from publishers.policy.asking import questions
from tracking.commissions.rulings import MAX_REASON

Status = PartnershipTerms.Status
MOST = 100
"""Shown, and decided together."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An application, and what has been decided about it and starts within seconds."""

    row: Partnership
    standing: Standing
    applied: PartnershipTerms
    waits: str
    question: str
    notes: Sequence[PartnerNote]
    decided: PartnershipTerms | None


def applications(request: HttpRequest) -> HttpResponse:
    """The queue, the longest waiting first."""
    now = clock.now()
    found = waiting(request, now)
    context = {
        **admin.site.each_context(request),
        "title": _("Applications"),
        "waiting": found[:MOST],
        "has_more": len(found) > MOST,
        "most": MOST,
        "several": len({one.row.advertiser_id for one in found}) > 1,
        "may_manage": access.access_of(request.user).manages_any,
    }
    return TemplateResponse(request, "admin/partners/applications.html", context)


def waiting(request: HttpRequest, now: datetime) -> list[Waiting]:
    """One more than are shown, where there are more. A constant number of queries."""
    held = PartnershipTerms.objects.filter(partnership=OuterRef("pk"), starts_at__lte=now)
    latest = held.order_by("-starts_at", "-pk").values("status")[:1]
    rows = access.for_staff(Partnership.objects.all(), request.user)
    applied = rows.annotate(status_now=Subquery(latest)).filter(status_now=Status.APPLIED)
    partnerships = list(
        applied.select_related("publisher", "advertiser")
        .prefetch_related("notes__made_by")
        .order_by("created_at", "pk")[: MOST + 1]
    )
    known = standings(partnerships, now)
    terms = queries.timelines(
        PartnershipTerms.objects.filter(partnership__in=partnerships).select_related("made_by"),
        "partnership_id",
    )
    asked = questions([row.pk for row in partnerships])
    return [
        _waiting(row, known[row.pk], terms[row.pk], asked.get(row.pk, ""), now)
        for row in partnerships
    ]


def _waiting(
    row: Partnership,
    standing: Standing,
    terms: Sequence[PartnershipTerms],
    question: str,
    now: datetime,
) -> Waiting:
    applied = next(one for one in terms if one.status == Status.APPLIED)
    decided = next(
        (one for one in terms if one.starts_at > now and one.status != Status.APPLIED), None
    )
    return Waiting(
        row=row,
        standing=standing,
        applied=applied,
        waits=dates.about(now - applied.starts_at),
        question=question,
        notes=list(row.notes.all()),
        decided=decided,
    )


class DecideForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(max_length=MAX_REASON, widget=forms.Textarea({"rows": 3}))

    def __init__(self, data: Any = None, *, declines: bool = False, **given: Any) -> None:
        super().__init__(data, **given)
        reason = self.fields["reason"]
        reason.required = declines
        reason.label = (
            _("Reason, shown to the partners") if declines else _("Message to the partners")
        )


class DecidingMany(ChangeView[None]):
    """``?to=approved&partner=1&partner=2``: several applications together, all or none. Raises
    Http404 for what this user does not see, PermissionDenied for what they may not decide."""

    form_class = DecideForm
    changes_policy = True

    def __init__(self, request: HttpRequest, model_admin: Any, about: None) -> None:
        super().__init__(request, model_admin, about)
        self.to = request.GET.get("to", "")
        if self.to not in (Status.APPROVED, Status.DECLINED):
            raise Http404("An application is approved or declined.")
        known = access.access_of(request.user)
        if not all(known.manages(row.advertiser_id) for row in self.partnerships):
            raise PermissionDenied(_("Only owners and managers decide about applications."))

    @cached_property
    def partnerships(self) -> list[Partnership]:
        given = self.request.GET.getlist("partner")[: MOST + 1]
        if not given or len(given) > MOST:
            raise Http404(f"1 to {MOST} applications are decided together.")
        try:
            wanted = {int(text) for text in given}
        except ValueError:
            raise Http404("No partners were chosen.") from None
        rows = access.for_staff(Partnership.objects.filter(pk__in=wanted), self.request.user)
        found = list(rows.select_related("publisher", "advertiser").order_by("publisher__name"))
        if len(found) < len(wanted):
            raise Http404("There is no such partner.")
        return found

    @property
    def declines(self) -> bool:
        return self.to == Status.DECLINED

    @property
    def is_grave(self) -> bool:  # type: ignore[override]
        return self.declines

    @property
    def title(self) -> str:
        number = len(self.partnerships)
        said = (
            ngettext("Decline %(count)d application", "Decline %(count)d applications", number)
            if self.declines
            else ngettext("Approve %(count)d application", "Approve %(count)d applications", number)
        )
        return said % {"count": number}

    @property
    def button(self) -> str:  # type: ignore[override]
        return self.title

    @property
    def back(self) -> str:
        return reverse("admin:applications")

    def build_form(self, data: Any, **given: Any) -> forms.Form:
        return DecideForm(data, declines=self.declines, **given)

    def effects(self) -> Effects:
        sentences = [
            _("They get a notice with the reason. Their clicks do not count.")
            if self.declines
            else _(
                "Their clicks count within seconds. Each gets a notice with its cookie type and "
                "terms."
            )
        ]
        away = unreached(self.partnerships)
        notes = (
            [
                ngettext(
                    "%(names)s has nobody with an account, so no email goes there.",
                    "%(names)s have nobody with an account, so no email goes there.",
                    len(away),
                )
                % {"names": names(away)}
            ]
            if away
            else []
        )
        return Effects(headline=names(self.partnerships), sentences=sentences, notes=notes)

    def make(self, now: datetime) -> str:
        reason = self.form.cleaned_data["reason"].strip()
        with transaction.atomic():
            if self.declines:
                self._decline(now, reason)
            else:
                deciding.accept(self.partnerships, now, made_by=person(self.request), reason=reason)
            logged = "Declined" if self.declines else "Approved"
            self.model_admin.log_changes(self.request, self.partnerships, logged)
        return decided_from(len(self.partnerships), now, declined=self.declines)

    def _decline(self, now: datetime, reason: str) -> None:
        gone = [row for row in self.partnerships if not _has_applied(row, now)]
        if gone:
            said = _("%(partners)s: not waiting for a decision any more. Look at the queue again.")
            raise ValidationError(said % {"partners": names(gone)})
        for row in self.partnerships:
            deciding.decide(row, self.to, now, made_by=person(self.request), reason=reason)


def decided_from(number: int, now: datetime, *, declined: bool = False) -> str:
    """``3 approved, from 10:17:32 GMT.``"""
    said = (
        _("%(count)s declined, from %(time)s.")
        if declined
        else _("%(count)s approved, from %(time)s.")
    )
    return said % {"count": number, "time": dates.to_the_second(start_or_now(None, now))}


def _has_applied(row: Partnership, now: datetime) -> bool:
    held = queries.in_force(row.terms.all(), start_or_now(None, now))
    return held is not None and held.status == Status.APPLIED
