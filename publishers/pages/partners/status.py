"""Deciding about a partnership in the admin: approve, decline, end, suspend for fraud, or lift a
suspension."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, dates, money
from network.effective import timeline
from network.effective.queries import History, of_same
from network.effective.rows import SPREAD
from network.models import User
from network.pages.site import terms_form
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeForm, ChangeView, Effects
from publishers.models import Partnership, PartnershipTerms
from publishers.partnerships.standing import decided_by
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


class LiftForm(StatusForm):
    """Why a suspension ends, and what becomes of what was declined with it."""

    restores = forms.ChoiceField(
        label=gettext_lazy("Commissions declined with the suspension"),
        choices=[
            ("yes", gettext_lazy("Restore them: each is pending or approved, as it was before")),
            ("no", gettext_lazy("Leave them declined")),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Each can still be declined or restored on its sale's page."),
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


LIFTING = DecisionWords(
    gettext_lazy("Lift the suspension…"),
    gettext_lazy("Lift the suspension of %(partner)s at %(shop)s"),
    gettext_lazy("Lift the suspension"),
    gettext_lazy(
        "It is approved again: clicks from then on count. It gets a notice with the reason."
    ),
    LiftForm,
)
"""Approving a suspended partner."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A decision that the partner's page offers."""

    to: str
    text: str


def offers(decided: PartnershipTerms | None, person: User) -> list[Offer]:
    """What this person can decide about a partnership whose status these terms made."""
    held = decided.status if decided else ""
    if decided and held == Status.SUSPENDED and not deciding.may_lift(decided, person):
        return []
    return [
        Offer(to, str(_words(held, to).offer))
        for to in DECISIONS
        if held in PartnershipTerms.DECIDED_FROM[to]
    ]


def _words(held: str, to: str) -> DecisionWords:
    return LIFTING if held == Status.SUSPENDED and to == Status.APPROVED else DECISIONS[to]


class StatusChange(ChangeView[Partnership]):
    """A decision about a partnership, ``?to=ended``; refused where somebody else changed its terms
    meanwhile. Raises Http404 for what cannot be decided in this status."""

    template = "admin/partners/status.html"

    def __init__(self, request: HttpRequest, model_admin: Any, about: Partnership) -> None:
        super().__init__(request, model_admin, about)
        self.to = request.GET.get("to", "")
        if self.to not in DECISIONS or not (request.method == "POST" or self._is_there()):
            raise Http404(f"{about} cannot become {self.to}.")
        self.words = _words(self.decided.status if self.decided else "", self.to)
        self.button, self.form_class = self.words.button, self.words.form
        self.suspends, self.lifts = self.to == Status.SUSPENDED, self.words is LIFTING
        self.is_grave = self.to in (Status.SUSPENDED, Status.ENDED, Status.DECLINED)
        # these take the policy's lock themselves, when they have changed sales
        self.changes_policy = not (self.suspends or self.lifts)

    @cached_property
    def history(self) -> History[PartnershipTerms]:
        """What there is of its terms, read once for the page."""
        return of_same(PartnershipTerms(partnership=self.about))

    @cached_property
    def decided(self) -> PartnershipTerms | None:
        """The terms that made the status what it is now."""
        return decided_by(timeline.begun(self.history.held, self.now))

    def _is_there(self) -> bool:
        """Whether the partner may come to this, by whomever: one who may not is told who may."""
        held = self.decided.status if self.decided else ""
        return held in PartnershipTerms.DECIDED_FROM[self.to]

    @property
    def title(self) -> str:
        facts = {"partner": self.about.publisher, "shop": self.about.advertiser}
        return str(self.words.title) % facts

    def build_form(self, data: QueryDict | None, **given: Any) -> forms.Form:
        form = super().build_form(data, **given)
        if self.lifts and not self.restorable.commissions:
            del form.fields["restores"]
        return form

    @cached_property
    def restorable(self) -> suspension.Pending:
        return suspension.restorable(self.about, person(self.request))

    def effects(self) -> Effects:
        if self.lifts:
            try:
                deciding.refuse_lifting(self.about, self.now, person(self.request))
            except deciding.NotDecidable as refused:
                return Effects(nothing=[str(refused)])
        return Effects(sentences=[str(self.words.meaning)])

    def shown(self) -> Sequence[str]:
        return [_written(self.restorable)] if self.lifts else []

    def read_again(self) -> None:
        self.__dict__.pop("restorable", None)

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
        if self.lifts:
            return {
                "decided": self.decided,
                "restorable": _amount(self.about, self.restorable),
            }
        if self.to not in (Status.SUSPENDED, Status.ENDED):
            return {"application": application(self.history.held)}
        return {
            "pending": _amount(self.about, suspension.pending(self.about)),
            "suspends": self.suspends,
        }

    def make(self, now: datetime) -> str:
        reason = self.form.cleaned_data["reason"].strip()
        try:
            if self.suspends:
                return self._suspend(now, reason)
            return self._lift(now, reason) if self.lifts else self._decide(now, reason)
        except ValidationRefused as error:  # a sale was changed at the same moment
            raise ValidationError(
                _("%(error)s Nothing was changed; try again.") % {"error": error}
            ) from error

    def _suspend(self, now: datetime, reason: str) -> str:
        declined = suspension.suspend(
            self.about,
            now,
            reason=reason,
            made_by=person(self.request),
            read_clock=lambda: clock.now(),
        )
        self.model_admin.log_change(self.request, self.about, _("Suspended for fraud"))
        return _declined(self.about, declined)

    def _lift(self, now: datetime, reason: str) -> str:
        restored = suspension.lift(
            self.about,
            now,
            reason=reason,
            made_by=person(self.request),
            restores=self.form.cleaned_data.get("restores") == "yes",
            known=terms_form.number(self.request.POST, "newest"),
            read_clock=lambda: clock.now(),
        )
        was_asked = self.request.POST.get("restores") == "yes"
        if was_asked and self.was_shown not in ([], [_written(restored)]):
            raise ValidationError(_other_restored(self.about, restored))
        said = _restored(self.about, restored)
        self.model_admin.log_change(self.request, self.about, said)
        return said

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


@dataclass(frozen=True, slots=True)
class ShownPending:
    """Commissions that a decision is about, and their sum in words."""

    commissions: int
    amount: str


def _amount(row: Partnership, found: suspension.Pending) -> ShownPending:
    amount = money.display(found.amount_minor, row.advertiser.currency)
    return ShownPending(found.commissions, amount)


def _written(found: suspension.Pending) -> str:
    return f"{found.commissions} {found.amount_minor}"


def _other_restored(row: Partnership, restored: suspension.Pending) -> str:
    said = ngettext(
        "What the suspension declined has changed since this page was opened: it is now %(count)d "
        "commission of %(amount)s. Look at it again, then decide.",
        "What the suspension declined has changed since this page was opened: it is now %(count)d "
        "commissions of %(amount)s. Look at it again, then decide.",
        restored.commissions,
    )
    found = _amount(row, restored)
    return said % {"count": found.commissions, "amount": found.amount}


def _restored(row: Partnership, restored: suspension.Pending) -> str:
    if not restored.commissions:
        return _("The suspension is lifted. No commission was restored.")
    said = ngettext(
        "The suspension is lifted. %(count)d commission of %(amount)s is restored.",
        "The suspension is lifted. %(count)d commissions of %(amount)s are restored.",
        restored.commissions,
    )
    found = _amount(row, restored)
    return said % {"count": found.commissions, "amount": found.amount}


def _declined(row: Partnership, declined: suspension.Pending) -> str:
    if not declined.commissions:
        return _("Suspended for fraud. Nothing was pending.")
    said = ngettext(
        "Suspended for fraud. %(count)d commission of %(amount)s was declined.",
        "Suspended for fraud. %(count)d commissions of %(amount)s were declined.",
        declined.commissions,
    )
    found = _amount(row, declined)
    return said % {"count": found.commissions, "amount": found.amount}
