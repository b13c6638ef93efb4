"""Setting partners to hard or soft in the admin: whom it concerns, why, from when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from network import access, dates
from network.admin_site import ScopedAdmin, person
from publishers import policy
from publishers.change_confirmation import Asked, Proposal, answer, asked
from publishers.forms import CookieTypeForm
from publishers.models import AssignedType, CookieTypeAssignment, Partnership, PartnershipTerms
from publishers.notice_period import named
from publishers.policy_effects import Effect, effects_of, start_of
from publishers.standing import OWN, standings

NO_PARTNERS = frozenset(
    {
        PartnershipTerms.Status.ENDED,
        PartnershipTerms.Status.DECLINED,
        PartnershipTerms.Status.SUSPENDED,
    }
)
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
    said = CookieTypeAssignment(cookie_type=to)
    start = start_of(partners, said, given.start, given.now)
    gone = _gone(partners, start)
    effects = effects_of(partners, said, start)
    changing = [
        effect
        for effect in effects
        if not _is_already(effect, to) and effect.partnership not in gone
    ]
    staying = [effect for effect in effects if effect not in changing]

    def make() -> str:
        made = policy.assign(
            [effect.partnership for effect in changing],
            to,
            given.now,
            reason=given.form.cleaned_data["reason"],
            made_by=person(request),
            start=given.form.start_at,
            internal_note=given.form.cleaned_data["internal_note"],
            known_until=given.seen,
        )
        for effect in changing:
            model_admin.log_change(request, effect.partnership, f"Set to {TARGETS[to]}")
        begins = dates.zoned(made[0].starts_at)
        headline = _headline(len(changing), to)
        return f"{headline}, from {begins}. Clicks already made keep their type."

    proposal = Proposal(
        of_all=partners,
        changing=changing,
        staying=staying,
        to=to,
        start=start,
        headline=_headline(len(changing), to),
        rest=_rest(len(staying) - len(gone), gone, to),
        button=_button(len(changing), to),
        address=reverse("admin:publishers_partnership_cookie_type"),
        hidden={"to": to, "partners": ",".join(str(row.pk) for row in partners)},
        back=_back(partners),
        make=make,
        nothing=_nothing(partners, gone, to),
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


def _rest(already: int, gone: Mapping[Partnership, str], to: str) -> str:
    """``1 more is soft already and stays so.``; and who is no partner any more."""
    said = []
    if already:
        are, stay = ("is", "stays") if already == 1 else ("are", "stay")
        said.append(f"{already} more {are} {_target(to)} already and {stay} so.")
    if gone:
        stay = "stays as it is" if len(gone) == 1 else "stay as they are"
        said.append(f"{_left(gone)} and {stay}; approve {_them(gone)} first.")
    return " ".join(said)


def _nothing(partners: Sequence[Partnership], gone: Mapping[Partnership, str], to: str) -> str:
    if not partners:
        return "No partner was chosen."
    if len(gone) == len(partners):
        return f"Nothing can be changed. {_left(gone)}; approve {_them(gone)} first."
    whom = "this partner is" if len(partners) == 1 else "all of these are"
    already = f"{whom} {_target(to)} already"
    return f"There is nothing to change: {already}. A later start may find it otherwise."


def _gone(partners: Sequence[Partnership], start: datetime) -> dict[Partnership, str]:
    """Those that are no partners when it starts, each with its status in words."""
    held = standings(partners, start)
    return {
        row: held[row.pk].status.lower()
        for row in partners
        if (terms := held[row.pk].terms) and terms.status in NO_PARTNERS
    }


def _left(gone: Mapping[Partnership, str]) -> str:
    """``The partnership of CouponCat is ended``."""
    statuses = " or ".join(sorted(set(gone.values())))
    are = "partnerships of {} are" if len(gone) > 1 else "partnership of {} is"
    return f"The {are.format(named(list(gone)))} {statuses}"


def _them(gone: Mapping[Partnership, str]) -> str:
    return "it" if len(gone) == 1 else "them"


def _button(count: int, to: str) -> str:
    number = f"{count} " if count else ""
    if to == AssignedType.INHERIT:
        return f"Set {number}back to the default"
    return f"Set {number}to {TARGETS[to]}"


def _back(partners: Sequence[Partnership]) -> str:
    if len(partners) == 1:
        return reverse("admin:publishers_partnership_change", args=[partners[0].pk])
    return reverse("admin:publishers_partnership_changelist")
