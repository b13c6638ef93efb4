"""A publisher's Team page: who belongs to it; its owners invite, change roles and remove."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from network.pages.site.admin_site import person
from network.pages.site.change_pages import posted
from network.people import access
from network.people.access import Right
from publishers.models import Publisher
from publishers.pages.dashboard.frame import team_form
from publishers.pages.teams import desk
from publishers.pages.teams.desk import InviteForm


@team_form
def team(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    place = publisher.team
    decides = access.access_of(request.user).may_in_team(Right.TEAM, place.pk)
    form = InviteForm(place, posted(request) if request.POST.get("do") == "invite" else None)
    if request.method == "POST":
        if not decides:
            raise PermissionDenied(_("Only owners decide who is in the team."))
        answer = desk.answer(request, place, person(request), form)
        if answer:
            return answer
    context |= {
        "team": place,
        "decides": decides,
        "form": form,
        **desk.people(request, place, decides=decides),
    }
    context["publishers"] = place.publishers.all()
    return render(request, "publishers/dashboard/team.html", context)
