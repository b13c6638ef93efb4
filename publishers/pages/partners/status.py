"""Deciding about a partnership in the admin: approve, decline, end, or suspend for fraud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, dates, money
from network.effective import queries, rebasing
from network.effective.rows import SPREAD
from network.pages.site import terms_form
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeForm, ChangePage, posted, respond
from publishers.models import Partnership, PartnershipTerms
from publishers.partnerships.standing import Standing, attach_standings, standing_of
from publishers.policy import deciding
from tracking.commissions.rulings import MAX_REASON
from tracking.lifecycle import suspension
from tracking.lifecycle.validation import ValidationRefused

Status = PartnershipTerms.Status
_SHOWN = gettext_lazy("Reason, shown to the partner")


class StatusForm(forms.Form):
    """Why; it holds at once."""

    required_css_class = "required"
    reason = forms.CharField(
        label=_SHOWN, max_length=MAX_REASON, widget=forms.Textarea({"rows": 3})
    )


class ApprovalForm(ChangeForm):
    """What is said to the partner with its approval, and from when that holds."""

    reason = forms.CharField(
        label=gettext_lazy("Message to the partner"),
        max_length=MAX_REASON,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )


class EndForm(ChangeForm):
    """Why and when a partnership ends."""

    reason = forms.CharField(
        label=_SHOWN, max_length=MAX_REASON, widget=forms.Textarea({"rows": 3})
    )


@dataclass(frozen=True, slots=True)
class DecisionWords:
    """A decision in words: on the partner's page, on its confirmation, and what it means."""

    offer: Promise
    title: Promise
    button: Promise
    meaning: Promise
    form: type[forms.Form] = StatusForm


DECISIONS: Mapping[str, DecisionWords] = {
    Status.APPROVED: DecisionWords(
        gettext_lazy("Approve…"),
        gettext_lazy("Approve %(partner)s at %(shop)s"),
        gettext_lazy("Approve"),
        gettext_lazy("Its clicks count from then on; it is told, with its cookie type and terms."),
        ApprovalForm,
    ),
    Status.DECLINED: DecisionWords(
        gettext_lazy("Decline…"),
        gettext_lazy("Decline the application of %(partner)s at %(shop)s"),
        gettext_lazy("Decline the application"),
        gettext_lazy("It is told why. Its clicks do not count."),
    ),
    Status.ENDED: DecisionWords(
        gettext_lazy("End…"),
        gettext_lazy("End the partnership of %(partner)s and %(shop)s"),
        gettext_lazy("End the partnership"),
        gettext_lazy(
            "Clicks from then on do not count. Clicks made before keep their claims until their "
            "windows close, and what they earn is paid."
        ),
        EndForm,
    ),
    Status.SUSPENDED: DecisionWords(
        gettext_lazy("Suspend for fraud…"),
        gettext_lazy("Suspend %(partner)s at %(shop)s for fraud"),
        gettext_lazy("Suspend for fraud"),
        gettext_lazy(
            "Its clicks stop counting within seconds. What it has pending is declined with the "
            "reason Fraud, and so is what its earlier clicks bring in until the suspension is "
            "lifted. What is final stays and is corrected in the ledger."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A decision that the partner's page offers."""

    to: str
    text: str


def offers(standing: Standing) -> list[Offer]:
    """What can be decided about a partnership that stands like this."""
    held = standing.terms.status if standing.terms else ""
    return [
        Offer(to, str(decision.offer))
        for to, decision in DECISIONS.items()
        if held in PartnershipTerms.DECIDED_FROM[to]
    ]


def decide(
    request: HttpRequest, model_admin: ScopedAdmin[Partnership], row: Partnership
) -> HttpResponse:
    """The confirmation of a decision, ``?to=ended``; makes it when it is posted, unless somebody
    else changed something meanwhile. Raises Http404 for what cannot be decided as the partnership
    stands."""
    now, to = clock.now(), request.GET.get("to", "")
    attach_standings([row], now)
    is_offered = to in {offer.to for offer in offers(standing_of(row))}
    if to not in DECISIONS or not (is_offered or request.method == "POST"):
        raise Http404(f"{row} cannot become {to}.")
    form = DECISIONS[to].form(posted(request))
    return respond(request, model_admin, _page(_Asked(request, model_admin, row, to, form), now))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody's wish to let the partnership become ``to``, with the form that says how."""

    request: HttpRequest
    model_admin: ScopedAdmin[Partnership]
    row: Partnership
    to: str
    form: forms.Form


def _page(asked: _Asked, now: datetime) -> ChangePage:
    row, to, form = asked.row, asked.to, asked.form
    decision = DECISIONS[to]
    suspends = to == Status.SUSPENDED
    return ChangePage(
        title=str(decision.title) % {"partner": row.publisher, "shop": row.advertiser},
        form=form,
        button=str(decision.button),
        back=reverse("admin:publishers_partnership_change", args=[row.pk]),
        apply=lambda at: _suspend(asked, at) if suspends else _make(asked, at),
        changes_policy=not suspends,  # a suspension takes the lock when it has declined sales
        template="admin/partners/status.html",
        context={
            "original": row,
            "decision": decision,
            "newest": rebasing.newest(PartnershipTerms(partnership=row)),
            "coming": _coming(row, to, now),
            "later": isinstance(form, ChangeForm),
            **_preview(row, to),
        },
    )


def _suspend(asked: _Asked, now: datetime) -> str:
    """Suspend the partner; what was done, in words. Raises ValidationError."""
    try:
        declined = suspension.suspend(
            asked.row,
            now,
            reason=asked.form.cleaned_data["reason"].strip(),
            made_by=person(asked.request),
            read_clock=lambda: clock.now(),
        )
    except ValidationRefused as error:  # a sale was changed at the same moment
        raise ValidationError(
            _("%(error)s Nothing was changed; try again.") % {"error": error}
        ) from error
    asked.model_admin.log_change(asked.request, asked.row, _("Suspended for fraud"))
    return _declined(asked.row, declined)


def _make(asked: _Asked, now: datetime) -> str:
    """Make any other decision; what was done, in words. Raises Refused and ValidationError."""
    made = deciding.decide(
        asked.row,
        asked.to,
        now,
        made_by=person(asked.request),
        reason=asked.form.cleaned_data["reason"].strip(),
        start=asked.form.start_at if isinstance(asked.form, ChangeForm) else None,
        known=terms_form.number(asked.request.POST, "newest"),
    )
    told = _("Terms: %(terms)s") % {"terms": made}
    asked.model_admin.log_change(asked.request, asked.row, told)
    return _("%(status)s from %(start)s.") % {
        "status": made.get_status_display(),
        "start": dates.zoned(made.starts_at),
    }


def _coming(row: Partnership, to: str, now: datetime) -> Sequence[terms_form.Coming]:
    """What is to come of the terms, and what of it the decision withdraws."""
    held = deciding.terms_at(row, now + SPREAD)
    return terms_form.coming(deciding.foreseen(row, to, now), held) if held else []


def _preview(row: Partnership, to: str) -> Mapping[str, Any]:
    if to not in (Status.SUSPENDED, Status.ENDED):
        return {"application": application(row)}
    found = suspension.pending(row)
    return {
        "pending": found,
        "pending_amount": money.display(found.amount_minor, row.advertiser.currency),
        "suspends": to == Status.SUSPENDED,
    }


def application(row: Partnership) -> PartnershipTerms | None:
    """The partner's own words when it applied, which it does once."""
    return queries.in_order(row.terms.filter(status=Status.APPLIED)).first()


def _declined(row: Partnership, declined: suspension.Pending) -> str:
    if not declined.commissions:
        return _("Suspended for fraud. Nothing was pending.")
    said = ngettext(
        "Suspended for fraud. %(count)d commission of %(amount)s was declined.",
        "Suspended for fraud. %(count)d commissions of %(amount)s were declined.",
        declined.commissions,
    )
    amount = money.display(declined.amount_minor, row.advertiser.currency)
    return said % {"count": declined.commissions, "amount": amount}
