"""Shoppers of the seeded life: browsers without a network.

They bring and keep cookies as a browser does; what a click does and what a sale earns is the
product's own doing.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from uuid_utils.compat import uuid7

from network.clock import to_ms
from network.demo.story.catalogue import MACHINE_MINOR, PRICES, item_of, machine
from network.demo.story.stories import OLD_PAGES, Follow
from network.money import plain
from tracking.clicks import cookies
from tracking.clicks.cookies import Jar
from tracking.clicks.keys import KEYS
from tracking.clicks.redirect import visit
from tracking.clicks.snapshot import AdvertiserSnapshot
from tracking.clicks.visits import visit_by_link
from tracking.conversions.recording import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import InvalidReport, SaleFields, Terms, as_sent, read_fields
from tracking.evidence.joining import Role
from tracking.evidence.signing import Signature
from tracking.landings.arriving import arrive
from tracking.rule.consent import Consent
from tracking.spool.intake import Record

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Mobile Safari/604.1",
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BY_LINK = {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_DEST": "document"}
IN_PAGE = {"HTTP_SEC_FETCH_MODE": "cors", "HTTP_SEC_FETCH_DEST": "empty"}
AS_PICTURE = {"HTTP_SEC_FETCH_MODE": "no-cors", "HTTP_SEC_FETCH_DEST": "image"}
AHEAD = {**BY_LINK, "HTTP_SEC_PURPOSE": "prefetch"}
ELSEWHERE = "https://other-shop.example/basket"
REFERENCES = ("review", "newsletter", "sidebar", "guide", "top-10", "")
BLOCKED = 12
"""Every so many shoppers block the question whether their click is fresh."""
HANDED_ROUND = 97
"""Every so many shoppers send the address of the shop's page on at once, to two others."""
FOLLOWED_BY_A_PROGRAM = 67
"""Every so many shoppers of the voucher site come while a program follows its links."""
VOUCHER_PARTNERS_CODE = "VALE10"
PROGRAM, ITS_CLICKS = 7_300_019, 30


@dataclass(frozen=True, slots=True)
class Basket:
    """What somebody orders, in minor units; ``machine`` is the part in the group ``MACHINES``."""

    amount_minor: int
    machine_minor: int = 0
    items: Sequence[dict[str, object]] = ()


class Browser:
    """One shopper's browser, at one advertiser."""

    def __init__(self, number: int, shop: AdvertiserSnapshot, signing_key: str = "") -> None:
        """With a ``signing_key`` the shop's server signs what its pages report."""
        self._shop, self._signing_key = shop, signing_key
        self._random = Random(number)  # noqa: S311 - a story, no secret
        self._number = number
        self._jar: dict[str, tuple[str, int | None]] = {}
        self._ordered: SaleReport | None = None
        self._landing = ""
        self._planted = ""

    def follow(self, move: Follow, at: datetime) -> Record:
        """Visit the publisher's link, keep the cookies, give what goes into the spool."""
        link = {
            "to": ELSEWHERE if move.by == "elsewhere" else None,
            "ref": self._random.choice(REFERENCES),
            "consent": "0" if move.by == "no_consent" else self._answer,
        }
        request = visit_by_link(
            move.publisher,
            urlencode({name: value for name, value in link.items() if value is not None}),
            headers=self._headers(move),
            cookies=self._cookies(to_ms(at)),
            address=f"198.51.{self._number // 250 % 250}.{self._number % 250 + 1}",
            in_page=move.in_page,
        )
        answer = visit(request, self._shop, KEYS, to_ms(at))
        if answer.write:
            self._keep(answer.write, to_ms(at))
            self._landing = "" if move.in_page else answer.token
        return answer.record

    def land(self, at: datetime) -> list[Record]:
        """The tag's question about the link that was followed last; what goes into the spool."""
        token, self._landing = self._landing, ""
        if not token or self._number % BLOCKED == 0:
            return []
        browsers = 3 if self._number % HANDED_ROUND == 0 else 1
        moments = [to_ms(at) + number * 60_000 for number in range(browsers)]
        return [arrive(token, self._shop.id, 0, KEYS, moment).record for moment in moments]

    def plant(self, other: "Browser") -> None:
        """Keep the click that the other browser has followed, as a script in the page can."""
        self._planted = other._landing

    def close(self) -> None:
        """End the browser session: cookies without an end of their own go."""
        self._jar = {name: held for name, held in self._jar.items() if held[1] is not None}

    def buy(
        self,
        order: str,
        source: str,
        at: datetime,
        *,
        voucher: bool,
        comma: bool,
        listed: bool = False,
    ) -> SaleReport:
        """Order something; the report is what the shop's page sends from this browser. With
        ``comma`` the page writes the amount as it is read in Germany, and the report is refused;
        with ``listed`` it says what was bought, too."""
        basket = self._basket()
        fields = {"order": order, **self._fields(basket)}
        if listed:
            fields["items"] = json.dumps(basket.items)
        if comma:
            fields["amount"] = fields["amount"].replace(".", ",")
        if voucher:
            fields["voucher"] = VOUCHER_PARTNERS_CODE
        fields["customer"] = self._random.choice(("new", "returning", ""))
        report = self._report(fields, source, at)
        self._ordered = report if report.sale else None
        return report

    def confirm(self, source: str, at: datetime) -> SaleReport | None:
        """The order, reported once more; from the shop's server no browser speaks. None when this
        browser has ordered nothing."""
        if self._ordered is None:
            return None
        told = replace(self._ordered, id=_id(at), received_at=at, at=at, source=source)
        if source != "keyed":
            return told
        return replace(
            told,
            tokens=tuple((Role.SERVER, token) for _, token in told.tokens[:1]),
            sessions=(),
            from_browser=False,
            session_by_cookie=False,
            signature=None,
        )

    def contradict(self, at: datetime) -> SaleReport | None:
        """The order, reported once more with another amount."""
        told = self.confirm("pixel", at)
        if told is None or told.sale is None:
            return None
        fields = {"order": told.order, **self._fields(self._basket())}
        sale = replace(told.sale, figures=self._read(fields).figures)
        return replace(told, sale=sale, signature=self._signature(fields))

    def claim(self, other: "Browser", at: datetime) -> SaleReport | None:
        """This browser reports the other's order as its own."""
        told = other.confirm("pixel", at)
        if told is None:
            return None
        return self._with_evidence(told)

    def test(self, amount: str, at: datetime) -> SaleReport:
        """A report of a test order, by the tag; its amount may be one that cannot be read."""
        fields = {"order": f"TEST-{self._number}", "amount": amount, "test": "1"}
        return self._report(fields, "tag", at)

    def _headers(self, move: Follow) -> Mapping[str, str]:
        fetch = {"image": AS_PICTURE, "prefetch": AHEAD}.get(move.by, BY_LINK)
        agent = CRAWLER if move.by == "bot" else USER_AGENTS[self._number % 3]
        if move.in_page:
            fetch = {**IN_PAGE, "HTTP_ORIGIN": self._origin}
        return {**fetch, "HTTP_USER_AGENT": agent}

    @property
    def _answer(self) -> str | None:
        """Where the shop asks, a shopper has agreed on the publisher's page already."""
        return "1" if self._shop.consent_default is Consent.ASK else None

    @property
    def _origin(self) -> str:
        """What a browser says of a script in the shop's page."""
        page = urlsplit(self._shop.landing_url)
        return f"{page.scheme}://{page.netloc}"

    def _basket(self) -> Basket:
        currency = self._shop.currency
        prices = self._random.choices(PRICES[currency], k=self._random.choice((1, 1, 2, 3)))
        amount = sum(prices)
        items = [item_of(price, number, currency) for price, number in Counter(prices).items()]
        if "MACHINES" in self._shop.groups and self._random.random() < 0.06:
            return Basket(amount + MACHINE_MINOR, MACHINE_MINOR, [*items, machine()])
        return Basket(amount, items=items)

    def _fields(self, basket: Basket) -> dict[str, str]:
        currency = self._shop.currency
        fields = {"amount": plain(basket.amount_minor, currency)}
        if basket.machine_minor:
            rest = plain(basket.amount_minor - basket.machine_minor, currency)
            fields["parts"] = f"DEFAULT:{rest}|MACHINES:{plain(basket.machine_minor, currency)}"
        return fields

    def _report(self, fields: Mapping[str, str], source: str, at: datetime) -> SaleReport:
        report = SaleReport(
            id=_id(at),
            advertiser=self._shop.id,
            source=source,
            received_at=at,
            at=at,
            sale=None,
            order=fields["order"],
            signature=self._signature(fields),
        )
        try:
            report = replace(report, sale=self._read(fields))
        except InvalidReport as invalid:
            report = replace(report, errors=invalid.errors, sent=as_sent(fields))
        return self._with_evidence(report)

    def _signature(self, fields: Mapping[str, str]) -> Signature | None:
        """Some of the shop's pages are too old to bring one."""
        if not self._signing_key or self._number % OLD_PAGES == 0:
            return None
        text = "|".join(fields.get(name, "") for name in signing.SIGNED_FIELDS)
        return Signature(text, signing.sign(text, self._signing_key))

    def _read(self, fields: Mapping[str, str]) -> SaleFields:
        return read_fields(fields, Terms(self._shop.currency, self._shop.groups))

    def _with_evidence(self, report: SaleReport) -> SaleReport:
        """The report with what this browser brings along with it."""
        at = to_ms(report.at)
        brought = cookies.read(self._cookies(at), Jar(self._shop.id), KEYS, at)
        planted = [(Role.HARD, self._planted)] if self._planted else []
        return replace(
            report,
            tokens=(*((Role(role), token) for role, token in brought.tokens.items()), *planted),
            sessions=(brought.slots.session,) if brought.slots.session else (),
            from_browser=brought.any,
            session_by_cookie=brought.any,
            is_unanswered=brought.any and self._number % BLOCKED == 0,
        )

    def _cookies(self, now_ms: int) -> dict[str, str]:
        return {
            name: value
            for name, (value, ends_at) in self._jar.items()
            if ends_at is None or ends_at > now_ms
        }

    def _keep(self, write: cookies.ToWrite, now_ms: int) -> None:
        for cookie in cookies.set_by(write):
            ends_at = None if cookie.max_age is None else now_ms + cookie.max_age * 1000
            self._jar[cookie.name] = (cookie.value, ends_at)


def clicks_of_a_program(shop: AdvertiserSnapshot, publisher: int, at: datetime) -> Iterator[Record]:
    """One click a second, without cookies, that never land."""
    for number in range(ITS_CLICKS):
        browser = Browser(PROGRAM, shop)
        yield browser.follow(Follow(publisher), at + timedelta(seconds=number))


def _id(at: datetime) -> UUID:
    return uuid7(nanoseconds=to_ms(at) * 1_000_000)
