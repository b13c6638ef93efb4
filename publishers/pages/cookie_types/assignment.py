"""Setting partners to hard or soft in the admin: whom it concerns, why, from when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from network import clock, dates
from network.effective.rows import SPREAD
from network.pages.site.admin_site import ScopedAdmin, person
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import OWN, InForce, starting
from publishers.models import AssignedType, CookieTypeAssignment, Partnership
from publishers.pages.cookie_types.confirmation import Asked, Proposal, address_of, answer, asked
from publishers.pages.partners.forms import CookieTypeForm
from publishers.partnerships.standing import standings
from publishers.policy import assigning, preset_reasons
from publishers.policy.departed import Departed, departed
from publishers.policy.effects import Effect, effects_of, start_of

TARGETS = {
    AssignedType.SOFT.value: "soft",
    AssignedType.HARD.value: "hard",
    AssignedType.INHERIT.value: "the model type's default",
}


def ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    to: str,
) -> HttpResponse:
    """The confirmation page for a selection; it posts to :func:`confirm`."""
    given = asked(request, CookieTypeForm, _presets(partners, to), fresh=True)
    return _respond(request, model_admin, partners, to, given)


def confirm(request: HttpRequest, model_admin: ScopedAdmin[Partnership]) -> HttpResponse:
    """The confirmation page by its own address: ``?to=soft&partners=1,2``. Makes the change when
    it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    to = given.get("to", "")
    if to not in TARGETS:
        raise Http404(f"There is no cookie type {to}.")
    partners = _partners(request, model_admin, given.get("partners", ""))
    given_back = asked(request, CookieTypeForm, _presets(partners, to))
    return _respond(request, model_admin, partners, to, given_back)


def _presets(partners: Sequence[Partnership], to: str) -> Sequence[str]:
    held = standings(partners, clock.now()).values()
    return preset_reasons.of_partners(to, {one.kind.model_type for one in held})


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
    to: str,
    given: Asked,
) -> HttpResponse:
    _refuse_unless_managed(request, partners)
    said = CookieTypeAssignment(cookie_type=to)
    start = start_of(partners, said, given.start, given.now)
    effects = effects_of(partners, said, start.at)
    gone = departed(partners, start.at, given.now)
    away = {row for one in gone for row in one.partnerships}
    changing = [
        effect
        for effect in effects
        if not _is(effect.before, to) and effect.partnership not in away
    ]
    staying = [replace(effect, after=effect.before) for effect in effects if effect not in changing]
    already = [effect for effect in staying if effect.partnership not in away]
    so = _so(already, to, given.now)

    def make(now: datetime) -> str:
        made = assigning.assign(
            [effect.partnership for effect in changing],
            to,
            now,
            reason=given.form.cleaned_data["reason"],
            made_by=person(request),
            start=given.form.start_at,
            internal_note=given.form.cleaned_data["internal_note"],
            known_until=given.seen,
        )
        rows = [effect.partnership for effect in changing]
        model_admin.log_changes(request, rows, f"Set to {TARGETS[to]}")
        begins = dates.zoned(made[0].starts_at)
        return f"{_headline(changing, to)}, from {begins}. Clicks already made keep their type."

    hidden = {"to": to, "partners": ",".join(str(row.pk) for row in partners)}
    proposal = Proposal(
        of_all=partners,
        changing=changing,
        staying=staying,
        told=[effect.partnership for effect in changing],
        said=starting(said, start.at),
        start=start,
        headline=_headline(changing, to),
        rest=_rest(len(already), so, gone),
        button=_button(len(changing), to),
        address=address_of(reverse("admin:publishers_partnership_cookie_type"), hidden),
        hidden=hidden,
        back=_back(partners),
        make=make,
        nothing=_nothing(partners, so, gone),
    )
    return answer(request, model_admin, given, proposal)


def _refuse_unless_managed(request: HttpRequest, partners: Sequence[Partnership]) -> None:
    known = access.access_of(request.user)
    if not all(known.manages(row.advertiser_id) for row in partners):
        raise PermissionDenied("Only owners and managers change a partner's cookie type.")


def _is(held: InForce, to: str) -> bool:
    """Whether what is in force is what the partner is to be set to."""
    if to == AssignedType.INHERIT:
        return held.source != OWN
    return held.cookie_type == to


# --- In words -----------------------------------------------------------------------------------


def _headline(changing: Sequence[Effect], to: str) -> str:
    """``Set CouponCat to soft``; ``Set 3 partners back to their model types' defaults``."""
    if not changing:
        return "Nothing to change"
    one = len(changing) == 1
    whom = changing[0].partnership.publisher.name if one else f"{len(changing)} partners"
    if to == AssignedType.INHERIT:
        whose = "its model type's default" if one else "their model types' defaults"
        return f"Set {whom} back to {whose}"
    return f"Set {whom} to {TARGETS[to]}"


def _so(already: Sequence[Effect], to: str, now: datetime) -> str:
    """``is soft already``: of those for whom it is no change. Who only becomes so between now and
    the start is told apart."""
    policies = cookie_types.policies([effect.partnership for effect in already])
    coming = [
        effect
        for effect in already
        if not _is(cookie_types.in_force(policies[effect.partnership.pk], now), to)
    ]
    one, is_back = len(already) == 1, to == AssignedType.INHERIT
    target = "at the default" if is_back else TARGETS[to]
    if not coming:
        return f"{'is' if one else 'are'} {target} already"
    is_soon = all(
        effect.before.since is not None and effect.before.since <= now + SPREAD for effect in coming
    )
    when = "in a moment" if is_soon else "by then"
    if len(coming) < len(already):
        return f"are {target} already, or {when}"
    becomes = "goes back to the default" if is_back else f"becomes {target}"
    become = "go back to the default" if is_back else f"become {target}"
    return f"{becomes if one else become} {when}"


def _rest(already: int, so: str, gone: Sequence[Departed]) -> str:
    """``1 more is soft already and stays so.``; and who is no partner any more."""
    said = []
    if already:
        said.append(f"{already} more {so} and {'stays' if already == 1 else 'stay'} so.")
    for one in gone:
        stay = "stays as it is" if len(one.partnerships) == 1 else "stay as they are"
        said.append(f"{one} and {stay}; {one.remedy}.")
    return " ".join(said)


def _nothing(partners: Sequence[Partnership], so: str, gone: Sequence[Departed]) -> str:
    if not partners:
        return "No partner was chosen."
    left = " ".join(f"{one}; {one.remedy}." for one in gone)
    if sum(len(one.partnerships) for one in gone) == len(partners):
        return f"Nothing can be changed. {left}"
    whom = "this partner" if len(partners) == 1 else "all others" if gone else "all of these"
    said = f"There is nothing to change: {whom} {so}. A later start may find it otherwise."
    return f"{said} {left}".strip()


def _button(count: int, to: str) -> str:
    number = f"{count} " if count else ""
    if to == AssignedType.INHERIT:
        return f"Set {number}back to the default"
    return f"Set {number}to {TARGETS[to]}"


def _back(partners: Sequence[Partnership]) -> str:
    if len(partners) == 1:
        return reverse("admin:publishers_partnership_change", args=[partners[0].pk])
    return reverse("admin:publishers_partnership_changelist")
