"""The image: built where there is something to build it with, and its steps carried out in a clean
folder everywhere. It says what it is made of by digest, and starts nothing that is not set up."""

import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import yaml

from network.local.bootstrap import ROOT
from tests.flows.network import WAIT_SECONDS, free_port, new_client, wait_until
from tests.support.image import Folder, let_through, steps
from tracking.clicks import snapshot
from tracking.clicks.snapshot import Snapshot

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
SETTINGS = {
    "DATABASE_URL": "postgres://network_app:x@db.invalid/network",
    "REDIS_URL": "redis://redis.invalid/0",
    "SITE_HOST": "network.example",
    "TRACKING_HOST": "track.example",
    "SECRET_KEY": secrets.token_hex(32),
    "TOKEN_KEYS": f"0:{secrets.token_hex(32)}",
}


def builder() -> str | None:
    """A program here that can build an image now."""
    for name in ("docker", "podman"):
        if (
            shutil.which(name)
            and not subprocess.run([name, "info"], capture_output=True).returncode
        ):
            return name
    return None


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The image's steps, carried out with a Python that has nothing but pip."""
    inside = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", inside / "python"], check=True)
    folder = Folder(inside / "root", ROOT, inside / "python" / "bin")
    folder.carry_out(DOCKERFILE)
    return folder


def test_everything_it_is_made_of_is_named_by_digest() -> None:
    bases = [step.rest for step in steps(DOCKERFILE) if step.word == "FROM"]
    others = [service["image"] for service in COMPOSE["services"].values() if "image" in service]
    assert (len(bases), len(others)) == (1, 2)
    assert [name for name in (*bases, *others) if not PINNED.fullmatch(name)] == []
    [installs] = [step.rest for step in steps(DOCKERFILE) if "pip install" in step.rest]
    assert re.search(r" uv==[\d.]+$", installs)


def test_nothing_of_the_machine_that_builds_it_gets_in(tmp_path: Path) -> None:
    for name in (".env", ".git/config", ".data/secret", ".venv/x", "network/a.py", "tests/t.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("manage.py", "docs/deep/a.md", "network/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {str(path) for path in let_through(tmp_path, (ROOT / ".dockerignore").read_text())}
    assert found == {"manage.py", "network/a.py", "docs/deep/a.md"}


def test_its_steps_install_what_is_locked_and_nothing_for_development(image: Folder) -> None:
    listed = image.run(
        ["python", "-c", "import django, sys; print(django.__version__, sys.prefix)"], SETTINGS
    )
    version, prefix = listed.stdout.split()[-2:]
    locked = re.search(r"^django==([\d.]+)", (ROOT / "requirements.lock").read_text(), re.M)
    assert locked
    assert version == locked[1]
    assert Path(prefix) == image.inside / "softclick" / ".venv"
    assert image.run(["python", "-c", "import pytest"], SETTINGS).returncode == 1
    assert not (image.inside / "softclick" / "tests").exists()


def test_what_serves_owns_nothing_but_what_it_writes(image: Folder) -> None:
    spool = image.inside / "var/spool/softclick"
    assert image.noted == ["useradd --system softclick", f"chown softclick staticfiles {spool}"]
    assert spool.is_dir()


def test_it_collects_its_static_files(image: Folder) -> None:
    done = image.run(["python", "manage.py", "collectstatic", "--noinput"], SETTINGS)
    assert done.returncode == 0, done.stderr
    assert (image.inside / "softclick" / "staticfiles" / "staticfiles.json").is_file()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"TRACKING_HOST": "network.example"}, "softclick.E001", id="one_host"),
        pytest.param({"PUBLIC_SCHEME": "http"}, "softclick.E003", id="no_https"),
        pytest.param({"SECRET_KEY": "short"}, "SECRET_KEY", id="weak_secret"),
    ],
)
def test_what_is_wrong_ends_it_before_its_command(
    image: Folder, changed: dict[str, str], said: str
) -> None:
    done = image.start(["echo", "started"], SETTINGS | changed)
    assert done.returncode != 0
    assert said in done.stderr
    assert "started" not in done.stdout


def test_what_is_unwise_is_in_its_log_and_does_not_end_it(image: Folder) -> None:
    done = image.start(["echo", "started"], SETTINGS | {"TOTP_REQUIRED": "off"})
    assert done.returncode == 0, done.stderr
    assert "softclick.W001" in done.stderr
    assert done.stdout.endswith("started\n")


@contextmanager
def serving(image: Folder, port: int) -> Iterator[None]:
    """The image's own command, at an address of this machine alone, with the snapshot of a network
    without advertisers: no database is there."""
    words = [*image.command[:-1], "127.0.0.1", "--port", str(port)]
    spool = image.inside / "var/spool/softclick"
    snapshot.save(Snapshot(0, {}), spool / "snapshot.json")
    here = {"SPOOL_DIR": str(spool)}
    server = subprocess.Popen(
        [*image.entry, *words],
        cwd=image.inside / "softclick",
        env=image.environment | SETTINGS | here,
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.terminate()
        server.wait(WAIT_SECONDS)


def test_its_command_serves(image: Folder) -> None:
    port = free_port()

    def answer() -> int | None:
        headers = {"Host": SETTINGS["TRACKING_HOST"]}
        with suppress(httpx.TransportError), new_client() as client:
            return client.get(f"http://127.0.0.1:{port}/", headers=headers).status_code
        return None

    with serving(image, port):
        assert wait_until(answer, "an answer of the image's command") == 404


@pytest.mark.skipif(builder() is None, reason="nothing here builds images")
def test_it_is_built_and_checks_before_it_starts(tmp_path: Path) -> None:
    program, name = str(builder()), f"softclick-test-{tmp_path.name}"
    subprocess.run([program, "build", "--tag", name, str(ROOT)], check=True)
    try:
        given = [f"--env={key}={value}" for key, value in SETTINGS.items()]
        run = [program, "run", "--rm", "--network=none", *given]
        started = subprocess.run(
            [*run, name, "echo", "started"], capture_output=True, text=True, check=False
        )
        assert started.stdout.endswith("started\n"), started.stderr
        wrong = [*run, "--env=TRACKING_HOST=network.example", name, "echo", "started"]
        refused = subprocess.run(wrong, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "softclick.E001" in refused.stderr
    finally:
        subprocess.run([program, "image", "rm", "--force", name], check=True)
