"""Setting partners to hard or soft in the admin: whom it concerns, why, from when."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from network import access, dates
from network.admin_site import ScopedAdmin, person
from publishers import policy
from publishers.change_confirmation import Asked, Proposal, answer, asked
from publishers.forms import CookieTypeForm
from publishers.models import AssignedType, Partnership
from publishers.policy_effects import Effect, of_assignment
from publishers.standing import OWN

DEFAULT = "their model type's default"
TARGETS = {
    AssignedType.SOFT.value: "soft",
    AssignedType.HARD.value: "hard",
    AssignedType.INHERIT.value: DEFAULT,
}


def ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    to: str,
) -> HttpResponse:
    """The confirmation page for a selection; it posts to :func:`confirm`."""
    given = asked(request, CookieTypeForm, to, fresh=True)
    return _respond(request, model_admin, partners, to, given)


def confirm(request: HttpRequest, model_admin: ScopedAdmin[Partnership]) -> HttpResponse:
    """The confirmation page by its own address: ``?to=soft&partners=1,2``. Makes the change when
    it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    to = given.get("to", "")
    if to not in TARGETS:
        raise Http404(f"There is no cookie type {to}.")
    partners = _partners(request, model_admin, given.get("partners", ""))
    return _respond(request, model_admin, partners, to, asked(request, CookieTypeForm, to))


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
    effects = of_assignment(partners, to, given.start)
    changing = [effect for effect in effects if not _is_already(effect, to)]
    staying = [effect for effect in effects if _is_already(effect, to)]

    def make(seen: datetime) -> str:
        rows = [effect.partnership for effect in changing]
        policy.assign(
            rows,
            to,
            given.now,
            reason=given.form.cleaned_data["reason"],
            made_by=person(request),
            start=given.form.start_at,
            internal_note=given.form.cleaned_data["internal_note"],
        )
        for row in rows:
            model_admin.log_change(request, row, f"Set to {TARGETS[to]}")
        headline = _headline(len(changing), to)
        return f"{headline}, from {dates.zoned(given.start)}. Clicks already made keep their type."

    proposal = Proposal(
        of_all=partners,
        changing=changing,
        staying=staying,
        to=to,
        headline=_headline(len(changing), to),
        rest=_rest(len(staying), to),
        button=_button(len(changing), to),
        address=reverse("admin:publishers_partnership_cookie_type"),
        hidden={"to": to, "partners": ",".join(str(row.pk) for row in partners)},
        back=_back(partners),
        make=make,
        nothing=_nothing(len(partners), to),
    )
    return answer(request, model_admin, given, proposal)


def _refuse_unless_managed(request: HttpRequest, partners: Sequence[Partnership]) -> None:
    known = access.access_of(request.user)
    if not all(known.manages(row.advertiser_id) for row in partners):
        raise PermissionDenied("Only owners and managers change a partner's cookie type.")


def _is_already(effect: Effect, to: str) -> bool:
    if to == AssignedType.INHERIT:
        return effect.before.source != OWN
    return effect.before.cookie_type == to


def _target(to: str) -> str:
    return "at the default" if to == AssignedType.INHERIT else TARGETS[to]


def _headline(count: int, to: str) -> str:
    if not count:
        return "Nothing to change"
    noun = dates.counted(count, "partner")
    if to == AssignedType.INHERIT:
        return f"Set {noun} back to {DEFAULT}"
    return f"Set {noun} to {TARGETS[to]}"


def _rest(count: int, to: str) -> str:
    """Who is so already: ``1 more is soft already and stays so.``"""
    if not count:
        return ""
    are, stay = ("is", "stays") if count == 1 else ("are", "stay")
    return f"{count} more {are} {_target(to)} already and {stay} so."


def _nothing(count: int, to: str) -> str:
    whom = "this partner is" if count == 1 else "all of these are"
    return f"There is nothing to change: {whom} {_target(to)} already."


def _button(count: int, to: str) -> str:
    number = f"{count} " if count else ""
    if to == AssignedType.INHERIT:
        return f"Set {number}back to the default"
    return f"Set {number}to {TARGETS[to]}"


def _back(partners: Sequence[Partnership]) -> str:
    if len(partners) == 1:
        return reverse("admin:publishers_partnership_change", args=[partners[0].pk])
    return reverse("admin:publishers_partnership_changelist")
