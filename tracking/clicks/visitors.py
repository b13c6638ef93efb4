"""What may be known of a visitor: whether it is a bot, and no more than a trace of who it is.

IP addresses are cut to /24 and /48 before they are written; user agents are reduced to family and
device class.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from django.conf import settings

from network import user_agents
from tracking.clicks.targets import is_allowed
from tracking.rule import crawlers

_MAX_USER_AGENT = 512
"""Characters that are kept to be looked at; a request's head may have hundreds of thousands."""
_PREVIEWERS = [
    "cardyb",
    "mimecast",
    "proofpoint",
    "barracuda",
    "preview",
    "meta-external",
    "cfnetwork/",
]
"""Those that look at links in posts and mails, and that crawlerdetect does not know."""
_PURPOSES = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
"""Headers by which browsers of today and before say that they fetch ahead."""


def is_bot(user_agent: str) -> bool:
    """Whether the user agent is a known crawler's or previewer's, or no browser's at all.

    Off production a headless browser counts as a person: demo and tests are driven by one.
    """
    if settings.COUNT_HEADLESS_BROWSERS:
        user_agent = user_agent.replace("HeadlessChrome", "Chrome")
    return _is_bot(user_agent[: crawlers.LONGEST])


@lru_cache(maxsize=20_000)
def _is_bot(agent: str) -> bool:
    if " " not in agent:  # every browser names its system; "node" or "Viber/20.0" does not
        return True
    lower = agent.lower()
    return any(name in lower for name in _PREVIEWERS) or crawlers.is_crawler(agent)


def describe(user_agent: str) -> str:
    """Family and device class, such as ``Firefox, mobile``."""
    return _describe(user_agent[:_MAX_USER_AGENT])


@lru_cache(maxsize=20_000)
def _describe(user_agent: str) -> str:
    family = user_agents.family(user_agent) or "Other"
    mobile = any(mark in user_agent for mark in ("Mobi", "Android", "iPhone", "iPad"))
    return f"{family}, {'mobile' if mobile else 'desktop'}"


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Whether the browser fetches ahead of a person's click."""
    for name in _PURPOSES:
        if purpose := headers.get(name):
            purpose = purpose.lower()
            if "prefetch" in purpose or "prerender" in purpose or "preview" in purpose:
                return True
    return False


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Whether it is a top-level navigation, as far as the browser says (Fetch Metadata)."""
    mode, destination = headers.get("HTTP_SEC_FETCH_MODE"), headers.get("HTTP_SEC_FETCH_DEST")
    return mode in (None, "navigate") and destination in (None, "document")


def is_script_of(headers: Mapping[str, str], domains: Sequence[str], is_https: bool) -> bool:
    """Whether a script in a page on one of these domains fetched it (in CORS mode, in which the
    browser tells the page's origin); in a page over https where the shop is."""
    if headers.get("HTTP_SEC_FETCH_MODE") not in (None, "cors"):
        return False
    origin = headers.get("HTTP_ORIGIN", "")
    if is_https and not origin.startswith("https://"):
        return False
    return is_allowed(origin, domains)


def client_address(headers: Mapping[str, str], trusted_proxies: int) -> str:
    """The client's address: the one that the outermost trusted proxy saw."""
    if not trusted_proxies:
        return headers.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in headers.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else ""


@lru_cache(maxsize=20_000)
def cut_address(address: str) -> str:
    """The address's network, /24 or /48; empty when it is not an address."""
    try:
        version = ip_address(address).version
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if version == 4 else 48}", strict=False))
