"""Where people arrive: sign-in, and the way to what is theirs."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache

from network.access import access_of
from network.models import User


@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Staff and operators to the admin, a publisher's team to its dashboard."""
    access = access_of(request.user)
    if access.enters_admin:
        return HttpResponseRedirect(reverse("admin:index"))
    return publisher_home(request)


@login_required
@never_cache
def publisher_home(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the team's first publisher; the others are a click away there."""
    roles = access_of(request.user).publisher_roles
    if roles:
        return HttpResponseRedirect(reverse("dashboard", args=[min(roles)]))
    return render(request, "no_membership.html")


class SignIn(auth.LoginView):
    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        nobody = not User.objects.exists()
        return super().get_context_data(nobody=nobody, **kwargs)


class ChangePassword(SuccessMessageMixin, auth.PasswordChangeView):  # type: ignore[type-arg]
    template_name = "change_password.html"
    success_url = reverse_lazy("home")
    success_message = "Your password has been changed."


class ResetPassword(auth.PasswordResetView):
    """Mails a link to whoever has the address; the answer is the same where nobody has."""

    template_name = "password_reset/ask.html"
    email_template_name = "password_reset/mail.txt"
    subject_template_name = "password_reset/subject.txt"
    success_url = reverse_lazy("password_reset_done")
    extra_context = {"title": "Forgotten password"}

    def form_valid(self, form: Any) -> HttpResponse:
        # The link's host is never the request's, which is whatever the request says.
        self.extra_email_context = {"site_url": settings.SITE_URL}
        return super().form_valid(form)


class ResetPasswordDone(auth.PasswordResetDoneView):
    template_name = "password_reset/done.html"


class ChooseNewPassword(auth.PasswordResetConfirmView):
    template_name = "password_reset/choose.html"
    success_url = reverse_lazy("password_reset_complete")


class NewPasswordChosen(auth.PasswordResetCompleteView):
    template_name = "password_reset/complete.html"
