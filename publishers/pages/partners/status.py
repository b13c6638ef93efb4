"""Deciding about a partnership in the admin: approve, decline, end, or suspend for fraud."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, dates, money
from network.effective import timeline
from network.effective.history import History, of_same
from network.effective.rows import SPREAD
from network.pages.site import terms_form
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeForm, ChangeView, Effects
from publishers.models import Partnership, PartnershipTerms
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
        gettext_lazy(
            "Its clicks count from then on. It gets a notice with its cookie type and terms."
        ),
        ApprovalForm,
    ),
    Status.DECLINED: DecisionWords(
        gettext_lazy("Decline…"),
        gettext_lazy("Decline the application of %(partner)s at %(shop)s"),
        gettext_lazy("Decline the application"),
        gettext_lazy("It gets a notice with the reason. Its clicks do not count."),
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


def offers(terms: PartnershipTerms | None) -> list[Offer]:
    """What can be decided about a partnership with these terms in force."""
    held = terms.status if terms else ""
    return [
        Offer(to, str(decision.offer))
        for to, decision in DECISIONS.items()
        if held in PartnershipTerms.DECIDED_FROM[to]
    ]


class StatusChange(ChangeView[Partnership]):
    """A decision about a partnership, ``?to=ended``; refused where somebody else changed its terms
    meanwhile. Raises Http404 for what cannot be decided in this status."""

    template = "admin/partners/status.html"

    def __init__(self, request: HttpRequest, model_admin: Any, about: Partnership) -> None:
        super().__init__(request, model_admin, about)
        self.to = request.GET.get("to", "")
        if self.to not in DECISIONS or not (request.method == "POST" or self._is_offered()):
            raise Http404(f"{about} cannot become {self.to}.")
        self.words = DECISIONS[self.to]
        self.button, self.form_class = self.words.button, self.words.form
        self.suspends = self.to == Status.SUSPENDED
        # a suspension takes the policy's lock itself, when it has declined sales
        self.changes_policy = not self.suspends

    @cached_property
    def history(self) -> History[PartnershipTerms]:
        """What there is of its terms, read once for the page."""
        return of_same(PartnershipTerms(partnership=self.about))

    def _is_offered(self) -> bool:
        held = timeline.in_force(self.history.held, self.now)
        return self.to in {offer.to for offer in offers(held)}

    @property
    def title(self) -> str:
        facts = {"partner": self.about.publisher, "shop": self.about.advertiser}
        return str(self.words.title) % facts

    def effects(self) -> Effects:
        return Effects(sentences=[str(self.words.meaning)])

    def context(self) -> Mapping[str, Any]:
        return {
            "newest": self.history.newest,
            "coming": self._coming(),
            "later": isinstance(self.form, ChangeForm),
            **self._preview(),
        }

    def _coming(self) -> Sequence[terms_form.Coming]:
        """What is to come of the terms, and what of it the decision withdraws."""
        held = timeline.in_force(self.history.held, self.now + SPREAD)
        planned = deciding.foreseen(self.about, self.to, self.now, self.history)
        return terms_form.coming(planned, held) if held else []

    def _preview(self) -> Mapping[str, Any]:
        if self.to not in (Status.SUSPENDED, Status.ENDED):
            return {"application": application(self.history.held)}
        found = suspension.pending(self.about)
        return {
            "pending": found,
            "pending_amount": money.display(found.amount_minor, self.about.advertiser.currency),
            "suspends": self.suspends,
        }

    def make(self, now: datetime) -> str:
        reason = self.form.cleaned_data["reason"].strip()
        return self._suspend(now, reason) if self.suspends else self._decide(now, reason)

    def _suspend(self, now: datetime, reason: str) -> str:
        try:
            declined = suspension.suspend(
                self.about,
                now,
                reason=reason,
                made_by=person(self.request),
                read_clock=lambda: clock.now(),
            )
        except ValidationRefused as error:  # a sale was changed at the same moment
            raise ValidationError(
                _("%(error)s Nothing was changed; try again.") % {"error": error}
            ) from error
        self.model_admin.log_change(self.request, self.about, _("Suspended for fraud"))
        return _declined(self.about, declined)

    def _decide(self, now: datetime, reason: str) -> str:
        made = deciding.decide(
            self.about,
            self.to,
            now,
            made_by=person(self.request),
            reason=reason,
            start=self.form.start_at if isinstance(self.form, ChangeForm) else None,
            known=terms_form.number(self.request.POST, "newest"),
        )
        logged = _("Terms: %(terms)s") % {"terms": made}
        self.model_admin.log_change(self.request, self.about, logged)
        return _("%(status)s from %(start)s.") % {
            "status": made.get_status_display(),
            "start": dates.zoned(made.starts_at),
        }


def application(terms: Iterable[PartnershipTerms]) -> PartnershipTerms | None:
    """The partner's own words when it applied, which it does once, by its terms in order."""
    return next((row for row in terms if row.status == Status.APPLIED), None)


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
