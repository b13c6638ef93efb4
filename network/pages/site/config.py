from allauth.usersessions.apps import UserSessionsConfig
from django.contrib.admin.apps import AdminConfig


class NetworkAdminConfig(AdminConfig):
    """The admin, on a site of its own kind."""

    default_site = "network.pages.site.admin_site.NetworkAdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.usersessions.models import UserSession
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Memberships say who may do what (network.access); people keep their own second factors
        # and sessions.
        admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


class SessionsConfig(UserSessionsConfig):  # type: ignore[misc]
    """Django-allauth's rows of sessions, which network/people/sessions.py writes: by the clock of
    the network, and rarely."""

    def ready(self) -> None:
        from network.people import sessions

        sessions.follow()
