"""Secrets of an installation: parsed strictly; on one machine made once and kept."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_CHARACTERS = 50
MIN_TOKEN_KEY_BYTES = 32


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
    is_short = len(value) < MIN_SECRET_CHARACTERS or len(set(value)) < 8
    if is_short or value.startswith("django-insecure-"):
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
        by_id[int(key_id)] = _key_bytes(key_id, key)
    if not by_id:
        raise ImproperlyConfigured("TOKEN_KEYS is missing: set it to 0:<64 hex characters>.")
    return by_id


def _key_bytes(key_id: str, key: str) -> bytes:
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raise ImproperlyConfigured(f"TOKEN_KEYS: key {key_id} is not hexadecimal.") from None
    if len(raw) < MIN_TOKEN_KEY_BYTES or len(set(raw)) < 8:
        raise ImproperlyConfigured(
            f"TOKEN_KEYS: key {key_id} is weak; use at least {MIN_TOKEN_KEY_BYTES} random bytes."
        )
    return raw
