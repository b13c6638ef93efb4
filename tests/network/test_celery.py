"""What the worker does when its broker goes away."""

import pytest
from django.conf import settings
from kombu import Connection
from kombu.transport import redis

from network.celery import Channel, app


@pytest.mark.parametrize("url", ["redis://", "redis+socket:///tmp/valkey.sock"])
def test_redis_channels_are_ours(url: str) -> None:
    transport = Connection(url).transport
    assert isinstance(transport, redis.Transport)
    assert transport.Channel is Channel


def test_a_connection_that_is_gone_can_be_released_with_a_message_under_way() -> None:
    """What the worker does before it connects again. An error other than of the connection ends
    the worker."""
    connection = Connection(settings.CELERY_BROKER_URL)
    queue = connection.SimpleQueue("under-way")
    queue.put("a task")
    taken = queue.get(timeout=5)
    transport = connection.transport
    assert isinstance(transport, redis.Transport)
    transport.client = None

    connection.release()

    with pytest.raises(ConnectionError, match="closed"):
        taken.ack()
    with Connection(settings.CELERY_BROKER_URL) as again:
        again.SimpleQueue("under-way").clear()


def test_periodic_tasks_exist_and_do_not_pile_up() -> None:
    """One that no worker takes until the next is due is dropped by whoever takes it."""
    app.loader.import_default_modules()
    scheduled = list(settings.CELERY_BEAT_SCHEDULE.values())
    assert {entry["task"] for entry in scheduled} <= set(app.tasks)
    assert all(entry["options"] == {"expires": entry["schedule"]} for entry in scheduled)
