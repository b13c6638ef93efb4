"""What a person can do to the demo from the shop's strip: end the browser session, skip time.

Only ever by POST. The routes exist in the demo alone.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http.cookies import Morsel
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from network import clock
from network.demo import cast, places, strip
from tracking import cookies

View = Callable[..., HttpResponse]
SKIPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=31)}
SKIP_LABELS = {"hour": "1 hour", "day": "1 day", "month": "31 days"}


def from_demo_page(view: View) -> View:
    """Only a POST, and not from a page of somebody else."""

    @wraps(view)
    def respond(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        if request.headers.get("Origin", places.origin(places.SHOP)) != places.origin(places.SHOP):
            return HttpResponse("Only the demo's shop may ask for this.", status=403)
        return view(request, *args, **kwargs)

    return respond


@from_demo_page
def skip(request: HttpRequest) -> HttpResponse:
    """Move the demo's clock ahead by one of :data:`SKIPS`."""
    duration = SKIPS.get(request.POST.get("duration", ""))
    if duration is None:
        return HttpResponse(f"duration: one of {', '.join(SKIPS)}.", status=422)
    clock.skip(duration)
    return _see(_page(request.POST.get("back", "")))


@from_demo_page
def end_shop_session(request: HttpRequest) -> HttpResponse:
    """Clear the shop's session cookies, then have the tracking host clear its own."""
    there = f"{settings.TRACKING_URL}/t/{cast.SHOP}/demo/end-session"
    response = HttpResponseRedirect(f"{there}?{urlencode({'back': request.POST.get('back', '')})}")
    response.status_code = 307  # as a POST, and as a navigation: cookies of that host can be set
    for name in strip.SESSION_COOKIES:
        forget(response, name, places.SHOP)
    return response


@require_POST
def end_tracking_session(request: HttpRequest, advertiser: int) -> HttpResponse:
    """Clear one advertiser's session cookies on the tracking host, as the end of the browser
    session does. Browsers withhold the origin of a POST that was redirected from host to host."""
    response = _see(_page(request.GET.get("back", "")))
    for kind in (cookies.SOFT, cookies.SESSION):
        response.delete_cookie(cookies.name(kind, advertiser), path=f"/t/{advertiser}/")
    return response


def ahead() -> str:
    """How far the demo's clock is ahead: ``31 days``, ``1 day 2 hours``; empty when it is not."""
    real = timezone.now()  # noqa: TID251 - what the demo's clock is compared with
    days, hours = divmod(round((clock.now() - real) / timedelta(hours=1)), 24)
    counts = ((days, "day"), (hours, "hour"))
    return " ".join(f"{count} {unit}{'s' * (count > 1)}" for count, unit in counts if count)


def forget(response: HttpResponse, name: str, host: str) -> None:
    """Delete a cookie of the host, whether it was set for the host alone or with its name as
    domain: the tag does the one or the other, as the browser lets it."""
    for domain in ("", host):
        morsel: Morsel[str] = Morsel()
        morsel.set(name, "", "")
        morsel.update({"path": "/", "domain": domain, "max-age": "0"})
        response.cookies[f"{name} {domain}"] = morsel


def _page(path: str) -> str:
    """The shop's page with this path; its front page for anything that is no path."""
    return places.url(places.SHOP, path if path.startswith("/") else "/")


def _see(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
