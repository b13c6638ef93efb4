"""Lines that anybody can cause are short and few."""

import io
import logging
import logging.config
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.test import Client

from network.project import logs


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def written(clock: Clock) -> Iterator[io.StringIO]:
    """What is written by a handler like the one of settings."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Short("{levelname} {name}: {message}", style="{"))
    handler.addFilter(logs.NotTooMany(clock))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def test_the_standard_error_log_is_like_that() -> None:
    (handler,) = logging.config.dictConfigClass(settings.LOGGING).config["handlers"].values()
    assert (handler["formatter"], handler["filters"]) == ("line", ["not_too_many"])


def lines(written: io.StringIO) -> list[str]:
    return written.getvalue().splitlines()


@pytest.mark.django_db
def test_a_foreign_host_leaves_one_short_line(written: io.StringIO) -> None:
    Client(HTTP_HOST="x" * 5000 + ".example").get("/" + "y" * 5000)
    found = [line for line in lines(written) if "DisallowedHost" in line]
    assert len(found) == 1
    assert "Traceback" not in written.getvalue()
    assert len(written.getvalue()) < 3 * logs.LONGEST


def test_a_traceback_of_our_own_stays(written: io.StringIO) -> None:
    error = DisallowedHost("ours")
    logging.getLogger("tracking.spool").error("It failed", exc_info=error)
    assert "DisallowedHost: ours" in written.getvalue()


def test_what_is_said_again_and_again_is_counted(written: io.StringIO, clock: Clock) -> None:
    def complain(name: str = "django.request") -> None:
        logging.getLogger(name).warning("Not Found: %s", "/x")

    for _ in range(logs.MOST + 7):
        complain()
    assert len(lines(written)) == logs.MOST
    complain("tracking.spool")
    assert len(lines(written)) == logs.MOST + 1
    clock.now += logs.WITHIN_SECONDS
    complain()
    complain()
    last, latest = lines(written)[-2:]
    assert last.endswith("Not Found: /x (7 more like it before)")
    assert latest.endswith("Not Found: /x")
