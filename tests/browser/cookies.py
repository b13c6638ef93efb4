"""What a browser's cookies do that a test cannot wait for."""

from collections.abc import Callable
from time import time

from playwright.sync_api import BrowserContext, Cookie

SLOTS = ("_sch", "_scs", "_scl", "_scn")


def slots(context: BrowserContext) -> dict[str, str]:
    """The tag's cookies by name; fails when a name is there twice."""
    found = [(cookie["name"], cookie["value"]) for cookie in context.cookies()]
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), names
    assert set(names) <= set(SLOTS), names
    return dict(found)


def cookie(context: BrowserContext, name: str) -> Cookie:
    return next(found for found in context.cookies() if found["name"] == name)


def end_session(context: BrowserContext) -> None:
    """Drop the session cookies, as closing the browser does."""
    _replace(context, lambda expires: expires, session=False)


def pass_time(context: BrowserContext, seconds: float) -> None:
    """Bring every cookie this much closer to its end, and drop what has none left."""
    _replace(context, lambda expires: expires - seconds, session=True)


def _replace(context: BrowserContext, moved: Callable[[float], float], *, session: bool) -> None:
    found = context.cookies()
    context.clear_cookies()
    for each in found:
        lasting = each["expires"] != -1
        expires = moved(each["expires"]) if lasting else -1
        if (lasting and expires > time()) or (not lasting and session):
            context.add_cookies([{**each, "expires": expires}])  # type: ignore[typeddict-item]
