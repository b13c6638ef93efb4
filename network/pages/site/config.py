from functools import cache
from typing import Any

from allauth.usersessions.apps import UserSessionsConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class NetworkAdminConfig(SimpleAdminConfig):
    """The admin, on a site of its own kind. Its pages are loaded with the URLs: a process that
    serves none does without them, which is a third of what it would take to start."""

    default_site = "network.pages.site.admin_site.NetworkAdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    load_pages()
    return check_admin_app(app_configs)


@cache
def load_pages() -> None:
    """Every app's ``admin`` module."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession
    from django.contrib import admin
    from django.contrib.auth.models import Group

    admin.autodiscover()
    # Memberships say who may do what (network.access); people keep their own second factors
    # and sessions.
    admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


class SessionsConfig(UserSessionsConfig):  # type: ignore[misc]
    """Django-allauth's rows of sessions, which network/people/sessions.py writes: by the clock of
    the network, and rarely."""

    def ready(self) -> None:
        from network.people import sessions

        sessions.follow()
