"""What the strip at the bottom of the shop says: this browser's slots, and who would be paid now.

Read with the product's own functions from the first-party cookies that the tag keeps, and from the
journey that they lead to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from network.advertisers.terms import terms_at
from network.clock import from_ms, to_ms
from network.models import Advertiser
from network.money import display
from publishers.models import Publisher
from tracking.clicks.cookies import parse_session
from tracking.clicks.keys import KEYS
from tracking.commissions import decisions
from tracking.commissions.settling import commission_of
from tracking.conversions.journeys import as_click
from tracking.explain import sentences
from tracking.explain.explanations import state_of
from tracking.explain.sentences import Decided, Names
from tracking.models import Click as RecordedClick
from tracking.models import Commission, Conversion, Report
from tracking.rule import attribution
from tracking.rule.attribution import Click, Judged, Outcome, Sale, SoftRule, Verdict
from tracking.rule.reasons import ReportOutcome
from tracking.rule.slots import Slots
from tracking.rule.tokens import TokenError, accept

HARD, SOFT, LAST, SESSIONS = "_sch", "_scs", "_scl", "_scn"
"""The tag's cookies on the shop; the soft slot and the sessions end with the browser session."""
WAITING, ARRIVED = "_scu", "_scv"
TOKENS = {"hard": HARD, "soft": SOFT, "last": LAST}
COOKIES = (HARD, SOFT, LAST, SESSIONS, WAITING, ARRIVED)
SESSION_COOKIES = (SOFT, SESSIONS, ARRIVED)
LOOKED = "demo_looked"
"""The order whose sale was looked at in the admin, from this browser's guide."""


@dataclass(frozen=True, slots=True)
class FirstParty:
    """What the shop's cookies hold. ``sessions`` are those of this run of the browser;
    ``foreign`` is True when a token is not of this network, as after a fresh start of the demo."""

    slots: Slots
    sessions: frozenset[int]
    foreign: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of this browser, in words."""

    cookie: str
    name: str
    partner: str
    cookie_type: str
    since: datetime
    until: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """A click of this browser's journey, and what would become of it if the sale were now."""

    at: datetime
    partner: str
    cookie_type: str
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order's state: who is paid what, why, and when that is final. Empty texts: nobody, or not
    yet."""

    number: str
    why: str = ""
    partner: str = ""
    cookie_type: str = ""
    amount: str = ""
    state: str = ""
    final: str = ""
    is_known: bool = False
    is_waiting: bool = False
    """Kept, for a click that may still come: the shop's server or its signature confirmed it."""
    is_final: bool = False


def read(cookies: Mapping[str, str], advertiser: int, now: datetime) -> FirstParty:
    """The slots in the shop's own cookies."""
    found: dict[str, Click] = {}
    foreign = False
    for role, name in TOKENS.items():
        if text := cookies.get(name):
            try:
                found[role] = accept(text, KEYS, advertiser, to_ms(now)).click
            except TokenError:
                foreign = True
    ids = [parse_session(text) for text in cookies.get(SESSIONS, "").split(".")]
    sessions = frozenset(session for session in ids if session)
    return FirstParty(Slots(**found, session=max(ids)), sessions, foreign)


def outcome_now(brought: FirstParty, advertiser: Advertiser, now: datetime) -> Outcome:
    """Who would be paid, and why, if this browser's order came now."""
    presented = {click.id: click for click in brought.slots.clicks}
    journeys = {click.journey for click in presented.values()}
    rows = RecordedClick.objects.filter(advertiser=advertiser, journey__in=sorted(journeys))
    recorded = {row.id: as_click(row) for row in rows}
    terms = terms_at(advertiser, now)
    sale = Sale(at=to_ms(now), sessions=brought.sessions, soft_rule=SoftRule(terms.soft_rule))
    return attribution.resolve({**presented, **recorded}.values(), sale)


def slots_of(brought: FirstParty, names: Names, now: datetime) -> list[Slot]:
    """What is in the cookies, in words."""
    slots = brought.slots
    return [
        Slot(
            cookie=TOKENS[role],
            name=name,
            partner=names.of(click),
            cookie_type=click.cookie_type.value,
            since=from_ms(click.at),
            until=from_ms(click.closes_at),
            state=_state_of(role, click, brought, now),
        )
        for role, name, click in (
            ("hard", gettext("hard slot"), slots.hard),
            ("soft", gettext("soft slot"), slots.soft),
            ("last", gettext("last click"), slots.last),
        )
        if click
    ]


def lines_of(outcome: Outcome, names: Names) -> list[Line]:
    return [_line(judged, names) for judged in outcome.verdicts]


def order_number_of(outcome: Outcome, advertiser: Advertiser) -> str:
    """The newest order of this browser's journey; empty when it has none."""
    journeys = sorted({judged.click.journey for judged in outcome.verdicts})
    joined = Conversion.objects.filter(advertiser=advertiser, journeys__journey__in=journeys)
    return joined.order_by("-at", "-id").values_list("order", flat=True).first() or ""


def order_of(number: str, advertiser: Advertiser) -> Order:
    """What has become of an order by now."""
    conversion = Conversion.objects.filter(advertiser=advertiser, order=number).first()
    if conversion is None or conversion.decision is None:
        waiting = Report.objects.filter(
            advertiser=advertiser, order=number, outcome=ReportOutcome.WAITING
        )
        return Order(number, is_waiting=waiting.exists())
    decision = conversion.decision
    judged = decisions.judged_clicks(decision)
    names = names_of(item.click for item in judged)
    closes_by = next((i.click for i in judged if i.click.id == decision.closes_by_click), None)
    why = sentences.why(Decided(judged, closes_by, conversion.conflict), names)
    commission = commission_of(conversion)
    if commission is None:
        return Order(number, why, is_known=True, is_final=conversion.closed_at is not None)
    closed = commission.closed_at is not None
    declined = commission.status == Commission.Status.DECLINED
    waits = not closed and not declined
    return Order(
        number=number,
        why=why,
        partner=names.by_id.get(commission.publisher_id, ""),
        cookie_type=commission.cookie_type,
        amount=display(commission.amount_minor, commission.currency),
        state=str(state_of(commission)).removesuffix("."),
        is_known=True,
        is_final=closed,
        final=sentences.final_on(commission.closes_at, closes_by, names) if waits else "",
    )


def names_of(clicks: Iterable[Click]) -> Names:
    wanted = {click.publisher for click in clicks}
    return Names(dict(Publisher.objects.filter(id__in=wanted).values_list("id", "name")))


def _state_of(role: str, click: Click, brought: FirstParty, now: datetime) -> str:
    if role == "last":
        return gettext("leads to the journey")
    if not click.window_contains(to_ms(now)):
        return gettext("expired")
    ended = click.is_soft and click.session not in brought.sessions
    return gettext("session ended") if ended else gettext("live")


def _line(judged: Judged, names: Names) -> Line:
    click = judged.click
    text = sentences.verdict_sentence(judged, names)
    if judged.verdict is Verdict.HELD:
        text = gettext("Holds the cookie: an order now would be credited to it.")
    return Line(from_ms(click.at), names.of(click), click.cookie_type.value, judged.verdict, text)
