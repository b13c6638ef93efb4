"""A notice in words: on the publisher's page and in its mails. Nothing internal goes in here:
no names of staff, no notes, no evidence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from network import dates
from network.models import AttributionTerms
from network.wording import Unit, counted
from publishers.cookie_types.words import explanation
from publishers.models import (
    CookieTypeChoice,
    ModelType,
    Notice,
    PartnershipTerms,
    Publisher,
)

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of what follows."""
KEEPS_TYPE = "Clicks already made keep their type and their claims."
KEEPS_TERMS = "Clicks already made stay on the terms that held when they were made."
Status = PartnershipTerms.Status

_STATUSES: Mapping[str, tuple[str, str]] = {
    Status.APPLIED: ("Waiting for a decision", "Clicks count from the approval on."),
    Status.APPROVED: ("Approved", "Clicks from then on count."),
    Status.DECLINED: (
        "Declined",
        "Clicks do not count. Ask the operators of your network if you want to apply again.",
    ),
    Status.ENDED: ("Ended", "New clicks do not count."),
    Status.SUSPENDED: (
        "Suspended",
        "Clicks do not count. Commissions that are still open are declined, and so are those that "
        "earlier clicks bring meanwhile. Ask the operators of your network why.",
    ),
}
_TERMS: Mapping[str, str] = {
    "soft_rule": "Soft click against soft click",
    "hard_days": "Cookie period of a hard click",
    "soft_hours": "Longest life of a soft cookie",
    "validation_days": "Validation period",
    "notice_days": "Notice before a hard partner becomes soft",
}
_UNITS: Mapping[str, Unit] = {"soft_hours": "hour"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A notice in words: what, from when; what that means; what stays as it is."""

    title: str
    meaning: Sequence[str]
    stays: str


@dataclass(frozen=True, slots=True)
class MailText:
    subject: str
    text: str


def words(notice: Notice) -> Words:
    """Times are in the zone that is active."""
    made = {
        Notice.Event.COOKIE_TYPE: _cookie_type,
        Notice.Event.PARTNERSHIP: _partnership,
        Notice.Event.TERMS: _terms,
    }
    return made[Notice.Event(notice.event)](notice)


def mail_text(publisher: Publisher, notices: Sequence[Notice]) -> MailText:
    """One mail for notices that were made together; times are in the zone that is active."""
    parts = [
        f"{one_line(publisher.name)} (publisher {publisher.pk}): a message about your programmes.",
        *(_part(notice) for notice in notices),
        f"All notices: {page_address(publisher)}",
        f"Times are in {dates.zone_name()}.",
    ]
    return MailText(_subject(publisher, notices), "\n\n".join(parts) + "\n")


def one_line(text: str) -> str:
    """As part of a header or a line: nothing in it can begin another."""
    return " ".join(_UNFIT.sub(" ", text).split())


def page_address(publisher: Publisher) -> str:
    return f"{settings.SITE_URL}{reverse('notices', args=[publisher.pk])}"


def decider(notice: Notice) -> str:
    """``the advertiser`` or ``the network``."""
    return str(Notice.Decider(notice.decided_by).label).lower()


def source_words(value: Mapping[str, Any]) -> str:
    """Where a cookie type comes from."""
    if value["source"] == "own":
        return "a decision about you"
    whose = "the advertiser's" if value["source"] == "advertiser" else "the network's"
    return f"{whose} default for the model type {ModelType(value['model_type']).label}"


def _subject(publisher: Publisher, notices: Sequence[Notice]) -> str:
    shops = {notice.advertiser_id: one_line(notice.advertiser.name) for notice in notices}
    if len(notices) == 1:
        return f"{shops[notices[0].advertiser_id]}: {words(notices[0]).title}"
    where = next(iter(shops.values())) if len(shops) == 1 else f"{len(shops)} programmes"
    return f"{where}: {len(notices)} changes for {one_line(publisher.name)}"


def _part(notice: Notice) -> str:
    told = words(notice)
    reason = one_line(notice.reason)
    said = [f"Why: {reason}"] if reason else []
    stays = [told.stays] if told.stays else []
    lines = [
        f"{one_line(notice.advertiser.name)}: {told.title}.",
        *said,
        f"Decided by: {decider(notice)}.",
        "",
        *told.meaning,
        *stays,
    ]
    return "\n".join(lines)


def _cookie_type(notice: Notice) -> Words:
    before, after = notice.facts["from"], notice.facts["to"]
    at = dates.zoned(notice.takes_effect_at)
    old, new = (_label(value["type"]) for value in (before, after))
    holds, is_first = after, notice.facts.get("first", False)
    if notice.facts["cancelled"]:
        holds = before
        title = f"You stay {old}; the change to {new} on {at} is cancelled"
    elif is_first:
        title = f"Your clicks are {new} from {at}"
    elif old == new:
        title = f"Still {new}; from {at} by {source_words(after)}"
    else:
        title = f"Your clicks are {new} from {at}, {old} until then"
    terms = notice.facts["terms"]
    meaning = explanation(
        holds["type"],
        soft_rule=terms["soft_rule"],
        hard_days=terms["hard_days"],
        soft_hours=terms["soft_hours"],
    )
    return Words(title=title, meaning=(meaning,), stays="" if is_first else KEEPS_TYPE)


def _partnership(notice: Notice) -> Words:
    before, after = notice.facts["from"], notice.facts["to"]
    at = dates.zoned(notice.takes_effect_at)
    if notice.facts["cancelled"]:
        was = "; ".join(title for title, _ in _partnership_changes(before, after))
        status, meaning = _STATUSES[before["status"]]
        title = f"Cancelled: {was}, announced for {at}"
        return Words(title=title, meaning=(f"It stays: {status}. {meaning}",), stays=KEEPS_TYPE)
    changes = list(_partnership_changes(before, after))
    keeps_nothing = before["status"] in (None, Status.APPLIED) or (
        after["status"] in (Status.DECLINED, Status.SUSPENDED)
    )
    stays = "" if keeps_nothing else KEEPS_TYPE
    title = f"{'; '.join(title for title, _ in changes)}, from {at}"
    return Words(title=title, meaning=[meaning for _, meaning in changes], stays=stays)


def _partnership_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if before["status"] != after["status"]:
        yield _STATUSES[after["status"]]
    if before["in_page"] != after["in_page"]:
        yield (
            ("Activation from the page is on", "While you are soft, you may activate in the page.")
            if after["in_page"]
            else ("Activation from the page is off", "Activations without a click do not count.")
        )
    if before["strictly_necessary"] != after["strictly_necessary"]:
        yield (
            ("Your cookie counts as strictly necessary", "Your clicks count without consent.")
            if after["strictly_necessary"]
            else ("Your cookie needs consent", "Your clicks count with the shopper's consent only.")
        )


def _terms(notice: Notice) -> Words:
    before, after = notice.facts["from"], notice.facts["to"]
    at = dates.zoned(notice.takes_effect_at)
    changed = [name for name in _TERMS if before.get(name) != after.get(name)]
    if notice.facts["cancelled"]:
        meaning = [f"{_TERMS[name]}: {_term(name, before)} stays." for name in changed]
        title = f"The new terms of {at} are cancelled"
    else:
        meaning = [
            f"{_TERMS[name]}: {_term(name, after)}; so far {_term(name, before)}."
            for name in changed
        ]
        title = f"New terms from {at}"
    return Words(title=title, meaning=meaning, stays=KEEPS_TERMS)


def _term(name: str, value: Mapping[str, Any]) -> str:
    given = value.get(name)
    if name == "soft_rule":
        return str(AttributionTerms.SoftRule(given).label).lower() if given else "not set"
    return counted(int(given or 0), _UNITS.get(name, "day"))


def _label(cookie_type: str) -> str:
    return str(CookieTypeChoice(cookie_type).label).lower()
