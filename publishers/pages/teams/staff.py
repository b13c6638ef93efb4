"""The admin's Team page: an advertiser's staff; owners and operators decide who is in it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from network.models import Advertiser
from network.pages.site.admin_site import person
from network.pages.site.change_pages import posted
from network.people import access
from network.people.access import Right
from publishers.pages.teams import desk
from publishers.pages.teams.desk import InviteForm


def own_staff(request: HttpRequest) -> HttpResponse:
    """To the team of one's advertiser; with several, to choose one."""
    own = access.for_staff(Advertiser.objects.all(), request.user)
    if own.count() == 1:
        return HttpResponseRedirect(reverse("admin:staff", args=[own.get().pk]))
    context = {**admin.site.each_context(request), "title": _("Team"), "advertisers": own}
    return TemplateResponse(request, "admin/teams/staff_of.html", context)


def staff(request: HttpRequest, advertiser: int) -> HttpResponse:
    seen = access.for_staff(Advertiser.objects.all(), request.user)
    place = get_object_or_404(seen, pk=advertiser)
    decides = access.access_of(request.user).may(Right.TEAM, place.pk)
    form = InviteForm(place, posted(request) if request.POST.get("do") == "invite" else None)
    if request.method == "POST":
        if not decides:
            raise PermissionDenied(_("Only owners decide who is in the team."))
        answer = desk.answer(request, place, person(request), form)
        if answer:
            return answer
    context = {
        **admin.site.each_context(request),
        "title": _("Team of %(place)s") % {"place": place},
        "advertiser": place,
        "decides": decides,
        "form": form,
        **desk.people(request, place, decides=decides),
    }
    return TemplateResponse(request, "admin/teams/staff.html", context)
