"""What a server's log says of its workers."""

from pathlib import Path

from network.local.web import WorkersLost


def test_each_worker_that_ended_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "tracking.log"
    lost = WorkersLost(log)
    assert lost.since() == []
    log.write_bytes(b"[INFO] Started worker-1\n[ERROR] Unexpected exit from worker-1\n")
    assert lost.since() == ["worker-1"]
    assert lost.since() == []
    with log.open("ab") as more:
        more.write(b"[INFO] Respawning worker-1\n[ERROR] Unexpected exit from wor")
    assert lost.since() == []
    with log.open("ab") as more:
        more.write(b"ker-2\n[ERROR] Unexpected exit from worker-1\n")
    assert lost.since() == ["worker-2", "worker-1"]
