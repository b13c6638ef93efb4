"""What the demo refuses to start with.

Its passwords are printed, its clock can be skipped ahead and a browser's cookies can be cleared
from outside: all that is for one machine only. And it shows the real thing: records go through
spool and drain, tasks through a worker.
"""

import os
from collections.abc import Iterator

from django.conf import settings

from network.celery import app
from network.local.hold import read_owner


class Unfit(Exception):
    """The settings do not make a demo; the message says which."""


def check() -> None:
    """Raise Unfit unless the settings are those of a demo on this machine alone."""
    check_hosts()
    for reason in _reasons():
        raise Unfit(reason)


def check_hosts() -> None:
    """Raise Unfit where a host of this network can be reached by others."""
    for host in (settings.SITE_HOST, settings.TRACKING_HOST, *settings.ALLOWED_HOSTS):
        if not host.endswith(".localhost"):
            raise Unfit(
                f"the demo's passwords are known, so it runs only where every host is "
                f"*.localhost; {host!r} is not. Unset SITE_HOST and TRACKING_HOST."
            )


def check_fresh() -> None:
    """Raise Unfit where the data to be thrown away is in a database of somebody's own."""
    owner = read_owner(settings.DATA_DIR)
    if owner is None or owner.pid != os.getpid() or not owner.database_url:
        raise Unfit(
            "--fresh throws away the built-in database only. DATABASE_URL names another one: "
            "empty that yourself."
        )


def _reasons() -> Iterator[str]:
    if settings.MODE != "demo":
        yield f"SOFTCLICK_MODE is {settings.MODE}; start the demo as: python3 manage.py demo"
    if settings.PUBLIC_SCHEME != "http":
        yield f"PUBLIC_SCHEME is {settings.PUBLIC_SCHEME!r}; the demo's server speaks http only."
    if settings.INTAKE != "spool":
        yield f"INTAKE is {settings.INTAKE!r}; the demo takes records in through the spool."
    if app.conf.task_always_eager:
        yield "CELERY_TASK_ALWAYS_EAGER is set; the demo's tasks are a worker's."
