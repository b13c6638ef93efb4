"""``manage.py serve``: a web server, of the tracking host or of the site."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from network.local import web
from network.local.bootstrap import ROOT
from network.local.machine import OFF_SWITCH

SERVERS = {"tracking": (web.TRACKING, 8000), "site": (web.SITE, 8001)}


class Command(BaseCommand):
    help = (
        "Serve the tracking host (links, tag, pixel; nothing on it asks a database) or the site "
        "(pages that people sign in to). Each has processes of its own; the proxy in front sends "
        "SITE_HOST to the one, every other host to the other (docs/operations.md)."
    )
    requires_system_checks = []  # the server itself checks, once it has loaded

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=tuple(SERVERS))
        parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
        parser.add_argument("--port", type=int, help="default: 8000 for tracking, 8001 for site")
        parser.add_argument(
            "--socket", type=Path, help="a unix socket instead (SITE_SOCKET of the tracking host)"
        )
        parser.add_argument("--workers", type=int, default=2, help="processes; default: 2")

    def handle(self, *args: Any, **options: Any) -> None:
        application, usual_port = SERVERS[options["what"]]
        socket: Path | None = options["socket"] and options["socket"].absolute()
        address = None if socket else (options["host"], options["port"] or usual_port)
        words = web.command(application, workers=options["workers"], address=address, socket=socket)
        web.remove_left_behind(words)
        os.chdir(ROOT)
        os.execve(words[0], words, os.environ | {OFF_SWITCH: "1"})  # noqa: S606 - it becomes the server
