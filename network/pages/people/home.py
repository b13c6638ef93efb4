"""Where people arrive: the way to what is theirs."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from network.people.access import access_of


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
