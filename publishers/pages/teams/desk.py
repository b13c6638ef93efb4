"""What owners do about the people of their advertiser or their team, on whichever page."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
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


MOST_AT_ONCE = 20
"""Addresses that are invited by one form."""


class AddressesField(forms.CharField):
    """One address or several, with commas, semicolons, blanks or new lines between them."""

    widget = forms.Textarea({"rows": 2, "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> list[str]:
        found = list(dict.fromkeys(re.split(r"[\s,;]+", super().clean(value).strip(" ,;"))))
        if len(found) > MOST_AT_ONCE:
            said = _("Invite %(most)s addresses at most at once. These are %(count)s.")
            raise ValidationError(said % {"most": MOST_AT_ONCE, "count": len(found)})
        if len(found) > 1:
            for address in found:
                _check_address(address)
        return found


def _check_address(address: str) -> None:
    """Say which of several is wrong."""
    try:
        validate_email(address)
    except ValidationError:
        said = _("“%(address)s” is not an email address. Nobody was invited.")
        raise ValidationError(said % {"address": address}) from None


class InviteForm(forms.Form):
    email = AddressesField(
        label=gettext_lazy("Email"),
        max_length=254 * MOST_AT_ONCE,
        help_text=gettext_lazy(
            "One address or several, each on a line of its own. We send a link there that works "
            "once, for seven days."
        ),
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


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A change of somebody's part in the team that is to be confirmed: what is posted as ``do``,
    with the ``role`` where it is another; what it does, in whole sentences."""

    do: str
    membership: Membership
    role: str
    title: str
    sentences: Sequence[str]
    button: str


def asked(request: HttpRequest, place: Advertiser | Team) -> AskedChange | None:
    """What ``?ask=remove&membership=7`` or ``?ask=role&membership=7&role=owner`` asks about; None
    for nothing. Raises Http404 for what is not of this place."""
    do = request.GET.get("ask", "")
    if not do:
        return None
    row: Membership = get_object_or_404(
        invitations.members(place), pk=_number(request.GET, "membership")
    )
    if do == "remove":
        return _asked_removal(row, place)
    role = request.GET.get("role", "")
    if do != "role" or role not in dict(type(row).Role.choices):
        raise Http404(_("There is nothing of that name to do."))
    return _asked_role(row, role)


def _asked_removal(row: Membership, place: Advertiser | Team) -> AskedChange:
    known = {"user": row.user, "place": place}
    sentences = [
        _("%(user)s loses access to %(place)s at once.") % known,
        _("What they decided stays. To undo this, invite them again."),
    ]
    sent = invitations.of_place(place).waiting().filter(invited_by=row.user)
    if emails := list(sent.order_by("email").values_list("email", flat=True)):
        withdrawn = _("Invitations they sent are withdrawn, too: %(emails)s.")
        sentences.append(withdrawn % {"emails": joined(emails)})
    return AskedChange(
        "remove", row, "", _("Remove %(user)s from %(place)s?") % known, sentences, _("Remove")
    )


def _asked_role(row: Membership, role: str) -> AskedChange:
    known = {"user": row.user, "before": MEANINGS[row.role], "after": MEANINGS[role]}
    return AskedChange(
        "role",
        row,
        role,
        _("Change the role of %(user)s?") % known,
        [_("Now: %(before)s.") % known, _("Then, at once: %(after)s.") % known],
        _("Change the role"),
    )


def people(request: HttpRequest, place: Advertiser | Team, *, decides: bool) -> dict[str, Any]:
    """What a page shows of them to somebody who ``decides`` about them or not."""
    now = clock.now()
    rows = invitations.of_place(place).waiting().select_related("invited_by")
    return {
        "members": invitations.members(place),
        "invitations": [(row, row.state(now)) for row in rows],
        "roles": roles(place),
        "asked": asked(request, place) if decides else None,
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
    emails, role = form.cleaned_data["email"], form.cleaned_data["role"]
    invited, now = [], clock.now()
    with transaction.atomic():
        for email in emails:
            try:
                invited.append(invitations.invite(place, email, role, now, invited_by=person))
            except ValidationError as error:
                transaction.set_rollback(True)
                form.add_error("email", _of_address(error, email, alone=len(emails) == 1))
                return ""
    if len(invited) == 1:
        return _("%(email)s is invited; the mail is on its way.") % {"email": invited[0].email}
    told = joined([row.email for row in invited])
    return _("%(emails)s are invited; the emails are on their way.") % {"emails": told}


def _of_address(error: ValidationError, email: str, *, alone: bool) -> list[str]:
    if alone:
        return error.messages
    return [_("%(email)s: %(error)s") % {"email": email, "error": said} for said in error.messages]


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
    if role == row.role:
        return _("%(user)s is %(role)s already; nothing was changed.") % {
            "user": row.user,
            "role": row.get_role_display().lower(),
        }
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
    return get_object_or_404(invitations.of_place(place), pk=_number(request.POST, "invitation"))


def _membership(request: HttpRequest, place: Advertiser | Team) -> Membership:
    found: Membership = get_object_or_404(
        invitations.members(place), pk=_number(request.POST, "membership")
    )
    return found


def _number(given: QueryDict, name: str) -> int:
    text = given.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404(f"There is no such {name}.")
    return int(text)
