"""Secrets of an installation: parsed strictly; on one machine made once and kept."""

import os
import secrets
from itertools import pairwise
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_CHARACTERS = 50
MIN_TOKEN_KEY_BYTES = 32
MIN_PERIOD = 24
"""After so many characters a text may begin again; what somebody typed or copied does sooner."""
_OF_EXAMPLES = ("changeme", "replace", "secret", "example", "password", "insecure", "placeholder")
"""In keys of instructions and templates, and with next to no chance in a random one."""


def development_secret(data: Path, name: str) -> str:
    """A random secret in hex, made at its first use and kept in the private data folder."""
    path = data / f"secret-{name}"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = data / f".secret-{name}-{os.getpid()}"
    fresh.write_text(secrets.token_hex(32))
    fresh.chmod(0o600)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()


def check_secret_key(value: str) -> str:
    """Return Django's secret key, or raise ImproperlyConfigured when it is missing or weak."""
    letters = "".join(filter(str.isalpha, value.lower()))
    is_example = any(word in letters for word in _OF_EXAMPLES)
    if len(value) < MIN_SECRET_CHARACTERS or is_example or _is_regular(value.encode()):
        raise ImproperlyConfigured(
            f"SECRET_KEY is missing or weak: set at least {MIN_SECRET_CHARACTERS} random "
            "characters, e.g. from: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return value


def parse_token_keys(value: str) -> dict[int, bytes]:
    """Token keys by id (0-15) from ``id:hex,id:hex``. Raises ImproperlyConfigured."""
    by_id: dict[int, bytes] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        key_id, _, key = item.partition(":")
        if not key_id.isdecimal() or int(key_id) > 15 or int(key_id) in by_id:
            raise ImproperlyConfigured(
                f"TOKEN_KEYS: {key_id!r} is not a key id of its own between 0 and 15. "
                "Write TOKEN_KEYS as id:hex,id:hex."
            )
        raw = _key_bytes(key_id, key)
        if raw in by_id.values():
            raise ImproperlyConfigured(
                f"TOKEN_KEYS: key {key_id} is one of the others. A new id needs a new key."
            )
        by_id[int(key_id)] = raw
    if not by_id:
        raise ImproperlyConfigured("TOKEN_KEYS is missing: set it to 0:<64 hex characters>.")
    return by_id


def _key_bytes(key_id: str, key: str) -> bytes:
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raise ImproperlyConfigured(f"TOKEN_KEYS: key {key_id} is not hexadecimal.") from None
    if len(raw) < MIN_TOKEN_KEY_BYTES or _is_regular(raw):
        raise ImproperlyConfigured(
            f"TOKEN_KEYS: key {key_id} is weak; use at least {MIN_TOKEN_KEY_BYTES} random bytes."
        )
    return raw


def _is_regular(value: bytes) -> bool:
    """Whether it has few different characters, says one thing again and again, or counts."""
    repeats = any(value[period:] == value[:-period] for period in range(1, MIN_PERIOD))
    steps = {(after - before) % 256 for before, after in pairwise(value)}
    return len(set(value)) < 8 or repeats or len(steps) < 4
