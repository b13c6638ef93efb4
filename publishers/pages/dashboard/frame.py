"""What every page of a publisher's team begins with: whose it is, and the ways to the others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from network import dates
from network.pages.site.admin_site import person
from network.people import access
from network.people.access import Right
from publishers.models import Publisher
from publishers.notices.reading import unread

TeamView = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in the navigation; ``below`` are the names of URLs that belong to it."""

    url: str
    label: str | Promise
    below: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[str, ...]:
        return (self.url, *self.below)


TABS = (
    Tab("dashboard", gettext_lazy("Dashboard")),
    Tab(
        "programmes",
        gettext_lazy("Programmes"),
        below=("find_programmes", "applied_programmes", "apply", "answer"),
    ),
    Tab("links", gettext_lazy("Links")),
    Tab("sales", gettext_lazy("Sales"), below=("sale", "sales_elsewhere")),
    Tab("clicks", gettext_lazy("Clicks"), below=("clicks_without_cookie",)),
    Tab("notices", gettext_lazy("Notices")),
    Tab("team", gettext_lazy("Team")),
)
SALES_TABS = (
    Tab("sales", gettext_lazy("Credited to you")),
    Tab("sales_elsewhere", gettext_lazy("Credited to others")),
)
CLICKS_TABS = (
    Tab("clicks", gettext_lazy("All clicks")),
    Tab("clicks_without_cookie", gettext_lazy("Set no cookie")),
)


def team_page(view: TeamView) -> Callable[..., HttpResponse]:
    """For members of the publisher's team, to read; to everybody else the page does not exist."""
    return _of_team(require_safe(view))


def team_action(view: TeamView) -> Callable[..., HttpResponse]:
    """As :func:`team_page`, for what those of the team do by POST who may change something."""
    return _of_team(require_POST(view), Right.CHANGE)


def team_form(view: TeamView) -> Callable[..., HttpResponse]:
    """As :func:`team_page`, for a page with a form that is sent to itself."""
    return _of_team(require_http_methods(["GET", "HEAD", "POST"])(view))


def _of_team(view: TeamView, right: Right = Right.READ) -> Callable[..., HttpResponse]:
    @never_cache
    @_signed_in
    @wraps(view)
    def respond(request: HttpRequest, publisher: int, **kwargs: Any) -> HttpResponse:
        if not access.access_of(request.user).may_for_publisher(right, publisher):
            raise Http404(_("There is no such publisher."))
        context = frame_of(request, publisher)
        return view(request, context["publisher"], context, **kwargs)

    return respond


def frame_of(request: HttpRequest, publisher: int) -> dict[str, Any]:
    """What the frame of a page shows, for a member of this publisher's team."""
    known = access.access_of(request.user)
    own = {row.pk: row for row in Publisher.objects.filter(pk__in=known.publisher_roles)}
    return {
        "publisher": own[publisher],
        "others": [row for key, row in own.items() if key != publisher],
        "enters_admin": known.enters_admin,
        "zone": dates.zone_name(),
        "tabs": TABS,
        "unread": unread(person(request), own[publisher]).count(),
    }


def _signed_in(view: TeamView) -> Callable[..., HttpResponse]:
    """To the sign-in. A part of a page cannot show it, so the whole page is asked for again."""
    guarded = login_required(view)

    @wraps(view)
    def respond(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "HX-Request" in request.headers and not request.user.is_authenticated:
            return HttpResponseClientRefresh()
        return guarded(request, **kwargs)

    return respond
