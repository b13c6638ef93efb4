"""Lives the shares of the seeded life side by side, each in a process of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

from network.demo.story.life import SHARES, Span
from network.local import services as programs
from network.local.bootstrap import ROOT
from network.local.processes import Program, Supervisor, tail

LOOK_EVERY_SECONDS = 0.2


class SeedingFailed(Exception):
    """A share of the life ended with an error; the message has the end of its log."""


def live(span: Span, lock: int, progress: Callable[[int], None]) -> None:
    """Live all shares; ``progress`` is called with each day that all of them have reached. They end
    with this process, whatever ends it, and hold the ``lock`` until then. Raises SeedingFailed."""
    shares = [_program(number, span) for number in range(len(SHARES))]
    told = 0
    with Supervisor(hold=[lock]) as supervisor:
        for share in shares:
            share.log.unlink(missing_ok=True)
            supervisor.start(share)
        left = len(shares)
        while left:
            ended = supervisor.wait(LOOK_EVERY_SECONDS)
            if ended and ended.status:
                log = programs.log_of(ended.name)
                raise SeedingFailed(f"The seeding failed. {log} ends:\n{tail(log)}")
            left -= ended is not None
            for day in range(told + 1, min(_day(share.log) for share in shares) + 1):
                progress(day)
                told = day


def _program(number: int, span: Span) -> Program:
    words = (str(number), span.end.isoformat(), str(span.days))
    return Program(
        name=f"seeding-{number + 1}",
        argv=(sys.executable, "-m", "network.demo.story.share", *words),
        log=programs.log_of(f"seeding-{number + 1}"),
        environment=programs.environment(),
        folder=ROOT,
    )


def _day(log: Path) -> int:
    """The day that a share has reached: the last number in its log."""
    numbers = [word for word in tail(log, 3).split() if word.isdecimal()]
    return int(numbers[-1]) if numbers else 0
