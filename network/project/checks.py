"""Start-up checks: what would let an installation start and then lose money, clicks or secrets.

What cannot even be parsed (secrets, hosts, INTAKE) already stops the start in ``settings.py``.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from network import hostnames
from network.database import owner
from network.project import history

MIN_POSTGRESQL = 150_000
LOCAL = ".localhost"


@checks.register(checks.Tags.urls)
def hosts(**kwargs: Any) -> list[checks.CheckMessage]:
    """The two hosts must differ; outside production they are this machine's, in it never."""
    found: list[checks.CheckMessage] = [
        _error(
            "E011",
            f"{name}={host} is not a host name.",
            f"Set {name} to a name alone, such as network.example: no https://, port, * or path.",
        )
        for name, host in _hosts()
        if not _is_host(host)
    ]
    if settings.SITE_HOST == settings.TRACKING_HOST:
        found.append(
            _error(
                "E001",
                f"SITE_HOST and TRACKING_HOST are both {settings.SITE_HOST}.",
                "Give tracking a host name of its own: shoppers' browsers must never reach the "
                "sign-in.",
            )
        )
    if settings.PRODUCTION:
        found += [
            _error(
                "E002",
                f"{name}={host} is a name of this machine only.",
                f"Set {name} to the public host name.",
            )
            for name, host in _hosts()
            if host == "localhost" or host.endswith(LOCAL) or _is_address_here(host)
        ]
    return found


@checks.register(checks.Tags.security)
def transport(**kwargs: Any) -> list[checks.CheckMessage]:
    """Cookies are ``Secure``, so that everything public speaks HTTPS."""
    if not settings.PRODUCTION:
        return []
    found: list[checks.CheckMessage] = []
    if settings.PUBLIC_SCHEME != "https":
        found.append(
            _error(
                "E003",
                f"PUBLIC_SCHEME={settings.PUBLIC_SCHEME}: browsers drop our cookies without HTTPS.",
                "Set PUBLIC_SCHEME=https, and let the server or a proxy in front speak TLS.",
            )
        )
    if settings.DEBUG:
        found.append(
            _error(
                "E004",
                "DEBUG is on: error pages would show settings and data to anybody.",
                "Unset DEBUG.",
            )
        )
    if settings.TRUSTED_PROXIES < 0:
        found.append(
            _error(
                "E005",
                f"TRUSTED_PROXIES={settings.TRUSTED_PROXIES} is not a number of proxies.",
                "Set it to how many proxies of your own stand in front; 0 without any.",
            )
        )
    return found


@checks.register(checks.Tags.security, deploy=True)
def second_factor(**kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever learns an operator's password has everything."""
    if not settings.PRODUCTION or settings.TOTP_REQUIRED:
        return []
    return [
        checks.Warning(
            "TOTP_REQUIRED is off: operators and owners need no second factor.",
            hint="Unset TOTP_REQUIRED.",
            id="softclick.W001",
        )
    ]


@checks.register("tracking")
def real_ways(**kwargs: Any) -> list[checks.CheckMessage]:
    """Demo and tests run what production runs: a spool, a drain, and a worker of its own."""
    found: list[checks.CheckMessage] = []
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        found.append(
            _error(
                "E006",
                "CELERY_TASK_ALWAYS_EAGER runs tasks in the web process.",
                "Unset it, and run a worker and beat.",
            )
        )
    if settings.MODE in ("demo", "test") and settings.INTAKE == "direct":
        found.append(
            _error(
                "E007",
                f"INTAKE=direct leaves out spool and drain, which {settings.MODE} is to show.",
                "Unset INTAKE.",
            )
        )
    return found


@checks.register(checks.Tags.database)
def postgresql(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """PostgreSQL 15 or later; asked only where a command names the database (``migrate`` does)."""
    return list(_database_errors(databases or ()))


def _database_errors(databases: Iterable[str]) -> Iterable[checks.CheckMessage]:
    for alias in databases:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            yield _error(
                "E008",
                f"The database is {connection.display_name}.",
                "Set DATABASE_URL to a PostgreSQL 15 or later.",
            )
        elif (version := connection.pg_version) < MIN_POSTGRESQL:  # type: ignore[attr-defined]
            yield _error(
                "E009",
                f"PostgreSQL {version // 10_000} is too old.",
                "Upgrade it to PostgreSQL 15 or later.",
            )


@checks.register(checks.Tags.database)
def same_history(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """No migrations of another release; asked only where a command names the database."""
    found = (history.unknown(connections[alias]) for alias in databases or ())
    return [_error("E010", history.sentence(names), history.REMEDY) for names in found if names]


@checks.register(checks.Tags.database, deploy=True)
def role(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The application may read and write rows; asked by ``check --deploy --database default``."""
    return [
        checks.Warning(
            f"The role of DATABASE_URL {might}: it could empty tables and put triggers aside.",
            hint="Create a second role as docs/operations.md says (Roles in PostgreSQL), and name "
            "the one that owns the tables in MIGRATE_DATABASE_URL.",
            id="softclick.W002",
        )
        for alias in databases or ()
        for might in owner.might_of(connections[alias])
    ]


def stop_unsafe_start() -> None:
    """What a server runs before it answers anybody. Raises ImproperlyConfigured with every mistake
    that ``manage.py check`` would call an error, and what to do about it; asks no database."""
    errors = [*hosts(), *transport(), *real_ways()]
    if errors:
        texts = (f"{error.id}: {error.msg} {error.hint}" for error in errors)
        raise ImproperlyConfigured("This installation does not start.\n" + "\n".join(texts))


def _hosts() -> list[tuple[str, str]]:
    return [("SITE_HOST", settings.SITE_HOST), ("TRACKING_HOST", settings.TRACKING_HOST)]


def _is_host(host: str) -> bool:
    try:
        return hostnames.ascii_host(host) == host
    except ValueError:
        return False


def _is_address_here(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _error(number: str, message: str, remedy: str) -> checks.Error:
    return checks.Error(message, hint=remedy, id=f"softclick.{number}")
