"""Fixtures that many tests need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from network.hosts import BareHandlerMixin, TrackingHandler
from tests.makers import NAVIGATION
from tracking import spool
from tracking.snapshot import keeper
from tracking.spool import SpoolWriter


class TrackingClientHandler(BareHandlerMixin, ClientHandler):
    """The tracking host's own handler, without its server."""

    urlconf = TrackingHandler.urlconf
    headers = TrackingHandler.headers


class TrackingClient(Client):
    """A browser at the tracking host, navigating. ``spool`` is the folder with what was accepted;
    ``tracking.intake.drain`` takes it in."""

    def __init__(self, spool: Path) -> None:
        super().__init__(HTTP_HOST=settings.TRACKING_HOST, **NAVIGATION)  # type: ignore[arg-type]
        self.handler = TrackingClientHandler(enforce_csrf_checks=True)
        self.spool = spool


@pytest.fixture
def tracking_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[TrackingClient]:
    """A client of the tracking host, with a spool of its own. The host knows what is in the
    database at its first request."""
    folder = tmp_path / "spool"
    writer = SpoolWriter(folder)
    monkeypatch.setattr(spool, "writer", writer)
    keeper.forget()
    yield TrackingClient(folder)
    writer.close()
    keeper.forget()
