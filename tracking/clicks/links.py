"""A publisher's own links: how they are built, and what one would do now. Nothing is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tracking.clicks.redirect import visit
from tracking.clicks.snapshot import AdvertiserSnapshot
from tracking.clicks.visits import visit_by_link
from tracking.rule.attribution import CookieType
from tracking.rule.consent import Consent, of_click
from tracking.rule.reasons import ClickReason, TargetReason
from tracking.rule.tokens import Keys

BROWSER = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "HTTP_SEC_FETCH_MODE": "navigate",
    "HTTP_SEC_FETCH_DEST": "document",
}
"""A browser without cookies, in which somebody opens the link."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a publisher; ``base`` is the partnership's, without parameters. An empty ``target``
    is the landing page."""

    base: str
    target: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    campaign: str = ""

    @property
    def url(self) -> str:
        values = {"to": self.target, **self.references, "campaign": self.campaign}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{self.base}?{query}" if query else self.base


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a link would do now: where it leads, and why it is not tracked or leads elsewhere than
    to its target, where that is so."""

    leads_to: str
    reason: ClickReason | None
    target_reason: TargetReason | None
    cookie_type: CookieType
    asks: bool
    """Whether the shop's banner decides if the click is kept."""

    @property
    def is_tracked(self) -> bool:
        return self.reason is None


def try_out(url: str, publisher: int, shop: AdvertiserSnapshot, keys: Keys, now_ms: int) -> Tried:
    """Follow a link as the redirect would, in a fresh browser. The token that the click would get
    is kept back: it is evidence of a click, and there was none."""
    request = visit_by_link(publisher, urlsplit(url).query, headers=BROWSER)
    answer = visit(request, shop, keys, now_ms)
    reason, target_reason = answer.record["reason"], answer.record["target_reason"]
    return Tried(
        leads_to=str(answer.record["target"]),
        reason=ClickReason(str(reason)) if reason else None,
        target_reason=TargetReason(str(target_reason)) if target_reason else None,
        cookie_type=CookieType(str(answer.record["cookie_type"])),
        asks=of_click(request.consent, shop.consent_default) is Consent.ASK,
    )
