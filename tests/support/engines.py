"""The engines of a test run; loaded by pytest before settings are (``-p`` in pyproject.toml).

``manage.py test`` brings them and says where they are. Each process of a parallel run has a Redis
database and a data folder of its own; pytest-django gives it a PostgreSQL database.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from network.local.account import choose_account, make_data_folder
from network.local.embedded import temporary_folder
from network.local.hold import hold
from network.local.servers import Postgres, Servers, Valkey, serve
from network.secret_store import development_secret


def keep_what_is_compiled() -> None:
    """A run starts hundreds of processes. Where the machine's settings forbid to keep bytecode,
    each would compile a thousand modules: more than half of what its start takes."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def _prepare() -> None:
    keep_what_is_compiled()
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(
            f"{' and '.join(missing)} not set. 'python3 manage.py test' runs the suite on engines "
            "of its own and takes the same arguments as pytest."
        )
    os.environ.setdefault("SOFTCLICK_MODE", "test")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not os.environ.get("SOFTCLICK_DATA"):
        os.environ["SOFTCLICK_DATA"] = tempfile.mkdtemp(prefix="softclick-own-data-")
        atexit.register(shutil.rmtree, os.environ["SOFTCLICK_DATA"], ignore_errors=True)
    if worker:
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = _redis_database(os.environ["REDIS_URL"], number)
        common = Path(os.environ["SOFTCLICK_DATA"])
        os.environ["SOFTCLICK_DATA"] = str(common / worker)
        _share_secrets(common, common / worker)


def _share_secrets(common: Path, own: Path) -> None:
    """The same in every process: one seeds the demo that the others copy, tokens included."""
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("django", "tokens"):
        (own / f"secret-{name}").write_text(development_secret(common, name))


def _redis_database(url: str, number: int) -> str:
    """The same server's other database: ``?db=`` of a unix socket's URL, else the path."""
    address, _, _ = url.partition("?")
    if address.startswith("unix:"):
        return f"{address}?db={number}"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.split('/')[0]}/{number}"


_prepare()


@contextmanager
def own_servers(*names: str, durable: bool = True) -> Iterator[Servers]:
    """Servers on a folder of their own, which is held: no other run takes it for one that was left
    behind."""
    data = temporary_folder()
    make_data_folder(data, choose_account())
    with (
        hold(data) as held,
        serve(data, names, durable=durable, keep=False, hold=[held.lock]) as servers,
    ):
        servers.await_ready()
        yield servers


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL for this test alone, which it may freeze, kill and restart."""
    with own_servers("postgres") as servers:
        assert servers.postgres
        yield servers.postgres


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A Valkey for this test alone, which it may freeze, kill and restart."""
    with own_servers("valkey") as servers:
        assert servers.valkey
        yield servers.valkey
