"""Many browsers at once."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event


@contextlib.contextmanager
def crowd(browsers: int, act: Callable[[], object]) -> Iterator[None]:
    """So many browsers do the same again and again while the block lasts. What one of them did not
    expect fails the test."""
    is_over = Event()

    def browse() -> None:
        while not is_over.is_set():
            act()

    with ThreadPoolExecutor(browsers) as threads:
        running = [threads.submit(browse) for _ in range(browsers)]
        try:
            yield
        finally:
            is_over.set()
    for each in running:
        each.result()
