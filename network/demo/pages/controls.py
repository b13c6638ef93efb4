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
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from network import clock
from network.demo.pages import places, strip
from network.demo.story import cast
from tracking.clicks import cookies
from tracking.clicks.snapshot import keeper
from tracking.models import Conversion
from tracking.wire.requests import jar_of

View = Callable[..., HttpResponse]
SKIPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=31)}
SKIP_LABELS = {"hour": _("1 hour"), "day": _("1 day"), "month": _("31 days")}


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
    """Clear the shop's session cookies, then have every tracking host clear its own."""
    response = _to_tracking_host(0, request.POST.get("back", ""))
    for name in strip.SESSION_COOKIES:
        forget(response, name, places.SHOP)
    return response


@require_POST
def end_tracking_session(request: HttpRequest, advertiser: int) -> HttpResponse:
    """Clear one advertiser's session cookies on this tracking host, as the end of the browser
    session does, and lead on to the next. Browsers withhold the origin of a POST that was
    redirected from host to host."""
    # Not get_host(): an advertiser's own host is not in ALLOWED_HOSTS.
    here = request.META.get("HTTP_HOST", "").partition(":")[0].lower()
    hosts = places.hosts_of_tracking()
    following = hosts.index(here) + 1 if here in hosts else len(hosts)
    response = _to_tracking_host(following, request.GET.get("back", ""))
    jar = jar_of(request.META, keeper.current().advertisers[advertiser])
    for kind in (cookies.SOFT, cookies.SESSION):
        response.delete_cookie(jar.name(kind), path=jar.path)
    return response


@from_demo_page
def look(request: HttpRequest) -> HttpResponse:
    """On to the sale's page in the admin, signed in as the shop's staff; the guide remembers."""
    order = request.POST.get("order", "")
    sale = Conversion.objects.filter(advertiser=cast.SHOP, order=order).first()
    if sale is None:
        return _see(_page(""))
    path = reverse("admin:tracking_conversion_change", "network.urls", [sale.pk])
    query = urlencode({"person": "nimbus", "next": path})
    response = _again(f"{settings.SITE_URL}/demo/sign-in/?{query}")
    response.set_cookie(strip.LOOKED, order, samesite="Lax", httponly=True)
    return response


def _to_tracking_host(number: int, back: str) -> HttpResponse:
    """To one of the shop's tracking hosts by number; past the last, back to the shop."""
    hosts = places.hosts_of_tracking()
    if number >= len(hosts):
        return _see(_page(back))
    there = places.url(hosts[number], f"/t/{cast.SHOP}/demo/end-session")
    return _again(f"{there}?{urlencode({'back': back})}")


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
    """The shop's page with this path; its front page for anything that is not a path."""
    return places.url(places.SHOP, path if path.startswith("/") else "/")


def _again(url: str) -> HttpResponse:
    """As a POST once more, and as a navigation: cookies of that host can be set."""
    response = HttpResponseRedirect(url)
    response.status_code = 307
    return response


def _see(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
