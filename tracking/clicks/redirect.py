"""What a visit through a publisher's link does: decide, and say what to answer, write and record.

No query, no network round trip: the partnership comes from the snapshot, the claims from the
cookies.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from tracking.clicks import cookies, visitors
from tracking.clicks.cookies import Brought, Jar
from tracking.clicks.snapshot import AdvertiserSnapshot, Span
from tracking.clicks.targets import MAX_URL_LENGTH, as_ascii, is_allowed, with_parameter
from tracking.clicks.visits import REFERENCE_NAMES, Visit
from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.consent import Consent, of_click
from tracking.rule.reasons import ClickReason, TargetReason
from tracking.rule.slots import Slots, is_repeat, meet
from tracking.rule.text import printable
from tracking.rule.tokens import Keys, Token, encode, time_of

MAX_REFERENCE, MAX_CAMPAIGN = 255, 100
MAX_PUBLISHER = 2**31 - 1
JOURNEY_BITS, SESSION_BITS = 63, 31
"""A bit less than the token has room for, so that PostgreSQL's signed integers hold them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where to send the shopper, the cookies to write (None: touch nothing), the token that was
    handed out, and the record for the spool. ``is_refused``: the browser fetched ahead. It must get
    no redirect, which it would keep: the person's own click would then never come here."""

    location: str
    write: cookies.ToWrite | None
    token: str
    record: dict[str, object]
    is_refused: bool = False


def visit(request: Visit, advertiser: AdvertiserSnapshot, keys: Keys, now_ms: int) -> Answer:
    """Answer a visit. Every visit is recorded, with its reason when it does not count."""
    target, target_reason = _target(request, advertiser)
    span = advertiser.partner_at(request.publisher, now_ms)
    reason = _reason(request, advertiser, span)
    jar, brought = request.jar or Jar(advertiser.id), cookies.NOTHING
    consent = of_click(request.consent, advertiser.consent_default)
    if consent is Consent.STORE:
        brought = cookies.read(request.cookies, jar, keys, now_ms)
    if reason is None and is_repeat(brought.slots.last, request.publisher, now_ms):
        reason = ClickReason.REPEAT
    click = _click(request, span, brought.slots, now_ms, reason)
    write, token = None, ""
    if reason is None:
        assert span is not None
        if click.is_soft and brought.is_tampered:
            # It protects the holder, not whoever tampers; a hard click would win in any case.
            click = replace(click, stood_down=True)
        click = meet(brought.slots, click).click
        token = encode(Token(advertiser.id, click, span.strictly_necessary), keys)
        if consent is Consent.STORE:
            write = cookies.ToWrite(jar, token, click, advertiser.longest_window_days)
    elif reason is ClickReason.REPEAT:
        token = brought.tokens["last"]
    location = with_parameter(target, advertiser.click_parameter, token) if token else target
    record = _record(click, advertiser, request, span, brought)
    record |= {"target": target[:MAX_URL_LENGTH], "target_reason": target_reason}
    record["received_at"] = now_ms
    return Answer(location, write, token, record, reason is ClickReason.PREFETCH)


def _target(request: Visit, advertiser: AdvertiserSnapshot) -> tuple[str, str]:
    """The URL to lead to, and what was wrong with the link's own target, if anything."""
    landing = as_ascii(advertiser.landing_url)
    if advertiser.closed or not request.target:
        return landing, ""
    target = request.target.strip()
    if is_allowed(target, advertiser.domains):
        return as_ascii(target), TargetReason.UNENCODED.value if request.is_unencoded else ""
    return landing, TargetReason.BAD_TARGET.value


def _reason(
    request: Visit, advertiser: AdvertiserSnapshot, span: Span | None
) -> ClickReason | None:
    """Why the click does not count, the first that applies; None when it does."""
    if visitors.is_prefetch(request.headers):
        return ClickReason.PREFETCH
    if advertiser.closed:
        return ClickReason.ADVERTISER_CLOSED
    if request.method == "HEAD":
        return ClickReason.HEAD
    if visitors.is_bot(request.headers.get("HTTP_USER_AGENT", "")):
        return ClickReason.BOT
    if span is None or not span.approved:
        return ClickReason.NOT_PARTNER
    if not _may_count(request, advertiser, span):
        return ClickReason.STUFFED
    consent = of_click(request.consent, advertiser.consent_default)
    return ClickReason.NO_CONSENT if consent is Consent.REFUSE else None


def _may_count(request: Visit, advertiser: AdvertiserSnapshot, span: Span) -> bool:
    """A link is followed by a top-level navigation; only flagged soft partners act in the page, and
    only in one of the shop's own."""
    if request.method != "GET":
        return False
    if not request.in_page:
        return visitors.is_navigation(request.headers)
    may = span.in_page and span.cookie_type is CookieType.SOFT
    return may and visitors.is_script_of(request.headers, advertiser.domains, advertiser.is_https)


def _click(
    request: Visit, span: Span | None, slots: Slots, now_ms: int, reason: ClickReason | None
) -> Click:
    """The click, before it meets the slots. A browser that is on no journey starts one only with a
    click that counts."""
    newest = slots.newest
    at = max(now_ms, newest.at + 1) if newest else now_ms
    journey = newest.journey if newest else 0
    starts = reason is None
    identifier: UUID = uuid7(nanoseconds=at * 1_000_000)
    return Click(
        id=identifier,
        at=time_of(identifier),
        publisher=min(request.publisher, MAX_PUBLISHER),
        cookie_type=span.cookie_type if span else CookieType.HARD,
        window_minutes=span.window_minutes if span else 0,
        journey=journey or (secrets.randbits(JOURNEY_BITS) | 1 if starts else 0),
        session=slots.session or (secrets.randbits(SESSION_BITS) | 1 if starts else 0),
        soft_rule=span.soft_rule if span else SoftRule.FIRST,
        reason=reason,
    )


def _record(
    click: Click,
    advertiser: AdvertiserSnapshot,
    request: Visit,
    span: Span | None,
    brought: Brought,
) -> dict[str, object]:
    """The click as the spool keeps it: the columns of ``tracking.models.Click``. Without consent
    nothing of the browser is in it."""
    known = of_click(request.consent, advertiser.consent_default) is Consent.STORE
    user_agent = request.headers.get("HTTP_USER_AGENT", "")
    return {
        "kind": "click",
        "id": click.id.hex,
        "advertiser": advertiser.id,
        "publisher": click.publisher,
        "at": click.at,
        "cookie_type": click.cookie_type.value,
        "window_minutes": click.window_minutes,
        "journey": click.journey,
        "session": click.session,
        "stood_down": click.stood_down,
        "strictly_necessary": bool(span and span.strictly_necessary),
        "soft_rule": click.soft_rule.value,
        "reason": click.reason.value if click.reason else "",
        "rejected_tokens": [f"{role}: {reason}" for role, reason in brought.rejected.items()],
        "references": {
            name: printable(request.references[name], MAX_REFERENCE)
            for name in REFERENCE_NAMES
            if request.references.get(name)
        },
        "campaign": printable(request.campaign, MAX_CAMPAIGN),
        "in_page": request.in_page,
        "ip_prefix": visitors.cut_address(request.address) if known else "",
        "user_agent": visitors.describe(user_agent) if known else "",
    }
