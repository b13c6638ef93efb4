"""The second factor: who must have one, who has, who has shown it in this session, and taking it
away from somebody who lost it."""

import math
import time

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from network.models import User
from network.people.access import access_of


def is_required_of(user: User | AnonymousUser) -> bool:
    """Operators and owners, where ``TOTP_REQUIRED`` is on: they decide who else gets in."""
    return bool(settings.TOTP_REQUIRED) and access_of(user).is_owner


def is_on(user: User) -> bool:
    return _apps(user).exists()


def is_shown(request: HttpRequest, within: float = math.inf) -> bool:
    """Whether this session has shown it, in so many seconds; others of the same person may be
    older than the second factor."""
    records = get_authentication_records(request, request.user)
    since = time.time() - within
    return any(record["method"] == "mfa" and record["at"] > since for record in records)


def page_first(request: HttpRequest) -> str | None:
    """The name of the page to which somebody must go before any other; None when all is well."""
    user = request.user
    if not isinstance(user, User) or not is_required_of(user):
        return None
    if not is_on(user):
        return "mfa_activate_totp"
    return None if is_shown(request) else "mfa_reauthenticate"


@transaction.atomic
def replace_app(user: User, secret: str) -> None:
    """Let another app take the place of the one there is; the recovery codes stay."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one change at a time
    _apps(user).delete()
    TOTP.activate(user, secret)


def reset(user: User) -> bool:
    """Take the app and the recovery codes away from somebody; false when there was nothing. Where
    a second factor is required, they are led to setting up a new one."""
    had_one = is_on(user)
    Authenticator.objects.filter(user=user).delete()
    return had_one


def _apps(user: User | OuterRef) -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    )
    return found


ON = Exists(_apps(OuterRef("pk")))
"""Of a queryset of users: whether each has one."""
