"""Setting partners to hard or soft in the admin: whom it concerns, why, from when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from network import clock, dates
from network.effective.rows import SPREAD
from network.pages.site.admin_site import ScopedAdmin, person
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import OWN, InForce, Policy, starting
from publishers.models import AssignedType, CookieTypeAssignment, Partnership
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import Asked, Proposal, address_of, answer, asked
from publishers.pages.cookie_types.sentences import Since, Unchanged
from publishers.pages.partners.forms import CookieTypeForm
from publishers.policy import assigning, preset_reasons
from publishers.policy.departed import Departed, departed
from publishers.policy.effects import Effect, Outcome, outcome_of


def ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    to: str,
) -> HttpResponse:
    """The confirmation page for a selection; it posts to :func:`confirm`."""
    policies = cookie_types.policies(partners)
    given = asked(request, CookieTypeForm, _presets(policies, to), fresh=True)
    return _respond(request, model_admin, partners, policies, to=to, given=given)


def confirm(request: HttpRequest, model_admin: ScopedAdmin[Partnership]) -> HttpResponse:
    """The confirmation page by its own address: ``?to=soft&partners=1,2``. Makes the change when
    it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    to = given.get("to", "")
    if to not in AssignedType.values:
        raise Http404(f"There is no cookie type {to}.")
    partners = _partners(request, model_admin, given.get("partners", ""))
    policies = cookie_types.policies(partners)
    given_back = asked(request, CookieTypeForm, _presets(policies, to))
    return _respond(request, model_admin, partners, policies, to=to, given=given_back)


def _presets(policies: Mapping[int, Policy], to: str) -> Sequence[str]:
    held = [cookie_types.in_force(policy, clock.now()) for policy in policies.values()]
    return preset_reasons.of_partners(to, {kind.model_type for kind in held})


def _partners(
    request: HttpRequest, model_admin: ScopedAdmin[Partnership], text: str
) -> list[Partnership]:
    """The partners by their ids. Raises Http404 when this user does not see every one of them, and
    PermissionDenied when they may not change one."""
    try:
        wanted = {int(part) for part in text.split(",")}
    except ValueError:
        raise Http404("No partners were chosen.") from None
    rows = model_admin.get_queryset(request).filter(pk__in=wanted)
    found = list(rows.select_related("publisher", "advertiser").order_by("publisher__name"))
    if len(found) < len(wanted):
        raise Http404("There is no such partner.")
    return found


def _respond(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    policies: Mapping[int, Policy],
    *,
    to: str,
    given: Asked,
) -> HttpResponse:
    _refuse_unless_managed(request, partners)
    said = CookieTypeAssignment(cookie_type=to)
    outcome = outcome_of(partners, policies, said, given.start, given.now)
    found, start = _concerned(outcome, to, given.now), outcome.start
    hidden = {"to": to, "partners": ",".join(str(row.pk) for row in partners)}
    proposal = Proposal(
        of_all=partners,
        changing=found.changing,
        staying=found.staying,
        told=found.rows,
        said=starting(said, start.at),
        start=start,
        headline=_headline(found, to),
        rest=[
            *sentences.rest_of_partners(found.unchanged, to),
            *(sentence for one in found.gone for sentence in one.sentences),
        ],
        button=sentences.button_of_partners(len(found.changing), to),
        address=address_of(reverse("admin:publishers_partnership_cookie_type"), hidden),
        hidden=hidden,
        back=_back(partners),
        make=lambda now: _make(request, model_admin, given, now, found=found, to=to),
        nothing=sentences.nothing_of_partners(found.unchanged, found.gone, to),
    )
    return answer(request, model_admin, given, proposal)


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
    gone = departed([effect.partnership for effect in effects], outcome.start.at, now)
    away = {row for one in gone for row in one.partnerships}
    changing = [
        effect
        for effect in effects
        if not _is(effect.before, to) and effect.partnership not in away
    ]
    staying = [replace(effect, after=effect.before) for effect in effects if effect not in changing]
    already = [effect for effect in staying if effect.partnership not in away]
    return _Concerned(changing, staying, gone, _unchanged(already, to, now))


def _headline(found: _Concerned, to: str) -> str:
    return sentences.headline_of_partners([row.publisher.name for row in found.rows], to)


def _make(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    given: Asked,
    now: datetime,
    *,
    found: _Concerned,
    to: str,
) -> str:
    """Set those whom it changes; what was done, in words."""
    made = assigning.assign(
        found.rows,
        to,
        now,
        reason=given.form.cleaned_data["reason"],
        made_by=person(request),
        start=given.form.start_at,
        internal_note=given.form.cleaned_data["internal_note"],
        known_until=given.seen,
    )
    model_admin.log_changes(request, found.rows, str(made[0].get_cookie_type_display()))
    done = _("%(change)s, from %(start)s. Clicks already made keep their type.")
    return done % {"change": _headline(found, to), "start": dates.zoned(made[0].starts_at)}


def _refuse_unless_managed(request: HttpRequest, partners: Sequence[Partnership]) -> None:
    known = access.access_of(request.user)
    if not all(known.manages(row.advertiser_id) for row in partners):
        raise PermissionDenied(_("Only owners and managers change a partner's cookie type."))


def _is(held: InForce, to: str) -> bool:
    """Whether what is in force is what the partner is to be set to."""
    if to == AssignedType.INHERIT:
        return held.source != OWN
    return held.cookie_type == to


def _unchanged(already: Sequence[Effect], to: str, now: datetime) -> list[Unchanged]:
    """Those for whom it is not a change. Who only becomes so between now and the start is counted
    apart."""
    counts = Counter(
        Since.NOW if _is(cookie_types.in_force(effect.policy, now), to) else _coming(effect, now)
        for effect in already
    )
    return [Unchanged(counts[since], since) for since in Since if counts[since]]


def _coming(effect: Effect, now: datetime) -> Since:
    since = effect.before.since
    return Since.SOON if since is not None and since <= now + SPREAD else Since.BY_START


def _back(partners: Sequence[Partnership]) -> str:
    if len(partners) == 1:
        return reverse("admin:publishers_partnership_change", args=[partners[0].pk])
    return reverse("admin:publishers_partnership_changelist")
