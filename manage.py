#!/usr/bin/env python3
"""Every command of Softclick. On a fresh machine it builds the locked environment first."""

import os
import sys

from network.local import bootstrap


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    bootstrap.enter(sys.argv)

    # Only from here on is the environment there.
    from network.local import embedded

    embedded.run_command(sys.argv)


if __name__ == "__main__":
    main()
