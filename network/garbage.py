"""Python's search for garbage, put off."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
