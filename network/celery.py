"""The Celery application: beat looks for what is due, workers do it. No task carries an ETA."""

import os
from typing import Any

from celery import Celery
from kombu.transport import redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
# Nobody hears what these find, and they load every page.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")


class Channel(redis.Channel):
    """Kombu's, which outlives a broker that goes away while a task is under way.

    Closing the connection gives back what was not acknowledged, over that same connection. Kombu
    then fails with an AttributeError, which nothing counts as a lost connection, and the worker
    ends instead of connecting again.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise ConnectionError("The connection to the broker is closed.")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[misc] # not in its stubs


redis.Transport.Channel = Channel

app = Celery("softclick")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["network", "publishers", "tracking"])
