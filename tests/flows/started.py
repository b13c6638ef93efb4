"""``manage.py demo`` and ``manage.py start`` as a person runs them: from nothing, in a copy of the
checkout, real processes."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg

from network.local.bootstrap import ROOT
from network.local.hold import read_owner
from tests.flows.network import NAVIGATION, WAIT_SECONDS, free_port, wait_until

STARTED = "Ctrl-C stops everything"
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "staticfiles", "pictures")


@dataclass
class Started:
    """A network in a copy of the checkout, which can be started, stopped and started again.

    ``name`` is the command that runs it: ``demo`` or ``start``.
    """

    checkout: Path
    name: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def data(self) -> Path:
        return self.checkout / ".data"

    @property
    def environment(self) -> dict[str, str]:
        """A fresh shell's: without what this test run's own engines have set."""
        ours = (
            "DATABASE_URL",
            "MIGRATE_",
            "REDIS_URL",
            "SOFTCLICK_",
            "DJANGO_",
            "PYTEST_",
            "SPOOL_",
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "SOFTCLICK_NO_BOOTSTRAP": "1", "SOFTCLICK_MARK": str(self.checkout)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]

    def start(self, *arguments: str) -> None:
        """Start it, and wait until it has printed everything."""
        with (self.checkout / "out").open("w") as out, (self.checkout / "err").open("w") as err:
            self.process = subprocess.Popen(
                self.command(self.name, "--port", str(self.port), *arguments),
                cwd=self.checkout,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
            )
        wait_until(
            lambda: STARTED in self.errors or not self.is_running, f"{self.name} starts", 300
        )
        assert self.is_running, self.errors

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.checkout,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does. Gives its exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def output(self) -> str:
        return (self.checkout / "out").read_text()

    @property
    def errors(self) -> str:
        return (self.checkout / "err").read_text()

    def processes(self, part: str = "") -> list[psutil.Process]:
        """Every process that was started by it, however indirectly: they inherit a mark. Only those
        whose command line has this part."""
        return [process for process in psutil.process_iter() if self._is_own(process, part)]

    def _is_own(self, process: psutil.Process, part: str) -> bool:
        with contextlib.suppress(psutil.Error):
            marked = process.environ().get("SOFTCLICK_MARK") == str(self.checkout)
            return marked and part in " ".join(process.cmdline())
        return False

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of its database."""
        owner = read_owner(self.data)
        assert owner
        assert owner.database_url
        with psycopg.connect(owner.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **options: object
    ) -> httpx.Response:
        """Ask one of its hosts; no name is looked up."""
        parts = urlsplit(url)
        here = parts._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        sent = {**NAVIGATION, **(headers or {}), "Host": parts.netloc}
        usual = {"timeout": WAIT_SECONDS, "trust_env": False, "headers": sent}
        return httpx.request(method, here, **{**usual, **options})  # type: ignore[arg-type]

    def url(self, host: str, path: str) -> str:
        return f"http://{host}.localhost:{self.port}{path}"


def copy_of_the_checkout(folder: Path) -> Path:
    """Without data, environment and caches: as a fresh clone."""
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    return folder
