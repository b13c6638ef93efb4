"""Work in a process of its own, forked from this one."""

import os
from collections.abc import Callable

from django.db import connection


def fork(work: Callable[[], object]) -> int:
    """A process that does the work on a connection of its own; its id."""
    connection.close()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        connection.close()
        os._exit(status)


def end_of(child: int) -> int:
    """0 when it did its work; -9 when it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
