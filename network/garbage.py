"""Python's search for garbage, put off."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

AFTER = 10_000
"""More objects than before have to be there for a search. Python's own 700 are a few lines of a
page; while a process starts, a seventh of its time went into searching what it had just loaded."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for garbage only afterwards: for what lives until the end, such as a batch's rows, and
    where looking through all that Django has loaded would delay what is being timed."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def look_seldom() -> None:
    """Let this process look for garbage where there may be some. What nothing refers to goes at
    once all the same; this is about cycles."""
    gc.set_threshold(AFTER, *gc.get_threshold()[1:])
