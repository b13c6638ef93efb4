"""What a person does in a browser, and what a test then looks up."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from playwright.sync_api import BrowserContext, Page

from publishers.models import Partnership
from tests.browser.hosts import ANSWERED
from tests.flows.network import wait_until
from tests.flows.sites import Sites
from tracking.models import Click, Commission, Conversion, Decision, Report, SetAside

AMOUNT = "49.90"


@dataclass(frozen=True)
class Market:
    """An advertiser that pays 8 %, for 30 days and 24 hours, with two approved partners: a blog,
    hard, and a browser extension, soft. Its own tracking host is there beside the shared one, which
    the sites use unless a test says otherwise."""

    id: int
    blog: Partnership
    extension: Partnership

    @property
    def own_host(self) -> str:
        """Its own tracking host, below the shop's domain."""
        return f"go{self.id}.shop.localhost"


def follow(page: Page, sites: Sites, partnership: Partnership) -> Click:
    """Click the publisher's link on its own page and arrive at the shop, with the tag running and
    the landing answered for. Gives the recorded click."""
    market, publisher = partnership.advertiser_id, partnership.publisher_id
    known = set(_clicks(partnership).values_list("id", flat=True))
    page.goto(sites.link_page(_host(partnership), market, publisher))
    page.click("#link")
    page.wait_for_url(f"{sites.shop(market, 'product')}**")
    page.wait_for_function("() => window.softclick && softclick.loaded")
    page.wait_for_function(ANSWERED)
    unknown = _clicks(partnership).exclude(id__in=known)
    return wait_until(lambda: unknown.first(), "the click is recorded")


def buy(page: Page, sites: Sites, market: Market, order: str) -> Conversion:
    """Buy for £49.90; the shop's tag reports it. Gives the sale when it has been decided."""
    with page.expect_request_finished(lambda request: request.url.endswith("/sale")):
        page.goto(sites.shop(market.id, "thanks", order=order, amount=AMOUNT))
    return await_sale(market, order)


def await_sale(market: Market, order: str) -> Conversion:
    sales = Conversion.objects.filter(advertiser=market.id, order=order, decision__isnull=False)
    return wait_until(lambda: sales.first(), f"the sale {order} arrives")


def await_report(market: Market, order: str) -> Report:
    reports = Report.objects.filter(advertiser=market.id, order=order)
    return wait_until(lambda: reports.first(), f"the report of {order} arrives")


def is_set_aside(market: Market) -> bool:
    """Whether a record of this advertiser could not be taken in."""
    return SetAside.objects.filter(record__contains=f'"advertiser":{market.id},').exists()


def decision_of(sale: Conversion) -> Decision:
    """The newest decision."""
    return Decision.objects.filter(conversion=sale).latest("sequence")


def verdicts(sale: Conversion) -> list[tuple[int, str]]:
    """Of each click of the journey, in order: whose it was, and what became of it."""
    decision = decision_of(sale)
    publishers = {click["id"]: click["publisher"] for click in decision.inputs["clicks"]}
    return [(publishers[item["click"]], item["verdict"]) for item in decision.verdicts]


def commission_of(sale: Conversion) -> Commission:
    return Commission.objects.get(conversion=sale)


def cookies_of(context: BrowserContext, host: str) -> dict[str, dict[str, Any]]:
    """The browser's cookies on a host by name, without their values; ``days`` until they expire,
    None for those that end with the browser session."""
    found = {}
    for cookie in context.cookies():
        if cookie["domain"].endswith(host):
            expires = cookie["expires"]
            facts = {name: cookie[name] for name in ("path", "secure", "httpOnly", "sameSite")}
            days = None if expires == -1 else round((expires - _now(context)) / 86_400, 2)
            found[cookie["name"]] = {**facts, "days": days}
    return found


def values_of(context: BrowserContext, *names: str) -> list[str | None]:
    """The values of cookies by name; None for one that is not there."""
    found = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    return [found.get(name) for name in names]


def _now(context: BrowserContext) -> float:
    return float(context.pages[0].evaluate("() => Date.now()")) / 1000


def _clicks(partnership: Partnership) -> QuerySet[Click]:
    return Click.objects.filter(
        advertiser=partnership.advertiser_id, publisher=partnership.publisher_id
    ).order_by("-id")


def _host(partnership: Partnership) -> str:
    return partnership.publisher.name.split()[0].lower()
