"""Shoppers who follow links and buy, and what was acknowledged to them."""

import http.client
import math
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from network.bench.browsers import HEADERS
from tracking.clicks.keys import KEYS
from tracking.rule import tokens

ANSWER_WITHIN_SECONDS = 10.0
PAUSE_SECONDS = 0.05
"""Of each shopper: what is tried is what goes wrong, not how fast it goes."""
BUYERS = 0.4
REPEATED = 0.3
"""Of the reports: shoppers open a page of thanks again."""


@dataclass(frozen=True, slots=True)
class SoakedPartner:
    publisher: int
    is_hard: bool


@dataclass(frozen=True, slots=True)
class SoakedShop:
    """An advertiser with its partners."""

    advertiser: int
    partners: tuple[SoakedPartner, ...]


@dataclass(slots=True)
class Journey:
    """What one shopper did: the tokens of acknowledged clicks with their partners, and the order.
    ``doubtful`` where something was not answered: whether it counts, nobody outside knows."""

    shop: SoakedShop
    clicks: list[tuple[str, SoakedPartner]] = field(default_factory=list)
    order: str = ""
    amount_minor: int = 0
    is_acknowledged: bool = False
    is_doubtful: bool = False

    @property
    def credited(self) -> int | None:
        """The publisher whom the rule must credit: within one session the last hard click, or else
        the first soft one (docs/attribution.md)."""
        hard = [partner for _, partner in self.clicks if partner.is_hard]
        if hard:
            return hard[-1].publisher
        return self.clicks[0][1].publisher if self.clicks else None


@dataclass(slots=True)
class Diary:
    """All that shoppers saw. ``wrong`` are answers that no shopper may get."""

    journeys: list[Journey] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unanswered: int = 0
    answered_at: float = field(default_factory=time.monotonic)
    silence: float = 0.0
    """The longest time in which nobody was answered, in seconds."""
    waits: list[tuple[float, float]] = field(default_factory=list)
    """Of each click, when it was asked for (monotonic) and how many seconds its answer took;
    infinity where none came."""

    @property
    def clicks(self) -> int:
        return sum(len(journey.clicks) for journey in list(self.journeys))

    @property
    def orders(self) -> int:
        return sum(journey.is_acknowledged for journey in list(self.journeys))

    def waits_within(self, spans: Sequence[tuple[float, float]]) -> list[float]:
        """How long the clicks took that were asked for within these spans of time, in order."""
        return sorted(
            seconds
            for asked, seconds in self.waits
            if any(begin <= asked < end for begin, end in spans)
        )

    def note_answer(self) -> None:
        now = time.monotonic()
        self.silence, self.answered_at = max(self.silence, now - self.answered_at), now


class Unanswered(Exception):
    """The connection broke before the answer was there."""


@dataclass(slots=True)
class Shopper:
    """One after another, each with a browser of its own, until it is over."""

    address: tuple[str, int]
    host: str
    shops: tuple[SoakedShop, ...]
    name: str
    chance: random.Random
    diary: Diary

    def shop_until(self, is_over: threading.Event) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            self._visit(f"{self.name}-{number}")
            time.sleep(PAUSE_SECONDS)

    def _visit(self, order: str) -> None:
        shop = self.chance.choice(self.shops)
        journey = Journey(shop)
        self.diary.journeys.append(journey)
        jar: dict[str, str] = {}
        followed = self.chance.randint(1, len(shop.partners))
        for partner in self.chance.sample(shop.partners, followed):
            try:
                self._click(journey, partner, jar)
            except Unanswered:
                self._doubt(journey)
        if self.chance.random() < BUYERS:
            self._buy(journey, order, jar)

    def _click(self, journey: Journey, partner: SoakedPartner, jar: dict[str, str]) -> None:
        path = f"/t/{journey.shop.advertiser}/c/{partner.publisher}"
        asked = time.monotonic()
        try:
            response = self._get(path, jar)
        except Unanswered:
            self.diary.waits.append((asked, math.inf))
            raise
        self.diary.waits.append((asked, time.monotonic() - asked))
        target = response.headers.get("Location", "")
        token = parse_qs(urlsplit(target).query).get("sclk", [""])[0]
        if response.status != 302 or not token:
            self.diary.wrong.append(f"{path} was answered {response.status} {target}")
            journey.is_doubtful = True
            return
        journey.clicks.append((token, partner))

    def _buy(self, journey: Journey, order: str, jar: dict[str, str]) -> None:
        journey.order, journey.amount_minor = order, self.chance.randint(100, 100_000)
        amount = f"{journey.amount_minor // 100}.{journey.amount_minor % 100:02}"
        query = {"order": order, "amount": amount}
        if journey.clicks:
            query["click"] = journey.clicks[-1][0]
        path = f"/t/{journey.shop.advertiser}/pixel.gif?{urlencode(query)}"
        for _ in range(1 + (self.chance.random() < REPEATED)):
            try:
                response = self._get(path, jar)
            except Unanswered:
                self._doubt(journey)
                continue
            if response.status != 200 or response.headers.get("X-Softclick-Error"):
                said = response.headers.get("X-Softclick-Error", "")
                self.diary.wrong.append(f"{path} was answered {response.status} {said}")
            else:
                journey.is_acknowledged = True

    def _doubt(self, journey: Journey) -> None:
        journey.is_doubtful = True
        self.diary.unanswered += 1

    def _get(self, path: str, jar: dict[str, str]) -> http.client.HTTPResponse:
        """Ask on a connection of its own, with the cookies, and keep those of the answer."""
        caller = http.client.HTTPConnection(*self.address, timeout=ANSWER_WITHIN_SECONDS)
        headers = {**HEADERS, "Host": self.host, "Connection": "close"}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        try:
            caller.request("GET", path, headers=headers)
            response = caller.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered from error
        finally:
            caller.close()
        self.diary.note_answer()
        _keep(jar, response.headers)
        return response


def _keep(jar: dict[str, str], headers: http.client.HTTPMessage) -> None:
    for text in headers.get_all("Set-Cookie") or ():
        for name, cookie in SimpleCookie(text).items():
            if cookie["max-age"] == "0":
                jar.pop(name, None)
            else:
                jar[name] = cookie.value


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is in PostgreSQL afterwards: how many rows each click has, and for each (advertiser,
    order) whom it credits and for how much."""

    clicks: Mapping[UUID, int]
    sales: Mapping[tuple[int, str], tuple[int | None, int]]
    """Publisher, or None where nobody is credited; amount in minor units."""


def differences(diary: Diary, recorded: Recorded) -> Iterator[str]:
    """Where the records are not what the shoppers saw, in a line each."""
    yield from diary.wrong
    for journey in diary.journeys:
        for token, _ in journey.clicks:
            found = recorded.clicks.get(tokens.decode(token, KEYS).click.id, 0)
            if found != 1:
                yield f"The click {token} was acknowledged and is recorded {found} times."
        if journey.is_acknowledged:
            yield from _of_sale(journey, recorded)


def _of_sale(journey: Journey, recorded: Recorded) -> Iterator[str]:
    advertiser = journey.shop.advertiser
    found = recorded.sales.get((advertiser, journey.order))
    sale = f"The order {journey.order} of advertiser {advertiser}"
    if found is None:
        if journey.clicks:  # one without a click is counted only
            yield f"{sale} was acknowledged and is not recorded."
        return
    publisher, amount = found
    if amount != journey.amount_minor:
        yield f"{sale} is recorded with {amount}, not {journey.amount_minor}."
    if publisher != journey.credited and not journey.is_doubtful:
        yield f"{sale} is credited to {publisher}, not {journey.credited}."
