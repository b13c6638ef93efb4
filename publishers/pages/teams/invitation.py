"""Accepting an invitation: by the owner of the address, with an account or with a new one."""

from typing import Any, ClassVar

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import clock
from network.models import NAME_TAKEN, User
from network.pages.people.forms import OwnName, TimeZoneField, say_shortly
from publishers.pages.teams.desk import MEANINGS
from publishers.teams import invitations
from publishers.teams.invitations import NotOpen
from publishers.teams.models import Invitation


class AccountForm(OwnName, BaseUserCreationForm[User]):
    """What somebody new chooses; the address is the one that was invited."""

    time_zone = TimeZoneField(
        label=gettext_lazy("Time zone"), widget=forms.Select({"data-guess-zone": ""})
    )

    class Meta:
        model = User
        fields: ClassVar = ["username", "first_name", "last_name", "time_zone"]
        labels: ClassVar = {"username": gettext_lazy("Username, to sign in with")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_shortly(self)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        row = invitations.find(token, clock.now())
        return _open(request, token, row)
    except NotOpen as error:
        return render(request, "account/invitation_closed.html", {"why": error}, status=410)


def _open(request: HttpRequest, token: str, row: Invitation) -> HttpResponse:
    here = request.user if isinstance(request.user, User) else None
    known = User.objects.filter(email=row.email).first()
    context: dict[str, Any] = {
        "invitation": row,
        "meaning": MEANINGS.get(row.role, _("Operator: everything, everywhere")),
        "known": known,
        "here": here,
        "is_theirs": here is not None and here.email == row.email,
    }
    if context["is_theirs"] and here:
        if request.method == "POST":
            invitations.accept(token, here, clock.now())
            messages.success(request, _("You belong to %(place)s now.") % {"place": row.place})
            return HttpResponseRedirect(reverse("home"))
    elif not known and not here:
        return _new_account(request, token, row, context)
    return render(request, "account/invitation.html", context)


def _new_account(
    request: HttpRequest, token: str, row: Invitation, context: dict[str, Any]
) -> HttpResponse:
    initial = {"username": row.email.partition("@")[0]}
    form = AccountForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        return render(request, "account/invitation.html", {**context, "form": form})
    try:
        user = _join(form, token, row)
    except IntegrityError:  # somebody was faster since the form was checked
        invitations.find(token, clock.now())
        form.add_error("username", NAME_TAKEN)
        return render(request, "account/invitation.html", {**context, "form": form})
    credentials = {"username": user.username}
    signed_in: HttpResponse = perform_password_login(request, credentials, Login(user=user))
    return signed_in


@transaction.atomic
def _join(form: AccountForm, token: str, row: Invitation) -> User:
    """Make the account and accept. Raises NotOpen, and IntegrityError for a name that was taken or
    an address that has an account by now."""
    user: User = form.save(commit=False)
    user.email = row.email
    user.save()
    invitations.accept(token, user, clock.now())
    return user
