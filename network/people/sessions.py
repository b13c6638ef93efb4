"""Where somebody is signed in: what is noted of each session, and ending it.

Rows are django-allauth's. Its own middleware would write one with every request; here a process
notes a session once in five minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, user_agents
from network.models import User

EVERY = timedelta(minutes=5)
"""How old *last seen* may be."""
_MOST = 10_000
"""Sessions that a process remembers to have noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSession:
    """A session of somebody's, as they see it."""

    id: int
    browser: str
    address: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


_noted: dict[str, datetime] = {}


def follow() -> None:
    """Note sessions as they begin and end."""
    user_logged_in.connect(_began, dispatch_uid="session_began")
    user_logged_out.connect(_ended, dispatch_uid="session_ended")


def note(request: HttpRequest, now: datetime) -> None:
    """That this request's session is in use, by whom and from where; nothing if it was noted
    within :data:`EVERY`, or came from no address: a test's or a command's."""
    if isinstance(request.user, User):
        _note(request, request.user, now)


def _note(request: HttpRequest, user: User, now: datetime) -> None:
    key = request.session.session_key
    if not key or not _is_due(key, now):
        return
    address = _address(request)
    if address is None:
        return
    seen = {
        "user": user,
        "ip": address,
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
        "last_seen_at": now,
    }
    UserSession.objects.update_or_create(
        session_key=key, defaults=seen, create_defaults={**seen, "created_at": now}
    )


def known(user: User, this_key: str | None) -> list[KnownSession]:
    """Those that are open, the one in use first, then the latest seen first."""
    rows = UserSession.objects.purge_and_list(user)
    found = [
        KnownSession(
            id=row.pk,
            browser=browser(row.user_agent),
            address=row.ip,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == this_key,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.seen_at.timestamp()))


def end(user: User, ids: Sequence[int]) -> list[KnownSession]:
    """End those of these sessions that are open and theirs, and say so in the audit log."""
    ended = [one for one in known(user, None) if one.id in ids]
    if not ended:
        return []
    with transaction.atomic():
        for row in UserSession.objects.filter(user=user, pk__in=[one.id for one in ended]):
            row.end()
        LogEntry.objects.log_actions(user.pk, [user], CHANGE, _told(ended), single_object=True)
    return ended


def forget_ended() -> None:
    """Delete sessions that have expired, and what was noted of those that are over."""
    SessionStore.clear_expired()
    still_there = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.exclude(Exists(still_there)).delete()


def browser(user_agent: str) -> str:
    """Such as ``Firefox on Windows``."""
    family, system = user_agents.family(user_agent), user_agents.system(user_agent)
    if family and system:
        return _("%(browser)s on %(system)s") % {"browser": family, "system": system}
    return family or system or _("Unknown browser")


def _told(ended: Sequence[KnownSession]) -> str:
    text = ngettext("Ended a session: %(which)s", "Ended sessions: %(which)s", len(ended))
    return text % {"which": "; ".join(f"{one.browser}, {one.address}" for one in ended)}


def _is_due(key: str, now: datetime) -> bool:
    before = _noted.get(key)
    if before is not None and before <= now < before + EVERY:
        return False
    if len(_noted) >= _MOST:
        _noted.clear()
    _noted[key] = now
    return True


def _began(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    _note(request, user, clock.now())


def _address(request: HttpRequest) -> str | None:
    """Of the browser, behind the proxies that are trusted."""
    try:
        found: str = get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return None
    return found


def _ended(request: HttpRequest | None, **_kwargs: Any) -> None:
    if request is not None and (key := request.session.session_key):
        UserSession.objects.filter(session_key=key).delete()
