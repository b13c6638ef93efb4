"""Generated traffic, lived through the product: the same shoppers at one advertiser or another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from uuid_utils.compat import uuid7

from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import NAVIGATION, in_page_of, known_network
from tracking.clicks import cookies
from tracking.clicks import redirect as clicks
from tracking.clicks.cookies import Jar
from tracking.clicks.keys import KEYS
from tracking.clicks.visits import Visit
from tracking.conversions.recording import SaleReport
from tracking.evidence.fields import Terms, read_fields
from tracking.evidence.joining import Role
from tracking.lifecycle import finalisation
from tracking.spool import intake

GAPS = (
    timedelta(milliseconds=700),
    timedelta(minutes=1),
    timedelta(minutes=7),
    timedelta(minutes=20),
    timedelta(hours=3),
    timedelta(hours=11),
    timedelta(hours=30),
    timedelta(days=6),
    timedelta(days=25),
)
MOVES = (*["follow"] * 5, *["close"] * 3, *["buy"] * 3, "buy_by_server", "again")
AMOUNTS = ("49.90", "0.07", "13.37", "1234.56", "8.99")
SHOPPERS = 40
FINALISE_EVERY = timedelta(days=3)
QUICKLY = timedelta(milliseconds=600)


@dataclass(frozen=True)
class Move:
    """What a shopper does; ``publisher`` is a name. ``again`` is the last order, once more;
    ``activate`` is from the page."""

    at: datetime
    shopper: int
    what: str
    publisher: str
    amount: str


def traffic(
    seed: int, names: Sequence[str], since: datetime, until: datetime, acting: str = ""
) -> list[Move]:
    """What the shoppers do in ``[since, until)``, in order of time. ``acting`` acts from the page
    most of the time, and its link often follows at once; the shop's server then keeps no click
    ids."""
    moves = (
        move for number in range(SHOPPERS) for move in _life(seed, number, names, (since, until))
    )
    if acting:
        moves = (other for move in moves for other in _from_page(seed, move, acting))
    return sorted(moves, key=lambda move: (move.at, move.shopper))


def _from_page(seed: int, move: Move, acting: str) -> Iterator[Move]:
    random = Random(f"{seed} {move.at}")
    if move.what == "buy_by_server":
        yield replace(move, what="buy")
    elif move.what != "follow" or move.publisher != acting or random.random() < 0.2:
        yield move
    else:
        yield replace(move, what="activate")
        if random.random() < 0.6:
            yield replace(move, at=move.at + QUICKLY)


def _life(
    seed: int, number: int, names: Sequence[str], period: tuple[datetime, datetime]
) -> Iterator[Move]:
    random, (since, until) = Random(f"{seed} {number}"), period
    met = random.sample(names, random.randint(1, len(names)))
    at = since + (until - since) * random.random() * 0.6
    for _ in range(random.randint(3, 12)):
        if at >= until:
            return
        what, name = random.choice(MOVES), random.choice(met)
        yield Move(at, number, what, name, random.choice(AMOUNTS))
        at += random.choice(GAPS) * random.uniform(0.8, 1.2)


@dataclass
class Browser:
    """A browser that drops cookies when they end, and what the shop's server keeps for it."""

    jar: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    last_token: str = ""
    orders: int = 0
    last_amount: str = ""

    def cookies(self, now: int) -> dict[str, str]:
        return {
            name: value for name, (value, ends) in self.jar.items() if ends is None or ends > now
        }

    def keep(self, answer: clicks.Answer, now: int) -> None:
        self.last_token = answer.token or self.last_token
        for cookie in cookies.set_by(answer.write) if answer.write else ():
            ends_at = None if cookie.max_age is None else now + cookie.max_age * 1000
            self.jar[cookie.name] = (cookie.value, ends_at)

    def close(self) -> None:
        self.jar = {name: held for name, held in self.jar.items() if held[1] is not None}


class Life:
    """Takes moves at one advertiser; what is due is closed now and then. What came in between is
    taken in together then, as a drain does it that has fallen behind."""

    def __init__(self, shop: Advertiser, partners: Mapping[str, Partnership]) -> None:
        self.shop = shop
        self.publishers = {name: row.publisher_id for name, row in partners.items()}
        self.browsers: dict[int, Browser] = {}
        self.waiting: list[intake.Record] = []
        self.unknown: list[Move] = []
        """Activations refused outside of a browser session that a click had begun."""

    def live(self, moves: Sequence[Move]) -> None:
        """Take these moves, by the policy that is known when they begin."""
        self.terms = known_network().advertisers[self.shop.id]
        finalised_at = moves[0].at
        for move in moves:
            if move.at >= finalised_at + FINALISE_EVERY:
                finalised_at = move.at
                self.close_due(move.at)
            self._take(move, self.browsers.setdefault(move.shopper, Browser()))
        self._take_in(moves[-1].at)

    def close_due(self, at: datetime) -> None:
        self._take_in(at)
        finalisation.finalise_due(at, [self.shop.id])

    def _take(self, move: Move, browser: Browser) -> None:
        if move.what in ("follow", "activate"):
            self._follow(move, browser)
        elif move.what == "close":
            browser.close()
        elif move.what != "again" or browser.orders:
            if move.what != "again":
                browser.orders += 1
                browser.last_amount = move.amount
            self.waiting.append(intake.report_record(self._report(move, browser)))

    def _follow(self, move: Move, browser: Browser) -> None:
        now = to_ms(move.at)
        in_page = move.what == "activate"
        visit = Visit(
            publisher=self.publishers[move.publisher],
            cookies=browser.cookies(now),
            headers=in_page_of(self.terms.landing_url) if in_page else NAVIGATION,
            in_page=in_page,
        )
        answer = clicks.visit(visit, self.terms, KEYS, now)
        browser.keep(answer, now)
        self.waiting.append(answer.record)
        kept = answer.record
        if kept["reason"] == "stuffed" and not (kept["journey"] and kept["session"]):
            self.unknown.append(move)

    def _report(self, move: Move, browser: Browser) -> SaleReport:
        """By the tag, with the browser's cookies; or by a server that keeps the last click's id."""
        now, order = to_ms(move.at), f"{move.shopper}-{browser.orders}"
        brought = cookies.read(browser.cookies(now), Jar(self.shop.id), KEYS, now)
        by_server = move.what == "buy_by_server"
        tokens = {"server": browser.last_token} if by_server else brought.tokens
        fields = {"order": order, "amount": browser.last_amount}
        return SaleReport(
            id=uuid7(nanoseconds=now * 1_000_000),
            advertiser=self.shop.id,
            source="server" if by_server else "tag",
            received_at=move.at,
            at=move.at,
            sale=read_fields(fields, Terms(self.terms.currency, self.terms.groups)),
            tokens=tuple((Role(role), text) for role, text in tokens.items() if text),
            sessions=(brought.slots.session,) if brought.slots.session and not by_server else (),
            from_browser=brought.any and not by_server,
            order=order,
        )

    def _take_in(self, at: datetime) -> None:
        if self.waiting:
            with transaction.atomic():
                intake.store(self.waiting, at)
            self.waiting.clear()
