from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = "Advertisers"

    def ready(self) -> None:
        from network import celery, checks  # noqa: F401 - tasks find their broker; start-up checks
