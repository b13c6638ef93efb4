"""What ``manage.py bench`` serves: the tracking host as it is, and a bare view on a host of its
own, both by the same bridge."""

from network.project.serve_tracking import application as product  # first: it sets Django up

# isort: split
from django.core.handlers.wsgi import WSGIHandler

from network.bench import BARE_HOST
from network.project.bridge import Answer, Receive, Scope, Send, environ_of, respond, served
from network.project.hosts import BareHandlerMixin


class BareHandler(BareHandlerMixin, WSGIHandler):
    urlconf = "network.bench.urls"


handler = BareHandler()


async def ask_bare(scope: Scope, receive: Receive) -> Answer:
    return respond(handler, environ_of(scope))


bare = served(ask_bare)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    is_bare = (b"host", BARE_HOST.encode()) in scope["headers"]
    await (bare if is_bare else product)(scope, receive, send)
