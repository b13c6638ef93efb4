"""Signing in by one click, as anybody of the cast. The routes exist in the demo alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from network.demo.pages import places
from network.demo.story import cast
from network.models import User
from network.pages.people import sign_in as sign_in_page

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True, slots=True)
class CastGroup:
    """People who see the same kind of pages."""

    title: str
    people: Sequence[cast.Person]


class DemoSignIn(sign_in_page.SignIn):
    """The site's own page, with the cast below the form."""

    template_name = "demo/sign_in.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return {**super().get_context_data(**kwargs), **_context()}


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """A button for each of the cast, and where everything is."""
    return render(request, "demo/people.html", _context())


@csrf_exempt
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as the person named, and go on to ``next``. Without a token, so that the shop's guide
    can lead here; but from the demo's own pages only."""
    if request.headers.get("Origin", settings.SITE_URL) not in ("null", *_origins()):
        return HttpResponse("Only the demo's own pages may ask for this.", status=403)
    asked = {**request.GET.dict(), **request.POST.dict()}
    person = asked.get("person", "")
    if person not in [known.username for known in cast.PEOPLE]:
        raise Http404
    user = get_object_or_404(User, username=person, is_active=True)
    login(request, user, BACKEND)
    onward = asked.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}):
        onward = reverse("home")
    response = HttpResponseRedirect(onward)
    response.status_code = 303
    return response


def _origins() -> list[str]:
    return [settings.SITE_URL, *(places.origin(host) for host in settings.DEMO_HOSTS)]


def _context() -> dict[str, object]:
    known = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    here = [person for person in cast.PEOPLE if person.username in known]
    groups = (
        CastGroup(gettext("The network"), [person for person in here if person.is_operator]),
        CastGroup(gettext("Advertisers"), [person for person in here if person.advertiser]),
        CastGroup(gettext("Publishers"), [person for person in here if person.publisher]),
    )
    return {
        "groups": [group for group in groups if group.people],
        "password": cast.PASSWORD,
        "pages": [
            (
                gettext("Shop"),
                gettext("Nimbus Outdoor, with the guide in five steps"),
                places.url(places.SHOP),
            ),
            (gettext("Blog"), "The Trail Blog", places.url(places.BLOG)),
            (gettext("Cashback site"), "Pennyback", places.url(places.CASHBACK)),
            (gettext("Extension"), "PerkPanel", places.url(places.EXTENSION)),
            (
                gettext("Overlay"),
                gettext("Lastlook, at the shop"),
                places.url(places.OVERLAY),
            ),
        ],
    }
