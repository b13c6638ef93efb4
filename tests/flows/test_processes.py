"""What the other flows rely on: that clicks really go through the spool and tasks through the
broker, in processes of their own."""

from pathlib import Path

import pytest

from tests.flows.network import Network, ShortcutError, refuse_shortcuts
from tests.flows.shopping import Market
from tracking.models import Click
from tracking.spool import reading


def test_it_refuses_clicks_that_go_around_the_spool(network: Network) -> None:
    with pytest.raises(ShortcutError, match="spool"):
        refuse_shortcuts({**network.environment, "INTAKE": "direct"})


def test_it_refuses_tasks_that_go_around_the_broker(network: Network, tmp_path: Path) -> None:
    eager = "from network.settings import *\nCELERY_TASK_ALWAYS_EAGER = True\n"
    (tmp_path / "eager_settings.py").write_text(eager)
    environment = {"DJANGO_SETTINGS_MODULE": "eager_settings", "PYTHONPATH": str(tmp_path)}
    with pytest.raises(ShortcutError, match="broker"):
        refuse_shortcuts({**network.environment, **environment})


def test_every_part_is_a_process_of_its_own(network: Network) -> None:
    pids = {*network.pids.values(), *(worker.pid for worker in network.tracking_workers())}

    assert len(pids) == 5 + 2


def test_a_click_waits_in_the_spool_for_the_drain(network: Network, market: Market) -> None:
    network.stop("drain")
    clicked = network.click(market.id, market.blog.publisher_id)

    segments = reading.segments(network.spool)
    entries = [entry for segment in segments for entry in reading.read(segment, 0, 100_000)]
    assert clicked.id.hex.encode() in b"".join(entry.payload for entry in entries)
    assert not Click.objects.filter(id=clicked.id).exists()

    network.start("drain")
    network.await_drained()
    assert Click.objects.filter(id=clicked.id).exists()
