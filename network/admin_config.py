from django.contrib.admin.apps import AdminConfig


class NetworkAdminConfig(AdminConfig):
    """The admin, on a site of its own kind."""

    default_site = "network.admin_site.NetworkAdminSite"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group

        admin.site.unregister(Group)  # memberships say who may do what (network.access)
