"""How people get in: what the site adds to django-allauth's sign-in, passwords, second factor.

Its limits are kept in Redis. Without Redis nobody signs in
(:class:`network.pages.site.middleware.Refusal`).
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.account.views import LoginView
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import IndexView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from network import tasks
from network.models import User
from network.pages.people.forms import say_shortly
from network.people import first_operator, second_factor

MISMATCH = _("Wrong username, email or password. After five failed attempts, wait five minutes.")
LIMITS = {"password": "5/5m/key"}
"""Attempts to sign in as somebody, by name and by address together."""
CODE_LIVES = 90
"""Seconds for which a code of the app is good: its own half minute, and one before and after."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "incorrect_password": _("Wrong password. After five failed attempts, wait five minutes."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by invitation, and by operators."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only addresses of the site: the tracking host is another one, and leads anywhere."""
        return url_has_allowed_host_and_scheme(
            url, {settings.SITE_URL.partition("://")[2], self.request.get_host()}
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link's host is never the request's, which is whatever the request says."""
        user, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token})
        return settings.SITE_URL + path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By a worker: how long an answer takes tells nobody whether an address is known."""
        more = {**context, "site_url": settings.SITE_URL}
        subject = render_to_string(f"{template_prefix}_subject.txt", more).strip()
        text = render_to_string(f"{template_prefix}_message.txt", more)
        tasks.send_mail.delay(subject, text, email)

    def render_mail(self, *args: Any, **kwargs: Any) -> EmailMessage:
        raise NotImplementedError("Mails are sent by a task.")

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Not of somebody who has just signed in."""
        records = get_authentication_records(self.request, self.request.user)
        recent = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        if any(record["at"] > recent for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Attempts are counted by what was typed, and that is said; and by whose account it is,
        which is not: an attempt too many there is one with a wrong password, so that nobody learns
        whether a name and an address are one person's, or anybody's."""
        attempt = self._attempt_at_account(request, credentials)
        if attempt is None:
            credentials["password"] = secrets.token_urlsafe()
        try:
            user: User | None = super().authenticate(request, **credentials)
        except ValidationError:
            _take_back(attempt)
            raise
        if user is not None:
            _take_back(attempt)
        return user

    def _attempt_at_account(
        self, request: HttpRequest, credentials: dict[str, Any]
    ) -> RateLimitUsage | None:
        """None when it is one too many; without an account there is nothing to count."""
        user = User.objects.meant_by(_login(credentials))
        if user is None:
            return RateLimitUsage(usage=[])
        found: RateLimitUsage | None = ratelimit.consume(
            request, app="softclick", action="password", config=LIMITS, key=str(user.pk)
        )
        return found

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What was typed. (The original counts by the request's host as well, whose port is
        anybody's choice: each port would give five attempts more.)"""
        return _login(credentials).lower()


def _login(credentials: Mapping[str, Any]) -> str:
    """The name or address that was typed."""
    return str(credentials.get("email", credentials.get("username", "")))


def _take_back(attempt: RateLimitUsage | None) -> None:
    if attempt:
        attempt.rollback()


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or was used before. Wait for the app's next code."),
        "cannot_delete_authenticator": _(
            "Operators and owners must have a second factor. It can be moved to another app."
        ),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not second_factor.is_required_of(authenticator.user)


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("Username or email")
        login.widget.attrs = {"autocomplete": "username", "autofocus": True}
        password.widget.attrs.pop("placeholder", None)
        password.help_text = ""


class _InASentence(forms.Form):
    """Says in a sentence what the new password needs."""

    LABELS: ClassVar = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password, again"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.LABELS.keys() & self.fields.keys():
            self.fields[name].label = self.LABELS[name]
        say_shortly(self)


class ChangePassword(_InASentence, ChangePasswordForm):  # type: ignore[misc]
    """Somebody's own password, by the one before."""


class NewPassword(_InASentence, ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link of an email."""


class FirstPassword(_InASentence, SetPasswordForm):  # type: ignore[misc]
    """Of an account that has none."""


class _OnceOnly(forms.Form):
    """Takes a code once in all the time for which it is good."""

    user: User

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        key = f"second-factor-used:{self.user.pk}:{code.replace(' ', '')}"
        if not cache.add(key, True, CODE_LIVES):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """Before what only the person themselves may do."""


class FirstCodeForm(_OnceOnly, ActivateTOTPForm):  # type: ignore[misc]
    """Shows that the app was set up; signing in takes the next code."""


class SignIn(LoginView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        nobody = not User.objects.exists()
        command = first_operator.command_line()
        return {**super().get_context_data(**kwargs), "nobody": nobody, "command": command}


class CodeAgain(ReauthenticateView):  # type: ignore[misc]
    """Offers the password instead only where that is enough."""

    def get_reauthentication_alternatives(self) -> list[dict[str, Any]]:
        to_set_up = (self.get_next_url() or "").startswith(reverse("mfa_activate_totp"))
        if to_set_up or second_factor.page_first(self.request):
            return []
        found: list[dict[str, Any]] = super().get_reauthentication_alternatives()
        return found


class Overview(IndexView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        required = second_factor.is_required_of(self.request.user)
        return {**super().get_context_data(**kwargs), "is_required": required}


class SetUp(ActivateTOTPView):  # type: ignore[misc]
    """Whoever sets up a second factor has shown it, and needs not show it again in this session.

    Somebody who has one moves it to another app, after a code of the app they have or a recovery
    code; the one they have goes when the new one is confirmed.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        assert isinstance(request.user, User)  # others are led to the sign-in before
        self.moves = second_factor.is_on(request.user)
        shown = second_factor.is_shown(request, app_settings.REAUTHENTICATION_TIMEOUT)
        if self.moves and not shown:
            asked: HttpResponse = suspend_request(request, reverse("mfa_reauthenticate"))
            return asked
        if self.moves:  # the original would lead to removing it
            return FormView.dispatch(self, request, *args, **kwargs)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "moves": self.moves}

    def form_valid(self, form: Any) -> HttpResponse:
        response = self._move(form) if self.moves else super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return response

    def _move(self, form: Any) -> HttpResponse:
        second_factor.replace_app(self.request.user, form.secret)
        clear_totp_secret(self.request)
        messages.success(self.request, _("Your new app is now your second factor."))
        return HttpResponseRedirect(reverse("mfa_index"))
