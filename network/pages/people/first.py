"""The page on which the first operator of a network makes their account."""

from typing import ClassVar

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import clock
from network.effective.lock import Busy
from network.models import User
from network.pages.people.forms import OwnAddress, OwnName, TimeZoneField, say_shortly
from network.people import first_operator
from network.people.first_operator import LinkNotOpen


class FirstOperatorForm(OwnName, OwnAddress, BaseUserCreationForm[User]):
    time_zone = TimeZoneField(
        label=gettext_lazy("Time zone"),
        widget=forms.Select({"data-guess-zone": ""}),
        help_text=gettext_lazy("All times on your pages and in your emails are in this zone."),
    )

    class Meta:
        model = User
        fields: ClassVar = ["username", "email", "first_name", "last_name", "time_zone"]
        labels: ClassVar = {"username": gettext_lazy("Username, to sign in with")}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        say_shortly(self)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest, token: str) -> HttpResponse:
    try:
        first_operator.check(token, clock.now())
        form = FirstOperatorForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return render(request, "account/first.html", {"form": form})
        return _make(request, form, token)
    except LinkNotOpen as error:
        return render(request, "account/invitation_closed.html", {"why": error}, status=410)


def _make(request: HttpRequest, form: FirstOperatorForm, token: str) -> HttpResponse:
    user: User = form.save(commit=False)
    try:
        first_operator.make(user, token, clock.now())
    except Busy as error:
        form.add_error(None, str(error))
        return render(request, "account/first.html", {"form": form})
    credentials = {"username": user.username}
    signed_in: HttpResponse = perform_password_login(request, credentials, Login(user=user))
    return signed_in
