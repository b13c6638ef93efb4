"""A notice in words: on the publisher's page and in its mails. Nothing internal goes in here:
no names of staff, no notes, no evidence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import dates, money
from network.models import AttributionTerms
from network.names import one_line
from network.wording import Unit, counted, some_of
from publishers.cookie_types.words import explanation
from publishers.models import (
    CookieTypeChoice,
    ModelType,
    Notice,
    PartnershipTerms,
    Publisher,
)

KEEPS_TYPE = gettext_lazy("Clicks already made keep their type and their claims.")
KEEPS_TERMS = gettext_lazy("Clicks already made stay on the terms that held when they were made.")
Status = PartnershipTerms.Status
PROGRAMME_CLOSED, PUBLISHER_CLOSED = "programme_closed", "publisher_closed"
"""In place of a partnership's status, while its advertiser or its publisher is closed."""

_STATUSES: Mapping[str, Promise] = {
    Status.APPLIED: gettext_lazy("Waiting for a decision"),
    Status.APPROVED: gettext_lazy("Approved"),
    Status.DECLINED: gettext_lazy("Declined"),
    Status.ENDED: gettext_lazy("Ended"),
    Status.SUSPENDED: gettext_lazy("Suspended"),
    PROGRAMME_CLOSED: gettext_lazy("The programme is closed"),
    PUBLISHER_CLOSED: gettext_lazy("This publisher id is closed"),
}
_MEANINGS: Mapping[str, Promise] = {
    Status.APPLIED: gettext_lazy("Your clicks count once you are approved."),
    Status.APPROVED: gettext_lazy("Your clicks count from then on."),
    Status.DECLINED: gettext_lazy(
        "Your clicks do not count. Ask the operators of your network if you want to apply again."
    ),
    Status.ENDED: gettext_lazy("New clicks do not count."),
    Status.SUSPENDED: gettext_lazy(
        "Your clicks do not count. Open commissions are declined, and so are those that earlier "
        "clicks still bring. Ask the operators of your network why."
    ),
    PROGRAMME_CLOSED: gettext_lazy(
        "New clicks do not count. What is pending becomes final when its windows have closed."
    ),
    PUBLISHER_CLOSED: gettext_lazy(
        "New clicks do not count at any programme. What is pending becomes final when its windows "
        "have closed. Ask the operators of your network why."
    ),
}
_TERMS: Mapping[str, Promise] = {
    "soft_rule": gettext_lazy("When two soft partners meet"),
    "hard_days": gettext_lazy("Cookie period of a hard click"),
    "soft_hours": gettext_lazy("Longest life of a soft cookie"),
    "validation_days": gettext_lazy("Validation period"),
    "notice_days": gettext_lazy("Notice before a hard partner becomes soft"),
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
        Notice.Event.DECLINED: _declined,
        Notice.Event.ASKED: _asked,
    }
    return made[Notice.Event(notice.event)](notice)


def mail_text(publisher: Publisher, notices: Sequence[Notice]) -> MailText:
    """One mail for notices that were made together; times are in the zone that is active."""
    parts = [
        _("%(name)s (publisher %(id)s): a message about your programmes.")
        % {"name": one_line(publisher.name), "id": publisher.pk},
        *(_part(notice) for notice in notices),
        _("All notices: %(address)s") % {"address": page_address(publisher)},
        _("Times are in %(zone)s.") % {"zone": dates.zone_name()},
    ]
    return MailText(_subject(publisher, notices), "\n\n".join(parts) + "\n")


def page_address(publisher: Publisher) -> str:
    return f"{settings.SITE_URL}{reverse('notices', args=[publisher.pk])}"


def decider(notice: Notice) -> str:
    """``the advertiser`` or ``the network``."""
    return str(Notice.Decider(notice.decided_by).label).lower()


def source_words(value: Mapping[str, Any]) -> str:
    """Where a cookie type comes from."""
    if value["source"] == "own":
        return _("a decision about you")
    kind = {"model_type": ModelType(value["model_type"]).label}
    if value["source"] == "advertiser":
        return _("the advertiser's default for the model type %(model_type)s") % kind
    return _("the network's default for the model type %(model_type)s") % kind


def _subject(publisher: Publisher, notices: Sequence[Notice]) -> str:
    shops = {notice.advertiser_id: one_line(notice.advertiser.name) for notice in notices}
    if len(notices) == 1:
        return f"{shops[notices[0].advertiser_id]}: {words(notices[0]).title}"
    told = {"publisher": one_line(publisher.name), "changes": len(notices)}
    if len(shops) == 1:
        shop = next(iter(shops.values()))
        return _("%(shop)s: %(changes)d changes for %(publisher)s") % {**told, "shop": shop}
    return _("%(shops)d programmes: %(changes)d changes for %(publisher)s") % {
        **told,
        "shops": len(shops),
    }


def _part(notice: Notice) -> str:
    told = words(notice)
    reason = one_line(notice.reason)
    said = [_("Why: %(reason)s") % {"reason": reason}] if reason else []
    stays = [told.stays] if told.stays else []
    lines = [
        f"{one_line(notice.advertiser.name)}: {told.title}",
        *said,
        _("Decided by: %(decider)s.") % {"decider": decider(notice)},
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
        title = _("You stay %(old)s; the change to %(new)s on %(at)s is cancelled")
    elif is_first:
        title = _("Your clicks are %(new)s from %(at)s")
    elif old == new:
        title = _("Still %(new)s; from %(at)s by %(source)s")
    else:
        title = _("Your clicks are %(new)s from %(at)s, %(old)s until then")
    title %= {"old": old, "new": new, "at": at, "source": source_words(after)}
    terms = notice.facts["terms"]
    meaning = explanation(
        holds["type"],
        soft_rule=terms["soft_rule"],
        hard_days=terms["hard_days"],
        soft_hours=terms["soft_hours"],
    )
    return Words(title=title, meaning=(meaning,), stays="" if is_first else str(KEEPS_TYPE))


def _partnership(notice: Notice) -> Words:
    before, after = notice.facts["from"], notice.facts["to"]
    at = dates.zoned(notice.takes_effect_at)
    if notice.facts["cancelled"]:
        was = "; ".join(change.title for change in _partnership_changes(before, after))
        title = _("Cancelled: %(changes)s, announced for %(at)s") % {"changes": was, "at": at}
        stays = _("It stays: %(status)s.") % {"status": _STATUSES[before["status"]]}
        meaning = (stays, str(_MEANINGS[before["status"]]))
        return Words(title=title, meaning=meaning, stays=str(KEEPS_TYPE))
    changes = list(_partnership_changes(before, after))
    keeps_nothing = before["status"] in (None, Status.APPLIED) or (
        after["status"] in (Status.DECLINED, Status.SUSPENDED)
    )
    title = _("%(changes)s, from %(at)s") % {
        "changes": "; ".join(change.title for change in changes),
        "at": at,
    }
    return Words(
        title=title,
        meaning=[change.meaning for change in changes],
        stays="" if keeps_nothing else str(KEEPS_TYPE),
    )


@dataclass(frozen=True, slots=True)
class _Change:
    title: str
    meaning: str


def _partnership_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator["_Change"]:
    if before["status"] != after["status"]:
        yield _Change(str(_STATUSES[after["status"]]), str(_MEANINGS[after["status"]]))
    if before["in_page"] != after["in_page"]:
        yield (
            _Change(
                _("Activation from the page is on"),
                _("While you are soft, you may activate in the page."),
            )
            if after["in_page"]
            else _Change(
                _("Activation from the page is off"),
                _("Activations without a click do not count."),
            )
        )
    if before["strictly_necessary"] != after["strictly_necessary"]:
        yield (
            _Change(
                _("Your cookie counts as strictly necessary"),
                _(
                    "It is recorded with each of your clicks. Whether a click needs consent does "
                    "not change: your link and the shop's settings decide."
                ),
            )
            if after["strictly_necessary"]
            else _Change(
                _("Your cookie no longer counts as strictly necessary"),
                _(
                    "It is recorded with each of your clicks. Whether a click needs consent does "
                    "not change: your link and the shop's settings decide."
                ),
            )
        )


def _terms(notice: Notice) -> Words:
    before, after = notice.facts["from"], notice.facts["to"]
    at = dates.zoned(notice.takes_effect_at)
    changed = [name for name in _TERMS if before.get(name) != after.get(name)]
    if notice.facts["cancelled"]:
        line, title = _("%(term)s: stays %(before)s."), _("The new terms of %(at)s are cancelled")
    else:
        line, title = _("%(term)s: %(after)s; so far %(before)s."), _("New terms from %(at)s")
    meaning = [
        line % {"term": _TERMS[name], "before": _term(name, before), "after": _term(name, after)}
        for name in changed
    ]
    if (old := _commission(notice, before)) != (new := _commission(notice, after)):
        meaning.append(line % {"term": _("Commission"), "before": old, "after": new})
    return Words(title=title % {"at": at}, meaning=meaning, stays=str(KEEPS_TERMS))


def _commission(notice: Notice, value: Mapping[str, Any]) -> str:
    """What a sale pays by these terms."""
    if value.get("percent") is not None:
        return f"{value['percent']}%"
    if value.get("fixed_minor") is None:
        return _("not set")
    fixed = money.display(value["fixed_minor"], notice.advertiser.currency)
    return _("%(amount)s per sale") % {"amount": fixed}


def _declined(notice: Notice) -> Words:
    facts = notice.facts
    title = ngettext(
        "%(number)d sale is declined: it was not confirmed in time",
        "%(number)d sales are declined: they were not confirmed in time",
        facts["number"],
    )
    earned = money.display(facts["amount_minor"], facts["currency"])
    orders = some_of([one_line(order) for order in facts["orders"]])
    meaning = (
        ngettext(
            "Your commission of %(earned)s for order %(orders)s is not paid.",
            "Your commissions of %(earned)s together, for the orders %(orders)s, are not paid.",
            facts["number"],
        )
        % {"earned": earned, "orders": orders},
        _(
            "The advertiser has to confirm a sale within %(days)s after its cookie windows have "
            "closed. One that it confirms later is pending again."
        )
        % {"days": counted(facts["confirm_days"], "day")},
    )
    return Words(title=title % {"number": facts["number"]}, meaning=meaning, stays="")


def _asked(notice: Notice) -> Words:
    return Words(
        title=_("A question about your application"),
        meaning=(
            one_line(notice.facts["question"]),
            _("Answer it on the page Programmes, under Applied. Your application goes on waiting."),
        ),
        stays="",
    )


def _term(name: str, value: Mapping[str, Any]) -> str:
    given = value.get(name)
    if name == "soft_rule":
        return str(AttributionTerms.SoftRule(given).label).lower() if given else _("not set")
    return counted(int(given or 0), _UNITS.get(name, "day"))


def _label(cookie_type: str) -> str:
    return str(CookieTypeChoice(cookie_type).label).lower()
