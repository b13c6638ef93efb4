"""What the site answers where a view failed, or where somebody asked for what is not theirs."""

import sys
from typing import Any

from django.contrib import admin
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from network.people.access import Access, access_of

RETRY_SECONDS = 30


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler404``."""
    said = _("Page not found, or you don't have access.")
    return _refused(request, 404, {"title": _("Not found"), "said": said})


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler403``."""
    said = str(exception) or _("Your role does not allow this.")
    return _refused(request, 403, {"title": _("Not allowed"), "said": said})


def _refused(request: HttpRequest, status: int, told: dict[str, Any]) -> HttpResponse:
    """With the ways to what is theirs, for somebody who is signed in."""
    known = access_of(request.user) if hasattr(request, "user") else Access()
    on_dashboard = request.path.startswith("/dashboard/")
    if known.enters_admin and not (on_dashboard and known.publisher_roles):
        framed = {**admin.site.each_context(request), **told}
        response = render(request, "admin/refused.html", framed, status=status)
        setattr(response, "is_framed_as_admin", True)  # noqa: B010 - for the policy's middleware
    elif known.publisher_roles:
        framed = {**_frame(request, known), **told}
        response = render(request, "publishers/dashboard/refused.html", framed, status=status)
    else:
        response = render(request, "refused.html", told, status=status)
    add_never_cache_headers(response)
    return response


def _frame(request: HttpRequest, known: Access) -> dict[str, Any]:
    """Of the publisher in the address, or the first that is theirs."""
    from publishers.pages.dashboard.frame import frame_of

    match = request.resolver_match
    asked = match.kwargs.get("publisher", 0) if match else 0
    return frame_of(
        request, asked if asked in known.publisher_roles else min(known.publisher_roles)
    )


def failed(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``, called while the error is handled. While PostgreSQL is away it is no
    error of ours: everybody is asked to come back. The page asks PostgreSQL nothing, so that it
    cannot know who is signed in."""
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return server_error(request)
    return unavailable()


def unavailable() -> HttpResponse:
    content = get_template("unavailable.html").render()
    return HttpResponse(content, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
