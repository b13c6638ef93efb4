"""What owners do about the people of their advertiser or their team, on whichever page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.models import Advertiser, StaffMembership, User
from network.wording import joined
from publishers.teams import invitations
from publishers.teams.invitations import Gone, LastOwner, Membership, NotOpen, TooMany
from publishers.teams.models import Invitation, Team, TeamMembership

MEANINGS: Mapping[str, Promise] = {
    "owner": gettext_lazy("Owner: everything, and who else gets in"),
    "manager": gettext_lazy("Manager: everything but the team"),
    "viewer": gettext_lazy("Viewer: reads, and changes nothing"),
    "member": gettext_lazy("Member: everything but the team and bank details"),
}


class InviteForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("Email"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        help_text=gettext_lazy("We send a link there that works once, for seven days."),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, place: Advertiser | Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role, MEANINGS[role]) for role, _ in reversed(roles(place))
        ]


@dataclass(frozen=True, slots=True)
class DeskOutcome:
    """What came of a POST: what was done, or what was wrong; neither while the form holds it."""

    done: str = ""
    wrong: str = ""


def roles(place: Advertiser | Team) -> Sequence[tuple[str, str]]:
    """Those that somebody can have there, with their names."""
    choices = TeamMembership.Role if isinstance(place, Team) else StaffMembership.Role
    return [(role.value, str(role.label)) for role in choices]


def people(place: Advertiser | Team) -> dict[str, Any]:
    """What a page shows of them, for its template."""
    now = clock.now()
    rows = invitations.of_place(place).waiting().select_related("invited_by")
    return {
        "members": invitations.members(place),
        "invitations": [(row, row.state(now)) for row in rows],
        "roles": roles(place),
    }


def answer(
    request: HttpRequest, place: Advertiser | Team, person: User, form: InviteForm
) -> HttpResponse | None:
    """Do what was posted and lead on from there; None where there is the page to show. Who has
    removed themselves is led home. Raises as :func:`_act`."""
    outcome = _act(request, place, person, form)
    if not (outcome.done or outcome.wrong):
        return None
    (messages.success if outcome.done else messages.error)(request, outcome.done or outcome.wrong)
    sees_all = isinstance(place, Advertiser) and person.is_superuser
    stays = sees_all or invitations.members(place).filter(user=person).exists()
    return HttpResponseRedirect(request.path if stays else reverse("home"))


def _act(
    request: HttpRequest, place: Advertiser | Team, person: User, form: InviteForm
) -> DeskOutcome:
    """Do what was posted as ``do``. Raises Http404 for anything else, and for what is not of this
    place."""
    actions: Mapping[str, Callable[[], str]] = {
        "invite": lambda: _invite(place, person, form),
        "send_again": lambda: _send_again(_invitation(request, place), person),
        "withdraw": lambda: _withdraw(_invitation(request, place), person),
        "role": lambda: _change_role(request, _membership(request, place), person),
        "remove": lambda: _remove(_membership(request, place), person),
    }
    if "do" not in request.POST:
        return DeskOutcome()
    action = actions.get(request.POST["do"])
    if action is None:
        raise Http404(_("There is nothing of that name to do."))
    try:
        return DeskOutcome(done=action())
    except (LastOwner, Gone, NotOpen, TooMany) as error:
        return DeskOutcome(wrong=str(error))


def _invite(place: Advertiser | Team, person: User, form: InviteForm) -> str:
    if not form.is_valid():
        return ""
    data = form.cleaned_data
    try:
        row = invitations.invite(place, data["email"], data["role"], clock.now(), invited_by=person)
    except ValidationError as error:
        form.add_error("email", error.messages)
        return ""
    return _("%(email)s is invited; the mail is on its way.") % {"email": row.email}


def _send_again(row: Invitation, person: User) -> str:
    invitations.send_again(row, clock.now(), asked_by=person)
    return _("Another email is on its way to %(email)s. The earlier link no longer works.") % {
        "email": row.email
    }


def _withdraw(row: Invitation, person: User) -> str:
    invitations.withdraw(row, clock.now(), withdrawn_by=person)
    return _("The invitation of %(email)s is withdrawn; its link no longer works.") % {
        "email": row.email
    }


def _change_role(request: HttpRequest, row: Membership, person: User) -> str:
    role = request.POST.get("role", "")
    if role not in dict(type(row).Role.choices):
        raise Http404(_("There is no role %(role)s.") % {"role": role})
    ended = invitations.change_role(row, role, clock.now(), changed_by=person)
    known = {"user": row.user, "role": row.get_role_display().lower()}
    return _with_ended(_("%(user)s is %(role)s now.") % known, ended)


def _remove(row: Membership, person: User) -> str:
    ended = invitations.remove(row, clock.now(), removed_by=person)
    return _with_ended(
        _("%(user)s is removed and no longer has access.") % {"user": row.user}, ended
    )


def _with_ended(done: str, ended: Sequence[Invitation]) -> str:
    if not ended:
        return done
    people = joined([str(row) for row in ended])
    return f"{done} {_('These invitations are withdrawn, too: %(people)s.') % {'people': people}}"


def _invitation(request: HttpRequest, place: Advertiser | Team) -> Invitation:
    return get_object_or_404(invitations.of_place(place), pk=_number(request, "invitation"))


def _membership(request: HttpRequest, place: Advertiser | Team) -> Membership:
    found: Membership = get_object_or_404(
        invitations.members(place), pk=_number(request, "membership")
    )
    return found


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404(f"There is no such {name}.")
    return int(text)
