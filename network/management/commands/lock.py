"""``manage.py lock``: renews ``uv.lock`` and ``requirements.lock`` from ``pyproject.toml``."""

import os
import shutil
import subprocess
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.local.bootstrap import ROOT

EXPORT = (
    *("export", "--frozen", "--all-groups", "--no-emit-project", "--no-annotate", "--no-header"),
    *("--format", "requirements-txt", "--quiet", "--output-file", "requirements.lock"),
)


class Command(BaseCommand):
    help = (
        "Lock the dependencies with uv, and write the same versions and hashes to "
        "requirements.lock for plain pip. Further words go to uv lock, for example: "
        "lock --upgrade-package django"
    )
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        if {"-h", "--help"} & set(argv[2:]):
            self.print_help(argv[0], argv[1])
            return
        try:
            self.handle(*argv[2:])
        except CommandError as error:
            self.stderr.write(f"{error}")
            raise SystemExit(1) from error

    def handle(self, *args: Any, **options: Any) -> None:
        uv = shutil.which("uv")
        if uv is None:
            raise CommandError("uv is not on the PATH; locking needs it.")
        # Only the public default index may be written into the lock.
        settings = {
            name: value
            for name, value in os.environ.items()
            if not (name.startswith("UV_") and ("INDEX" in name or "FIND_LINKS" in name))
        }
        for arguments in (("lock", *args), EXPORT):
            if subprocess.run([uv, *arguments], cwd=ROOT, env=settings, check=False).returncode:
                raise CommandError(f"uv {arguments[0]} failed; its words are above.")
