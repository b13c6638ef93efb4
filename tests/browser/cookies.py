"""What a browser's cookies do that a test cannot wait for."""

from collections.abc import Callable
from time import time

from playwright.sync_api import BrowserContext, Cookie

from tests.browser.hosts import ANSWERED, TRACKING

SLOTS = ("_sch", "_scs", "_scl", "_scn")
ANSWER = "_sco"


def jar(context: BrowserContext) -> list[Cookie]:
    """Every cookie of this context, as its pages see them now.

    Chromium stores what a script writes a moment later; a page that reads waits for that.
    """
    for page in context.pages:
        if page.url.startswith("http"):
            page.evaluate("document.cookie")
    return context.cookies()


def slots(context: BrowserContext) -> dict[str, str]:
    """The shop's cookies by name, but for the answer about consent, when every landing that waits
    for an answer has it; fails when a name is there twice, or is none of the tag's."""
    _wait_for_answers(context)
    kept = [cookie for cookie in jar(context) if cookie["domain"] != TRACKING]
    shop = [cookie for cookie in kept if cookie["name"] != ANSWER]
    found = [(cookie["name"], cookie["value"]) for cookie in shop]
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), names
    assert set(names) <= set(SLOTS), names
    return dict(found)


def cookie(context: BrowserContext, name: str) -> Cookie:
    """This cookie, when every landing that waits for an answer has it."""
    _wait_for_answers(context)
    return next(found for found in jar(context) if found["name"] == name)


def end_session(context: BrowserContext) -> None:
    """Drop the session cookies, as closing the browser does."""
    _replace(context, lambda expires: expires, session=False)


def pass_time(context: BrowserContext, seconds: float) -> None:
    """Bring every cookie this much closer to its end, and drop what has none left."""
    _replace(context, lambda expires: expires - seconds, session=True)


def _wait_for_answers(context: BrowserContext) -> None:
    for page in context.pages:
        if page.url.startswith("http"):
            page.wait_for_function(ANSWERED)


def _replace(context: BrowserContext, moved: Callable[[float], float], *, session: bool) -> None:
    found = jar(context)
    context.clear_cookies()
    for each in found:
        lasting = each["expires"] != -1
        expires = moved(each["expires"]) if lasting else -1
        if (lasting and expires > time()) or (not lasting and session):
            context.add_cookies([{**each, "expires": expires}])  # type: ignore[typeddict-item]


def ago(milliseconds: int) -> int:
    """A time before now: cookies live by the browser's clock."""
    return int(time() * 1000) - milliseconds
