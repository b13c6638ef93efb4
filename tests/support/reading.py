"""A person at the site: signed in, and what they read there."""

import re
from html import unescape
from typing import Any

from django.conf import settings
from django.test import Client

from network.models import User

UNREAD = (
    r"<(script|style).*?</\1>",
    r'<details class="tip"[^>]*>.*?</details>',
    r'<button[^>]* class="meaning".*?</button><div popover.*?</div>',
)


def signed_in(user: User) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(user)
    return client


def post(client: Client, address: str, **data: Any) -> Any:
    """The page that the answer leads to."""
    return client.post(address, data, follow=True)


def text(response: Any) -> str:
    """Without tags, scripts and the definitions that open from a "?"; blanks collapsed."""
    body = response.content.decode()
    for unread in UNREAD:
        body = re.sub(unread, " ", body, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
