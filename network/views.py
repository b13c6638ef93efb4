"""Where people arrive: sign-in, and the way to what is theirs."""

from typing import Any

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
