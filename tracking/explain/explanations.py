"""Why a sale was credited as it was: a stored decision, explained to staff or to a publisher."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from msgspec.structs import replace

from network import dates, money
from network.clock import from_ms
from network.models import Advertiser
from publishers.models import Publisher
from tracking.commissions import decisions
from tracking.commissions.settling import UNPAID, commission_of
from tracking.commissions.states import ShownState, StateFacts, shown, status_of
from tracking.conversions import deciding
from tracking.explain import rivals
from tracking.explain.captions import CAPTIONS, in_zone
from tracking.explain.picture import DrawnClick, draw
from tracking.explain.references import references_of
from tracking.explain.sentences import (
    COOKIE_TYPES,
    VERDICT_LABELS,
    Decided,
    Names,
    final_on,
    verdict_sentence,
    why,
    window,
)
from tracking.explain.shapes import Picture
from tracking.lifecycle.closing import ends_at
from tracking.models import Commission, Conversion, Decision, Report
from tracking.rule.attribution import CookieType, Judged, Sale


@dataclass(frozen=True, slots=True)
class Headline:
    """What the sale was, who is credited for it, and the state of that in a few words each."""

    sale: str
    paid: str
    standing: Sequence[str]

    def __str__(self) -> str:
        return f"{self.sale} {' · '.join((self.paid, *self.standing))}"


@dataclass(frozen=True, slots=True)
class ClickDescription:
    """One click of the journey, in words; ``references`` are the publisher's own."""

    id: UUID
    at: datetime
    partner: str
    publisher: int
    cookie_type: str
    window: str
    label: str
    sentence: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    headline: Headline
    why: str
    clicks: Sequence[ClickDescription]
    picture: Picture


def explain(conversion: Conversion) -> Explanation:
    """For staff and operators: everything, by name. The conversion must have been decided."""
    decision = _decision(conversion)
    decided = decided_by(decision)
    publishers = {judged.click.publisher for judged in decided.verdicts}
    names = names_for_staff(publishers)
    return Explanation(
        headline=headline(conversion, decided, names),
        why=why(decided, names),
        clicks=[told_click(judged, names) for judged in decided.verdicts],
        picture=picture(decided.verdicts, decisions.sale_of(decision), names),
    )


def picture(verdicts: Sequence[Judged], sale: Sale, names: Names, key: str = "journey") -> Picture:
    """The journey as a picture, in the reader's zone; ``key`` where a page has several. When a
    rival took a publisher's cookie is not to be read off it."""
    drawn = [
        DrawnClick(
            _without_rival(judged, names),
            capfirst(names.of(judged.click)),
            str(VERDICT_LABELS[judged.verdict]),
            verdict_sentence(judged, names),
        )
        for judged in verdicts
    ]
    return draw(drawn, sale, in_zone(timezone.get_current_timezone()), CAPTIONS, key=key)


def explain_to_publisher(commission: Commission, now: datetime) -> Explanation:
    """For the commission's publisher: its own clicks only, and rivals without their names."""
    conversion = commission.conversion
    decided = decided_by(_decision(conversion))
    own = [item for item in decided.verdicts if item.click.publisher == commission.publisher_id]
    names = names_for_publisher(decided, conversion.advertiser_id, commission.publisher_id, now)
    references = references_of({conversion.advertiser_id}, [item.click for item in own])
    return Explanation(
        headline=headline(conversion, decided, names),
        why=why(decided, names),
        clicks=[told_click(item, names, references.get(str(item.click.id), {})) for item in own],
        picture=picture(own, decisions.sale_of(_decision(conversion)), names),
    )


@dataclass(frozen=True, slots=True)
class TestDescription:
    """What a report of a test would have ended in; ``paid`` is empty for nobody."""

    paid: str
    cookie_type: str
    why: str


def explain_test(report: Report) -> TestDescription:
    """For staff: who would be paid if the test were a sale."""
    outcome = deciding.resolve_test(report)
    decided = Decided(outcome.verdicts, outcome.closes_by)
    names = names_for_staff({judged.click.publisher for judged in outcome.verdicts})
    paid = outcome.paid
    return TestDescription(
        paid=names.of(paid) if paid else "",
        cookie_type=paid.cookie_type.value if paid else "",
        why=why(decided, names),
    )


def decided_by(decision: Decision) -> Decided:
    """The decision as it is told."""
    verdicts = decisions.judged_clicks(decision)
    closing = (item.click for item in verdicts if item.click.id == decision.closes_by_click)
    return Decided(
        verdicts,
        next(closing, None),
        decision.inputs["conflict"],
        decision.inputs.get("uncounted", ""),
    )


def names_for_staff(publishers: Collection[int]) -> Names:
    return Names(dict(Publisher.objects.filter(pk__in=publishers).values_list("pk", "name")))


def names_for_publisher(decided: Decided, advertiser: int, own: int, now: datetime) -> Names:
    """Rivals without their names."""
    known = rivals.model_types([advertiser], own, now)
    clicks = [item.click for item in decided.verdicts]
    return rivals.names(clicks, known.get(advertiser, {}), own)


def headline(conversion: Conversion, decided: Decided, names: Names) -> Headline:
    """The first line about a sale."""
    amount = money.display(conversion.amount_minor, conversion.currency)
    sale = _("Order %(order)s · %(amount)s · %(at)s.") % {
        "order": conversion.order,
        "amount": amount,
        "at": dates.zoned(conversion.at),
    }
    commission = commission_of(conversion)
    closing = _closing(conversion, decided, names)
    if commission is None or commission.decline_reason in UNPAID:
        return Headline(sale, _unpaid(conversion), (closing,))
    earned = money.display(commission.amount_minor, commission.currency)
    kind = str(COOKIE_TYPES[CookieType(commission.cookie_type)])
    standing = [part for part in (kind, earned, _standing(commission), closing) if part]
    return Headline(sale, _credited(commission, names), standing)


def _credited(commission: Commission, names: Names) -> str:
    """Who is paid, or would have been had the commission not been declined."""
    declined = commission.status == Commission.Status.DECLINED
    if names.own == commission.publisher_id:
        return _("Not credited to you") if declined else _("Credited to you")
    text = _("Not credited to %(partner)s") if declined else _("Credited to %(partner)s")
    return text % {"partner": commission.publisher}


def state_of(commission: Commission) -> ShownState:
    """The state as every page shows it."""
    return _shown(commission.conversion, commission)


def final_text(commission: Commission) -> str:
    """When the commission was closed or will become final, or what it waits for."""
    if commission.closed_at:
        return dates.moment(commission.closed_at)
    conversion, shop = commission.conversion, commission.advertiser
    if conversion.conflict:
        return _in_conflict(conversion, shop)
    if conversion.over_limit:
        return _("When the advertiser has approved it")
    if not conversion.verified:
        return _unverified(conversion, shop)
    return dates.moment(commission.closes_at)


def _in_conflict(conversion: Conversion, shop: Advertiser) -> str:
    until = conversion.settled_by_time_at(shop)
    if until is None:
        return _("When the conflict is settled")
    text = _("When the conflict is settled, or the earlier report decides on %(until)s")
    return text % {"until": dates.day(until)}


def _unverified(conversion: Conversion, shop: Advertiser) -> str:
    until = conversion.confirmable_until(shop)
    if until is None:
        return _("When the advertiser confirms it")
    return _("When the advertiser confirms it, until %(until)s") % {"until": dates.day(until)}


def state_of_sale(conversion: Conversion) -> ShownState:
    """The state of a sale, whether somebody earned a commission or nobody."""
    return _shown(conversion, commission_of(conversion))


def _shown(conversion: Conversion, commission: Commission | None) -> ShownState:
    closing = commission or conversion
    facts = StateFacts(
        status=status_of(commission),
        in_conflict=bool(conversion.conflict) and closing.closed_at is None,
        verified=conversion.verified,
        over_limit=conversion.over_limit,
    )
    return shown(
        facts,
        closes_at=closing.closes_at,
        closed_at=closing.closed_at,
        reason=commission.declined_because if commission else "",
    )


def _decision(conversion: Conversion) -> Decision:
    assert conversion.decision is not None
    return conversion.decision


def told_click(
    judged: Judged, names: Names, references: Mapping[str, str] | None = None
) -> ClickDescription:
    """The click in words, for who reads by these names."""
    click = judged.click
    return ClickDescription(
        id=click.id,
        at=from_ms(click.at),
        partner=names.of(click),
        publisher=click.publisher,
        cookie_type=click.cookie_type.value,
        window=window(click),
        label=str(VERDICT_LABELS[judged.verdict]),
        sentence=verdict_sentence(judged, names),
        references=references or {},
    )


def _without_rival(judged: Judged, names: Names) -> Judged:
    told = judged.by is None or names.may_know_times_of(judged.by)
    return judged if told else replace(judged, by=None)


def _unpaid(conversion: Conversion) -> str:
    if conversion.conflict == Conversion.Conflict.JOURNEYS:
        return _("Nobody is paid yet")
    return _("Nobody is paid")


def _standing(commission: Commission) -> str:
    conversion = commission.conversion
    if commission.status == Commission.Status.DECLINED:
        reason = commission.declined_because.removesuffix(".")
        return _("declined: %(reason)s") % {"reason": reason}
    in_question = conversion.conflict or conversion.over_limit or not conversion.verified
    waits = conversion.closed_at or in_question
    return "" if waits else commission.get_status_display().lower()


def _is_declined(commission: Commission | None) -> bool:
    """By staff or with its publisher's suspension, whatever the evidence says."""
    if commission is None or commission.status != Commission.Status.DECLINED:
        return False
    return commission.decline_reason not in UNPAID


def _closing(conversion: Conversion, decided: Decided, names: Names) -> str:
    """How the first line ends: since when it is closed, or what it waits for."""
    commission = commission_of(conversion)
    if conversion.closed_at:
        is_final = commission is not None and commission.status == Commission.Status.FINAL
        text = _("final since %(at)s") if is_final else _("closed on %(at)s")
        return text % {"at": dates.moment(conversion.closed_at)}
    if conversion.conflict:
        return _("in conflict until the advertiser settles it")
    assert conversion.closes_at is not None
    is_declined = _is_declined(commission)
    if commission and not is_declined and conversion.over_limit:
        return _("on hold until the advertiser approves it")
    if commission and not is_declined and not conversion.verified:
        return _("unverified until the advertiser confirms it")
    closes = ends_at(conversion)
    if is_declined or closes != conversion.closes_at:
        return _("to be closed on %(at)s") % {"at": dates.moment(closes)}
    return final_on(conversion.closes_at, decided.closes_by, names)
