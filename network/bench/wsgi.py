"""What ``manage.py bench`` serves: the product as it is, and a bare view on a host of its own."""

from network.project.wsgi import application as product  # first: it sets Django up

# isort: split
from collections.abc import Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from network.bench import BARE_HOST
from network.project.hosts import BareHandlerMixin, StartResponse


class BareHandler(BareHandlerMixin, WSGIHandler):
    urlconf = "network.bench.urls"


bare = BareHandler()


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    handler = bare if environ.get("HTTP_HOST") == BARE_HOST else product
    return handler(environ, start_response)
