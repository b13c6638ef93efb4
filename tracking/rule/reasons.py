"""Why an event was dropped or rejected: closed lists, shared by code, admin and metrics."""

from enum import StrEnum


class ClickReason(StrEnum):
    """Why a click does not count: it claims nothing and no token is handed out for it."""

    NOT_PARTNER = "not_partner"
    BOT = "bot"
    PREFETCH = "prefetch"
    HEAD = "head"
    STUFFED = "stuffed"
    INVALID_SIGNATURE = "invalid_signature"
    NO_CONSENT = "no_consent"
    REPEAT = "repeat"
    ADVERTISER_CLOSED = "advertiser_closed"


class TargetReason(StrEnum):
    """What was wrong with the target in a link. A bad one led to the landing page; one that was
    pasted into the link without encoding was followed as far as it could be told from the link."""

    BAD_TARGET = "bad_target"
    UNENCODED = "unencoded"


class TokenReason(StrEnum):
    """Why a presented token credits nobody. ``doubled``: the browser brought two cookies of one
    name that differ, and nobody can tell which of them we wrote. ``wrong_slot``: a soft click in
    the hard slot's cookie, or the other way round, where we wrote none."""

    MALFORMED = "malformed"
    DOUBLED = "doubled"
    WRONG_SLOT = "wrong_slot"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    OTHER_ADVERTISER = "other_advertiser"
    FROM_FUTURE = "from_future"


class ReportOutcome(StrEnum):
    """What became of a report of a sale."""

    CREATED = "created"
    MERGED = "merged"
    UNLINKED = "unlinked"
    DISCREPANCY = "discrepancy"
    """Other figures than those of a report that is believed more; they change nothing."""
    FIGURES_CONFLICT = "figures_conflict"
    JOURNEYS_CONFLICT = "journeys_conflict"
    NO_TOKEN = "no_token"  # noqa: S105 - no secret
    WAITING = "waiting"
    """Confirmed by the shop, and without a token of ours: kept for one that may still come."""
    TOO_MANY = "too_many"
    """Beyond the number of reports that is kept of an order: counted, not kept."""
    CHANNEL_NOT_COUNTED = "channel_not_counted"
    TEST = "test"
    INVALID = "invalid"
    CORRECTED = "corrected"
    """Refused, and then corrected by staff, and taken in as another report."""
    UNKNOWN_ADVERTISER = "unknown_advertiser"
    LATE = "late"


class Counted(StrEnum):
    """What a rollup counts: clicks by what became of them at the redirect, sales by the state of
    their commission, and what a sale says of each partner with a click before it."""

    CLICK_TOOK = "click_took"
    CLICK_STOOD_DOWN = "click_stood_down"
    CLICK_NOT_PARTNER = "click_not_partner"
    CLICK_BOT = "click_bot"
    CLICK_PREFETCH = "click_prefetch"
    CLICK_HEAD = "click_head"
    CLICK_STUFFED = "click_stuffed"
    CLICK_INVALID_SIGNATURE = "click_invalid_signature"
    CLICK_NO_CONSENT = "click_no_consent"
    CLICK_REPEAT = "click_repeat"
    CLICK_ADVERTISER_CLOSED = "click_advertiser_closed"

    SALE_PENDING = "sale_pending"
    SALE_APPROVED = "sale_approved"
    SALE_FINAL = "sale_final"
    SALE_DECLINED = "sale_declined"
    SALE_UNVERIFIED = "sale_unverified"
    SALE_ON_HOLD = "sale_on_hold"
    SALE_CONFLICT = "sale_conflict"
    SALE_CONFLICT_UNPAID = "sale_conflict_unpaid"
    SALE_NOBODY = "sale_nobody"

    TOUCHED = "touched"
    AFTER_OTHER = "after_other"
    TAKEN_OVER = "taken_over"
    STOOD_DOWN_SALE = "stood_down_sale"
    PROTECTED = "protected"
    LEFT_TO_OTHERS = "left_to_others"
