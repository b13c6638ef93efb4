"""Setting partners to hard or soft in the admin: which partners, why, from when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.effective.rows import SPREAD
from network.pages.site.admin_site import ScopedAdmin
from network.pages.site.change_pages import page_of
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import OWN, InForce, starting
from publishers.models import AssignedType, CookieTypeAssignment, Partnership
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import CookieTypeChange, Proposal, ReasonForm
from publishers.pages.cookie_types.sentences import Since, Unchanged
from publishers.partnerships.reading import Reading, read
from publishers.policy import assigning
from publishers.policy.departed import Departed, departed
from publishers.policy.effects import Effect, Outcome, outcome_of

LONGEST_ADDRESS = 2_000
"""Characters: what every browser and proxy takes."""


class CookieTypeForm(ReasonForm):
    """Why and from when a cookie type is assigned."""

    internal_note = forms.CharField(
        label=gettext_lazy("Internal note"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Seen by staff and operators only."),
    )


class Assignment(CookieTypeChange[None]):
    """Setting ``partners`` to a cookie type, or back to their defaults."""

    form_class = CookieTypeForm
    path_name = "admin:publishers_partnership_cookie_type"

    def __init__(
        self,
        request: HttpRequest,
        model_admin: ScopedAdmin[Partnership],
        partners: Sequence[Partnership],
        to: str,
    ) -> None:
        super().__init__(request, model_admin, None)
        known = access.access_of(request.user)
        if not all(known.manages(row.advertiser_id) for row in partners):
            raise PermissionDenied(_("Only owners and managers change a partner's cookie type."))
        self.partners, self.to = partners, to
        self.reading = read(partners)

    @cached_property
    def presets(self) -> Sequence[str]:
        held = [
            cookie_types.in_force(policy, self.now) for policy in self.reading.policies.values()
        ]
        return sentences.reasons_of_partners(self.to, {kind.model_type for kind in held})

    @cached_property
    def hidden(self) -> Mapping[str, str]:
        return {"to": self.to, "partners": ",".join(str(row.pk) for row in self.partners)}

    @property
    def back(self) -> str:
        return page_of(self.partners[0]) if len(self.partners) == 1 else super().back

    @cached_property
    def proposal(self) -> Proposal:
        said = CookieTypeAssignment(cookie_type=self.to)
        outcome = outcome_of(self.partners, self.reading, said, self.start, self.now)
        found = _concerned(outcome, self.to, self.now)
        gone = [sentence for one in found.gone for sentence in one.sentences]
        names = [row.publisher.name for row in found.rows]
        return Proposal(
            of_all=self.partners,
            reading=self.reading,
            changing=found.changing,
            staying=found.staying,
            told=found.rows,
            said=starting(said, outcome.start.at),
            start=outcome.start,
            button=sentences.button_of_partners(len(found.changing), self.to),
            headline=sentences.headline_of_partners(names, self.to),
            rest=[*sentences.rest_of_partners(found.unchanged, self.to), *gone],
            nothing=sentences.nothing_of_partners(found.unchanged, found.gone, self.to),
        )

    def write(self, now: datetime, **said: Any) -> str:
        rows, note = self.proposal.told, self.form.cleaned_data["internal_note"]
        made = assigning.assign(rows, self.to, now, internal_note=note, **said)
        label = str(made[0].get_cookie_type_display())
        self.model_admin.log_changes(self.request, rows, label)
        done = _("%(change)s, from %(start)s. Clicks already made keep their type.")
        start = dates.zoned(made[0].starts_at)
        return done % {"change": self.proposal.headline, "start": start}


class Selection(Assignment):
    """The confirmation for a selection in the list that is too long for an address."""

    @property
    def is_sent(self) -> bool:
        return False

    @cached_property
    def form(self) -> Any:
        """What the list posted was not typed here."""
        return self.build_form(None)


def ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    to: AssignedType,
) -> HttpResponse:
    """To the confirmation for a selection in the list: a page with an address, so that Back and
    Reload send nothing again. Raises PermissionDenied as :class:`Assignment`."""
    page = Selection(request, model_admin, partners, to.value)
    if len(page.address) <= LONGEST_ADDRESS:
        return HttpResponseRedirect(page.address)
    return page.response()


def confirm(request: HttpRequest, model_admin: ScopedAdmin[Partnership]) -> HttpResponse:
    """The confirmation page by its own address: ``?to=soft&partners=1,2``. Makes the change when
    it is posted. Raises Http404 when this user does not see every partner, PermissionDenied when
    they may not change one."""
    given = request.POST if request.method == "POST" else request.GET
    to = given.get("to", "")
    if to not in AssignedType.values:
        raise Http404(f"There is no cookie type {to}.")
    partners = _partners(request, given.get("partners", ""))
    return Assignment(request, model_admin, partners, to).response()


def _partners(request: HttpRequest, text: str) -> list[Partnership]:
    try:
        wanted = {int(part) for part in text.split(",")}
    except ValueError:
        raise Http404("No partners were chosen.") from None
    rows = access.for_staff(Partnership.objects.filter(pk__in=wanted), request.user)
    found = list(rows.select_related("publisher", "advertiser").order_by("publisher__name"))
    if len(found) < len(wanted):
        raise Http404("There is no such partner.")
    return found


@dataclass(frozen=True, slots=True)
class _Concerned:
    """The chosen partners: who changes, who stays as it is, who is not a partner at the start; and
    for how many of those that stay it is not a change."""

    changing: Sequence[Effect]
    staying: Sequence[Effect]
    gone: Sequence[Departed]
    unchanged: Sequence[Unchanged]

    @property
    def rows(self) -> list[Partnership]:
        return [effect.partnership for effect in self.changing]


def _concerned(outcome: Outcome, to: str, now: datetime) -> _Concerned:
    effects = outcome.effects
    partnerships = [effect.partnership for effect in effects]
    gone = departed(partnerships, outcome.reading, outcome.start.at, now)
    away = {row for one in gone for row in one.partnerships}
    changing = [
        effect
        for effect in effects
        if not _is(effect.before, to) and effect.partnership not in away
    ]
    staying = [replace(effect, after=effect.before) for effect in effects if effect not in changing]
    already = [effect for effect in staying if effect.partnership not in away]
    return _Concerned(changing, staying, gone, _unchanged(already, outcome.reading, to, now))


def _is(held: InForce, to: str) -> bool:
    """Whether what is in force is what the partner is to be set to."""
    if to == AssignedType.INHERIT:
        return held.source != OWN
    return held.cookie_type == to


def _unchanged(
    already: Sequence[Effect], reading: Reading, to: str, now: datetime
) -> list[Unchanged]:
    """Those that it does not change. Who only becomes so between now and the start is counted
    apart."""
    held = {
        effect.partnership: cookie_types.in_force(reading.policies[effect.partnership.pk], now)
        for effect in already
    }
    counts = Counter(
        Since.NOW if _is(held[effect.partnership], to) else _coming(effect, now)
        for effect in already
    )
    return [Unchanged(counts[since], since) for since in Since if counts[since]]


def _coming(effect: Effect, now: datetime) -> Since:
    since = effect.before.since
    return Since.SOON if since is not None and since <= now + SPREAD else Since.BY_START
