"""A process that lives one share of the seeded life: ``python -m network.demo.share 0 END DAYS``.

It prints the number of each day that begins.
"""

import os
import sys
from datetime import datetime

import django


def main(number: str, end: str, days: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    django.setup()

    from django.db import connections

    from network.demo.story import life

    # The same few queries, thousands of times: let PostgreSQL keep their plans.
    connections.settings["default"]["OPTIONS"]["server_side_binding"] = True
    span = life.Span(datetime.fromisoformat(end), int(days))
    life.live(span, life.SHARES[int(number)], lambda day: print(day, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
