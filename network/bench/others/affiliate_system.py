"""django-affiliate-system (MIT), from the package index: a row for each click, in the same
PostgreSQL."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import psycopg
from django.db import connection

from network.bench.browsers import get
from network.bench.load import Plan, connect
from network.bench.others.ours import WORKERS, postgres_settings
from network.bench.others.rounds import NotComparable, Tracker
from network.database import owner
from network.local.processes import Program, Supervisor, tail

VERSION = "0.1.0"
PACKAGES = (f"django-affiliate-system=={VERSION}", "psycopg[binary]", "granian")
DATABASE = "softclick_bench_other"
SETTINGS = """
import json
DATABASES = {{"default": {{**json.loads({database!r}), "CONN_MAX_AGE": None}}}}
SECRET_KEY = "only for a measurement on this machine"
ALLOWED_HOSTS = ["*"]
DEBUG = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "rest_framework", "django_affiliate_system"]
ROOT_URLCONF = "django_affiliate_system.urls"
WSGI_APPLICATION = "measured_wsgi.application"
LOGGING = {{"version": 1, "root": {{"level": "ERROR"}}}}
"""
WSGI = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "measured_settings"
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
SEED = """
import measured_wsgi
from django.contrib.auth import get_user_model
from django_affiliate_system.models import Affiliate, ReferralLink
user = get_user_model().objects.create_user("partner")
affiliate = Affiliate.objects.create(user=user, code="PARTNER")
ReferralLink.objects.create(affiliate=affiliate, slug="bench",
                            destination_url="https://www.shop.example/")
"""
_COUNT = "SELECT count(*) FROM affiliates_referralaction WHERE action_type = 'click'"


@contextmanager
def running(folder: Path, supervisor: Supervisor) -> Iterator[Tracker]:
    """Raises NotComparable with what could not be installed, database errors and OSError."""
    python = _install(folder)
    with _database() as place:
        (folder / "measured_settings.py").write_text(SETTINGS.format(database=json.dumps(place)))
        (folder / "measured_wsgi.py").write_text(WSGI)
        _run(
            [str(python), "-m", "django", "migrate", "-v0", "--settings", "measured_settings"],
            folder,
        )
        _run([str(python), "-c", SEED], folder)
        with create_server(("127.0.0.1", 0)) as taken:
            address = taken.getsockname()
        log = folder / "server.log"
        words = ("--interface", "wsgi", "--workers", str(WORKERS), "--no-ws", "--port")
        command = (str(python), "-m", "granian", *words, str(address[1]))
        supervisor.start(
            Program("affiliates", (*command, "measured_wsgi:application"), log, folder=folder)
        )
        await_server(address, log)
        yield Tracker(
            f"django-affiliate-system {VERSION}",
            f"answered once it is committed in PostgreSQL with {postgres_settings()}",
            address,
            Plan([get(f"127.0.0.1:{address[1]}", "/r/bench/", {})], is_redirect),
            lambda: _count(place),
        )
        supervisor.stop("affiliates")


def is_redirect(answer: bytes) -> bool:
    return answer.startswith((b"HTTP/1.1 302 ", b"HTTP/1.1 301 ")) and (
        b"location: https://www.shop.example/" in answer.replace(b"Location", b"location")
    )


def await_server(address: tuple[str, int], log: Path) -> None:
    """Raises NotComparable when nobody listens in time."""
    until = time.monotonic() + 30
    while not _listens(address):
        if time.monotonic() > until:
            raise NotComparable(f"It does not start. {log} ends:\n{tail(log)}")
        time.sleep(0.1)


def _listens(address: tuple[str, int]) -> bool:
    try:
        connect(address).socket.close()
    except OSError:
        return False
    return True


def _install(folder: Path) -> Path:
    """An environment of its own with the package in it; its Python."""
    python = folder / "venv" / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(folder / "venv")], folder)
    _run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], folder)
    return python


@contextmanager
def _database() -> Iterator[dict[str, object]]:
    """A database of its own, as Django's settings name it."""
    with owner.speaking():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        names = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT")
        place = {name: connection.settings_dict[name] for name in names}
    try:
        yield {**place, "NAME": DATABASE}
    finally:
        with owner.speaking(), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _count(place: dict[str, object]) -> int:
    with psycopg.connect(
        dbname=DATABASE,
        user=str(place["USER"]),
        password=str(place["PASSWORD"]),
        host=str(place["HOST"]),
        port=str(place["PORT"] or 5432),
    ) as database:
        row = database.execute(_COUNT).fetchone()
    return int(row[0]) if row else 0


def _run(command: list[str], folder: Path) -> None:
    """Raises NotComparable with what it said last."""
    ended = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()[-5:]
        raise NotComparable("\n".join([f"{' '.join(command[:6])} failed:", *said]))
