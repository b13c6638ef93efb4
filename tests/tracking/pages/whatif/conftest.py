"""A shop with a small history, and its owner at the admin."""

from tests.support.what_ifs import client, founded, market, owner

__all__ = ("client", "founded", "market", "owner")
