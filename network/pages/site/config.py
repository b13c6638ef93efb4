from django.contrib.admin.apps import AdminConfig


class NetworkAdminConfig(AdminConfig):
    """The admin, on a site of its own kind."""

    default_site = "network.pages.site.admin_site.NetworkAdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Memberships say who may do what (network.access); people keep their own second factors.
        admin.site.unregister([Group, EmailAddress, Authenticator])
