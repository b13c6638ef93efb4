from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = _("Advertisers")

    def ready(self) -> None:
        from network import celery  # noqa: F401 - tasks find their broker
        from network.database import moments
        from network.pages.site import pseudo
        from network.project import checks  # noqa: F401 - registers the start-up checks

        connection_created.connect(moments.read_quickly)
        pseudo.install()
