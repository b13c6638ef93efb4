"""Requests as browsers send them: new visitors, and returning ones with the cookies they got."""

import http.client
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from network.bench import BARE_HOST

HEADERS = {
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="142", "Not?A_Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Windows"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "*/*;q=0.8",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Referer": "https://blog.example/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
}
NEW, RETURNING = 210, 30
"""Requests without cookies, and with those of each of three kinds of returning browsers: 70 % are
new to the advertiser, 30 % bring slots."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where to ask, and for what: an advertiser with a publisher that tracks hard and one that
    tracks soft."""

    address: tuple[str, int]
    host: str
    advertiser: int
    hard: int
    soft: int


@dataclass(slots=True)
class Clicks:
    """Requests for links, made from the answers of ``site``; ``made`` counts the clicks that this
    took."""

    site: Site
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    made: int = 0

    def requests(self) -> list[bytes]:
        """The requests, shuffled. Those of returning browsers must not be sent within the same
        second: a repeat is answered otherwise."""
        every = [*self._new(), *self._returning()]
        self.chance.shuffle(every)
        return every

    def token(self) -> str:
        """Follow a link as a new browser, and return the token that the shop gets."""
        answer = self._follow(self.site.hard)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["sclk"][0]

    def _new(self) -> Iterator[bytes]:
        for _ in range(NEW):
            yield self._request(self.chance.choice((self.site.hard,) * 4 + (self.site.soft,)), {})

    def _returning(self) -> Iterator[bytes]:
        """Browsers on which a hard click is met by a hard and by a soft one, or a soft one by a
        hard one."""
        site = self.site
        for first, then in ((site.hard, site.hard), (site.hard, site.soft), (site.soft, site.hard)):
            for _ in range(RETURNING):
                yield self._request(then, self._cookies_after(first))

    def _request(self, publisher: int, cookies: Mapping[str, str]) -> bytes:
        return get(self.site.host, self._link(publisher), cookies)

    def _link(self, publisher: int) -> str:
        """Half of the links lead to a product, half to the landing page; most carry references."""
        link = f"/t/{self.site.advertiser}/c/{publisher}?ref=post-{self.chance.randrange(10_000)}"
        if self.chance.random() < 0.5:
            number = self.chance.randrange(10_000)
            link += f"&to=https%3A%2F%2Fwww.shop.example%2Fp%2F{number}%3Fcolour%3Dgreen"
        return link + ("&campaign=autumn" if self.chance.random() < 0.3 else "")

    def _cookies_after(self, publisher: int) -> dict[str, str]:
        """What a browser that has followed a link would bring the next time."""
        jar: SimpleCookie = SimpleCookie()
        for text in self._follow(publisher).headers.get_all("Set-Cookie") or ():
            jar.load(text)
        return {name: cookie.value for name, cookie in jar.items() if cookie["max-age"] != "0"}

    def _follow(self, publisher: int) -> http.client.HTTPResponse:
        caller = http.client.HTTPConnection(*self.site.address, timeout=10)
        caller.request("GET", self._link(publisher), headers={**HEADERS, "Host": self.site.host})
        response = caller.getresponse()
        self.made += 1
        caller.close()
        return response


def get(host: str, path: str, cookies: Mapping[str, str]) -> bytes:
    """A GET request as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={text}" for name, text in cookies.items()))
    return "\r\n".join([*lines, "", ""]).encode()


def bare_requests() -> list[bytes]:
    """The same browsers, asking for the view that does nothing."""
    return [get(BARE_HOST, "/bare", {})]
