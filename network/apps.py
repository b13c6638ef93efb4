from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = "Advertisers"

    def ready(self) -> None:
        from network import checks  # noqa: F401 - registers the start-up checks
