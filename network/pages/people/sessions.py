"""The pages on which somebody sees where they are signed in, and ends it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from network import dates
from network.pages.site.admin_site import person
from network.people import access, sessions
from network.people.sessions import KnownSession


@never_cache
@login_required
@require_safe
def own_sessions(request: HttpRequest) -> HttpResponse:
    context = {
        "sessions": _open(request),
        "zone": dates.zone_name(),
        "enters_admin": access.access_of(request.user).enters_admin,
    }
    return render(request, "account/sessions.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_one(request: HttpRequest, session: int) -> HttpResponse:
    """Asks first; the session in use is ended by signing out."""
    return _end(request, [one for one in _others(request) if one.id == session])


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_others(request: HttpRequest) -> HttpResponse:
    return _end(request, _others(request))


def _open(request: HttpRequest) -> list[KnownSession]:
    return sessions.known(person(request), request.session.session_key)


def _others(request: HttpRequest) -> list[KnownSession]:
    return [one for one in _open(request) if not one.is_this]


def _end(request: HttpRequest, found: list[KnownSession]) -> HttpResponse:
    if request.method != "POST" and found:
        context = {"ending": found, "enters_admin": access.access_of(request.user).enters_admin}
        return render(request, "account/end_sessions.html", context)
    ended = sessions.end(person(request), [one.id for one in found])
    if not ended:
        messages.info(request, _("This session has ended already."))
        return HttpResponseRedirect(reverse("own_sessions"))
    text = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", len(ended))
    messages.success(request, text % {"count": len(ended)})
    return HttpResponseRedirect(reverse("own_sessions"))
