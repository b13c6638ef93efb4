"""The demo shop's own server, which reports an order to the API as any shop's server would.

It knows of the network only what a shop does: the API's address, its key, and the click ids that
came with the buyer's visits.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django.core import signing

from network import clock
from network.advertisers import api_keys
from network.models import Advertiser

PATH = "/api/v1/conversions"
TIMEOUT_SECONDS = 5
SALT = "demo.shop.call"
_KEY_FILE = "demo-shop-key"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call that was made, as text; ``status`` 0: there was no answer."""

    sent: str
    status: int
    answered: str

    def dump(self) -> str:
        """For the address of the page that shows it; nobody can make one up."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)


def load(text: str) -> ApiCall | None:
    """The call that an address tells of; None for anything else."""
    with suppress(signing.BadSignature):
        return ApiCall(**signing.loads(text, salt=SALT))
    return None


def report(advertiser: Advertiser, sale: Mapping[str, object], clicks: Sequence[str]) -> ApiCall:
    """Report a sale with the click ids that the shop has kept. Raises the database's errors."""
    body = json.dumps({**sale, "clicks": list(dict.fromkeys(clicks))}, indent=2)
    key = _key(advertiser)
    shown = f"{key[: api_keys.SHOWN_CHARACTERS]}…"
    sent = f"POST {settings.SITE_URL}{PATH}\nAuthorization: Bearer {shown}\n\n{body}"
    try:
        status, answered = send(body, key)
    except (OSError, HTTPException) as error:
        return ApiCall(sent, 0, str(error))
    return ApiCall(sent, status, answered)


def send(body: str, key: str) -> tuple[int, str]:
    """Status and body of the answer. Names below ``localhost`` are this machine everywhere, but not
    every system's resolver knows it."""
    connection = HTTPConnection("127.0.0.1", settings.PUBLIC_PORT, timeout=TIMEOUT_SECONDS)
    headers = {
        "Host": settings.SITE_HOST,
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
    }
    try:
        connection.request("POST", PATH, body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _key(advertiser: Advertiser) -> str:
    """The shop's key, from where the shop keeps it; made when it is missing or was revoked."""
    path = Path(settings.DATA_DIR) / _KEY_FILE
    key = path.read_text().strip() if path.exists() else ""
    now = clock.now()
    found = api_keys.find(key, now) if key else None
    if found is None or found.advertiser_id != advertiser.pk:
        name = f"Shop server {secrets.token_hex(3)}"
        key = api_keys.make(advertiser, name, now, made_by=None).key
        fresh = path.with_name(f"{_KEY_FILE}-{secrets.token_hex(3)}")
        fresh.touch(mode=0o600)
        fresh.write_text(key)
        fresh.replace(path)
    return key
