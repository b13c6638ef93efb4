"""Orders that are reported several times, hours and weeks apart, by all who may report them; lived
through the product, which closes what is due before each report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from uuid_utils.compat import uuid7

from network.advertisers import signing_keys
from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Partnership
from tests.support.traffic import Browser, Life, Move
from tracking.clicks import cookies
from tracking.clicks.cookies import Jar
from tracking.clicks.keys import KEYS
from tracking.conversions import recording
from tracking.conversions.recording import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import Terms, read_fields
from tracking.evidence.joining import Role
from tracking.evidence.signing import Signature
from tracking.landings.arriving import arrive
from tracking.lifecycle import overdue
from tracking.spool import intake

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEFORE = (MINUTE, 20 * MINUTE, 3 * HOUR, 30 * HOUR)
AFTER = (2 * HOUR, 11 * HOUR, 30 * HOUR, 3 * DAY, 8 * DAY, 26 * DAY)
FIRST = (*["tag"] * 4, "server", "keyed", "signed", "bare")
MORE = ("tag", "pixel", "server", "keyed", "signed", "bare", "rival", "rival", "other_figures")


def orders(
    seed: int, names: Sequence[str], period: tuple[datetime, datetime], number: int
) -> list[Move]:
    """What so many shoppers do, each with a browser and one order, in order of time."""
    moves = [move for one in range(number) for move in _order(seed, one, names, period)]
    in_time = (move for move in moves if move.at < period[1])
    return sorted(in_time, key=lambda move: (move.at, move.shopper))


def _order(
    seed: int, number: int, names: Sequence[str], period: tuple[datetime, datetime]
) -> Iterator[Move]:
    random, (since, until) = Random(f"{seed} {number}"), period
    at = since + (until - since) * random.random() * 0.5
    kinds = [*["follow"] * random.randint(1, 3), *["close"] * random.randint(0, 1)]
    for kind in kinds:
        yield Move(at, number, kind, random.choice(names), "")
        at += random.choice(BEFORE) * random.uniform(0.9, 1.1)
    if random.random() < 0.3:
        yield Move(at, number, "stale", random.choice(names), "")
    amount = random.choice(("50.00", "13.37"))
    yield Move(at, number, random.choice(FIRST), "", amount)
    for _ in range(random.randint(1, 3)):
        at += random.choice(AFTER) * random.uniform(0.9, 1.1)
        if random.random() < 0.3:
            yield Move(at - MINUTE, number, random.choice(("close", "follow")), names[0], "")
        yield Move(at, number, random.choice(MORE), "", amount)


@dataclass(frozen=True)
class Sent:
    """How a kind of report is made: from where, by whose browser, and with what."""

    source: str = "tag"
    amount: str = ""
    with_token: bool = True
    is_signed: bool = False


KINDS = {
    "tag": Sent(),
    "pixel": Sent("pixel"),
    "rival": Sent("pixel"),
    "bare": Sent("pixel", "1.00", with_token=False),
    "signed": Sent(is_signed=True),
    "server": Sent("server"),
    "keyed": Sent("keyed"),
    "other_figures": Sent("keyed", "70.00"),
}


class LateLife(Life):
    """Takes moves at one advertiser; what is due is closed, and what has waited too long is ended,
    before each report. No browser is open for longer than a day: the tokens of soft slots, which
    other worlds may not have, would outlive the journey."""

    def __init__(self, shop: Advertiser, partners: Mapping[str, Partnership]) -> None:
        super().__init__(shop, partners)
        self.opened: dict[int, datetime] = {}
        self.key = signing_keys.make(shop, shop.created_at, made_by=None)

    def close_due(self, at: datetime) -> None:
        self._take_in(at)
        overdue.end_waiting(at, [self.shop.id])
        super().close_due(at)

    def _take(self, move: Move, browser: Browser) -> None:
        if move.what == "follow":
            self.opened[move.shopper] = move.at
        for shopper, opened in self.opened.items():
            if move.at > opened + DAY:
                self.browsers[shopper].close()
        if move.what in KINDS:
            self.close_due(move.at)
            recording.record(self._sent(move, KINDS[move.what]), KEYS, move.at)
        elif move.what == "stale":
            self._land(move)
        else:
            super()._take(move, browser)

    def _sent(self, move: Move, kind: Sent) -> SaleReport:
        number = self._rival(move) if move.what == "rival" else move.shopper
        browser, now = self.browsers[number], to_ms(move.at)
        fields = {"order": f"order-{move.shopper}", "amount": kind.amount or move.amount}
        report = SaleReport(
            id=uuid7(nanoseconds=now * 1_000_000),
            advertiser=self.shop.id,
            source=kind.source,
            received_at=move.at,
            at=move.at,
            sale=read_fields(fields, Terms(self.terms.currency, self.terms.groups)),
            order=fields["order"],
            signature=self._signature(fields) if kind.is_signed else None,
        )
        if not kind.with_token:
            return report
        if kind.source in ("server", "keyed"):
            kept = [(Role.SERVER, browser.last_token)] if browser.last_token else []
            return replace(report, tokens=tuple(kept))
        brought = cookies.read(browser.cookies(now), Jar(self.shop.id), KEYS, now)
        return replace(
            report,
            tokens=tuple((Role(role), text) for role, text in brought.tokens.items() if text),
            sessions=(brought.slots.session,) if brought.slots.session else (),
            from_browser=brought.any,
            session_by_cookie=kind.source == "pixel",
        )

    def _rival(self, move: Move) -> int:
        """The browser that has been on a journey for longest, of those that still know theirs."""
        since = move.at - 25 * DAY
        others = {one: at for one, at in self.opened.items() if at > since and one != move.shopper}
        return min(others, key=lambda one: others[one], default=move.shopper)

    def _signature(self, fields: Mapping[str, str]) -> Signature:
        text = f"{fields['order']}|{fields['amount']}||"
        return Signature(text, signing.sign(text, self.key.secret))

    def _land(self, move: Move) -> None:
        """Somebody hands the last token round: the tag asks, and does not keep it."""
        token = self.browsers[move.shopper].last_token
        if token:
            arrival = arrive(token, self.shop.id, 0, KEYS, to_ms(move.at + HOUR))
            assert not arrival.is_fresh
            with transaction.atomic():
                intake.store([arrival.record], move.at + HOUR)
