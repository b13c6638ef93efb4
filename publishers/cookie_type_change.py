"""Setting partners to hard or soft in the admin: whom it concerns, why, from when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from network import access, clock, dates
from network.admin_site import ScopedAdmin, person
from network.change_pages import ChangePage, posted, respond
from network.effective import SPREAD
from publishers import policy
from publishers.forms import CookieTypeForm
from publishers.models import AssignedType, Partnership
from publishers.standing import Standing, attach_standings, standing_of, standings

DEFAULT = "their model type's default"
TARGETS = {
    AssignedType.SOFT.value: "soft",
    AssignedType.HARD.value: "hard",
    AssignedType.INHERIT.value: DEFAULT,
}


@dataclass(frozen=True, slots=True)
class Concerned:
    """The partners of a selection: those that change, and those that are so already."""

    changing: Sequence[Partnership]
    already: Sequence[Partnership]


def concerned(partners: Sequence[Partnership], to: str, start: datetime) -> Concerned:
    """Whom the change concerns, by what is in force when it starts."""
    standing = standings(partners, start)
    changing = [row for row in partners if not _is_already(standing[row.pk], to)]
    return Concerned(changing, [row for row in partners if row not in changing])


def ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Partnership],
    partners: Sequence[Partnership],
    to: str,
) -> HttpResponse:
    """The confirmation page for a selection; it posts to :func:`confirm`."""
    return _respond(request, model_admin, partners, to, CookieTypeForm())


def confirm(request: HttpRequest, model_admin: ScopedAdmin[Partnership]) -> HttpResponse:
    """The confirmation page by its own address: ``?to=soft&partners=1,2``. Makes the change when
    it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    to = given.get("to", "")
    if to not in TARGETS:
        raise Http404(f"There is no cookie type {to}.")
    partners = _partners(request, model_admin, given.get("partners", ""))
    form = CookieTypeForm(posted(request))
    return _respond(request, model_admin, partners, to, form)


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
    form: CookieTypeForm,
) -> HttpResponse:
    _refuse_unless_managed(request, partners)
    now = clock.now()
    start = _start(form) or now + SPREAD
    who = concerned(partners, to, start)
    attach_standings(partners, now)

    def apply() -> str:
        if not who.changing:
            raise ValidationError(f"There is nothing to change: all are {_target(to)} already.")
        policy.assign(
            who.changing,
            to,
            now,
            reason=form.cleaned_data["reason"],
            made_by=person(request),
            start=form.start_at,
            internal_note=form.cleaned_data["internal_note"],
        )
        for row in who.changing:
            model_admin.log_change(request, row, f"Set to {TARGETS[to]}")
        return f"{_title(who, to)}, from {dates.zoned(start)}. Clicks already made keep their type."

    page = ChangePage(
        title=_title(who, to),
        form=form,
        button=_title(who, to) if who.changing else f"Set to {TARGETS[to]}",
        back=_back(partners),
        apply=apply,
        template="admin/publishers/partnership/cookie_type.html",
        context=_context(who, partners, to),
    )
    return respond(request, model_admin, page)


def _start(form: CookieTypeForm) -> datetime | None:
    """The start that was chosen, if one was and it can be read."""
    if not form.is_bound:
        return None
    form.is_valid()
    chosen: datetime | None = form.cleaned_data.get("start")
    return chosen


def _refuse_unless_managed(request: HttpRequest, partners: Sequence[Partnership]) -> None:
    known = access.access_of(request.user)
    if not all(known.manages(row.advertiser_id) for row in partners):
        raise PermissionDenied("Only owners and managers change a partner's cookie type.")


def _is_already(standing: Standing, to: str) -> bool:
    if to == AssignedType.INHERIT:
        return not standing.is_own
    return standing.kind.cookie_type == to


def _target(to: str) -> str:
    return "at the default" if to == AssignedType.INHERIT else TARGETS[to]


def _title(who: Concerned, to: str) -> str:
    count = len(who.changing)
    if not count:
        return "Nothing to change"
    noun = "1 partner" if count == 1 else f"{count} partners"
    if to == AssignedType.INHERIT:
        return f"Set {noun} back to {DEFAULT}"
    return f"Set {noun} to {TARGETS[to]}"


def _context(who: Concerned, partners: Sequence[Partnership], to: str) -> dict[str, Any]:
    return {
        "to": to,
        "target": _target(to),
        "partners": ",".join(str(row.pk) for row in partners),
        "changing": [(row, standing_of(row)) for row in who.changing],
        "already": [(row, standing_of(row)) for row in who.already],
        "several_advertisers": len({row.advertiser_id for row in partners}) > 1,
    }


def _back(partners: Sequence[Partnership]) -> str:
    if len(partners) == 1:
        return reverse("admin:publishers_partnership_change", args=[partners[0].pk])
    return reverse("admin:publishers_partnership_changelist")
