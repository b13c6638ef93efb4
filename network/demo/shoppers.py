"""Shoppers of the seeded life: browsers without a network.

They bring and keep cookies as a browser does; what a click does and what a sale earns is the
product's own doing.
"""

from datetime import datetime
from random import Random

from django.http import HttpResponse
from uuid_utils.compat import uuid7

from network.clock import to_ms
from network.demo.catalogue import PRODUCTS
from network.demo.stories import Follow
from network.money import plain
from tracking import clicks, cookies
from tracking.conversions import SaleReport
from tracking.evidence import Role, Terms, read_fields
from tracking.intake import Record
from tracking.keys import KEYS
from tracking.snapshot import AdvertiserSnapshot

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Mobile Safari/604.1",
)
IN_PAGE = {"HTTP_SEC_FETCH_MODE": "cors", "HTTP_SEC_FETCH_DEST": "empty"}
BY_LINK = {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_DEST": "document"}


class Browser:
    """One shopper's browser, at one advertiser."""

    def __init__(self, number: int, shop: AdvertiserSnapshot) -> None:
        self._shop = shop
        self._random = Random(number)  # noqa: S311 - a story, no secret
        self._number = number
        self._jar: dict[str, tuple[str, int | None]] = {}

    def follow(self, move: Follow, at: datetime) -> Record:
        """Visit the publisher's link, keep the cookies, give what goes into the spool."""
        headers = IN_PAGE if move.in_page else BY_LINK
        request = clicks.Visit(
            publisher=move.publisher,
            references={"ref": self._random.choice(("review", "newsletter", "sidebar", ""))},
            cookies=self._cookies(to_ms(at)),
            headers={**headers, "HTTP_USER_AGENT": USER_AGENTS[self._number % 3]},
            address=f"198.51.100.{self._number}",
            in_page=move.in_page,
        )
        answer = clicks.visit(request, self._shop, KEYS, to_ms(at))
        if answer.write:
            self._keep(answer.write, to_ms(at))
        return answer.record

    def close(self) -> None:
        """End the browser session: cookies without an end of their own go."""
        self._jar = {name: held for name, held in self._jar.items() if held[1] is not None}

    def buy(self, at: datetime) -> SaleReport:
        """Order something; the report is what the shop's tag sends from this browser."""
        brought = cookies.read(self._cookies(to_ms(at)), self._shop.id, KEYS, to_ms(at))
        order = f"{self._shop.name[0]}-{10_000 + self._number}"
        amount = sum(product.price_minor for product in self._random.sample(PRODUCTS, 2))
        fields = {"order": order, "amount": plain(amount, self._shop.currency)}
        return SaleReport(
            id=uuid7(nanoseconds=to_ms(at) * 1_000_000),
            advertiser=self._shop.id,
            source="tag",
            received_at=at,
            at=at,
            sale=read_fields(fields, Terms(self._shop.currency, self._shop.groups)),
            tokens=tuple((Role(role), token) for role, token in brought.tokens.items()),
            sessions=(brought.slots.session,) if brought.slots.session else (),
            from_browser=brought.any,
            order=order,
        )

    def _cookies(self, now_ms: int) -> dict[str, str]:
        return {
            name: value
            for name, (value, ends_at) in self._jar.items()
            if ends_at is None or ends_at > now_ms
        }

    def _keep(self, write: cookies.ToWrite, now_ms: int) -> None:
        response = HttpResponse()
        cookies.write(response, write)
        for name, morsel in response.cookies.items():
            age = morsel["max-age"]
            self._jar[name] = (morsel.value, None if age == "" else now_ms + int(age) * 1000)
