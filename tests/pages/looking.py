"""Looking at a page as its readers do: at three widths, in light and dark, by eye and by axe."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request
from playwright.sync_api import Page as Tab

from network.demo.pages import places
from network.local.bootstrap import ROOT
from tests.pages.stage import Page, Site

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = {1440: 900, 768: 1024, 390: 844}
"""Of the window, each with its height."""
AXE_WIDTHS = (1440, 390)
TALLEST = 5_000
"""Where a picture ends."""
PICTURES = os.environ.get("PICTURES", "")
"""The folder that pictures are written into; none are without it."""
AXE = (ROOT / "tests" / "browser" / "axe" / "axe.min.js").read_text()
RUN_AXE = """async (rules) => {
    const only = rules && {runOnly: {type: 'rule', values: rules}};
    const found = await axe.run(document, {resultTypes: ['violations'], ...only});
    return found.violations
        .filter((each) => ['serious', 'critical'].includes(each.impact))
        .map((each) => `${each.id}: ${each.help}\\n` + each.nodes.slice(0, 5).map((node) =>
            `      ${node.target.join(' ')}  ${node.any.map((any) => any.message).join('; ')}`
        ).join('\\n'));
}"""
LISTEN = """document.addEventListener('securitypolicyviolation', (event) => {
    (window.violations ||= []).push(
        `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});"""
SETTLED = """async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@dataclass
class Look:
    """A page in a tab, and what was wrong with it so far."""

    tab: Tab
    page: Page
    name: str
    theme: Theme
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, found: list[str]) -> None:
        self.wrong += [f"{self.theme}: {what}: {each}" for each in dict.fromkeys(found)]

    def at(self, width: int) -> None:
        self.tab.set_viewport_size({"width": width, "height": WIDTHS[width]})
        self.tab.evaluate(SETTLED)
        if self.tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide = self.tab.evaluate("document.documentElement.scrollWidth")
            self.note(f"at {width}", [f"the page is {wide} wide and scrolls sideways"])
        if width in AXE_WIDTHS:
            self.note(f"axe at {width}", self._axe())
        if PICTURES:
            self._picture(width)

    def _axe(self) -> list[str]:
        """Everything in light; in dark, what colours change."""
        rules = None if self.theme == "light" else ["color-contrast", "link-in-text-block"]
        found: list[str] = self.tab.evaluate(RUN_AXE, rules)
        return found

    def _picture(self, width: int) -> None:
        path = Path(PICTURES) / f"{re.sub(r'[^a-z]+', '-', self.name)}-{width}-{self.theme}.png"
        height = self.tab.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
        self.tab.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


def look(browser: Browser, site: Site, name: str, theme: Theme) -> list[str]:
    """Open the page, look at it from all sides, and return what is wrong with it."""
    page = site.pages[name]
    with _opened(browser, site, page, theme) as context:
        tab = context.new_page()
        seen = Look(tab, page, name, theme)
        loose: list[str] = []
        tab.on("console", lambda message: loose.extend(_error(message, page)))
        tab.on("pageerror", lambda error: loose.append(str(error)))
        tab.on("request", lambda request: loose.extend(_elsewhere(request, page)))
        answer = tab.goto(page.address)
        assert answer
        assert answer.status == page.status, f"{page.address}: {answer.status}"
        assert tab.url.partition("#")[0] == page.address, f"led on to {tab.url}"
        tab.evaluate(AXE)
        for width in WIDTHS:
            seen.at(width)
        seen.note("console", loose)
        seen.note("policy", tab.evaluate("window.violations || []"))
    return seen.wrong


@contextmanager
def _opened(browser: Browser, site: Site, page: Page, theme: Theme) -> Iterator[BrowserContext]:
    width, height = next(iter(WIDTHS.items()))
    context = browser.new_context(
        color_scheme=theme,
        reduced_motion="reduce",
        viewport={"width": width, "height": height},
    )
    context.add_init_script(LISTEN)
    if page.who:
        cookie: Any = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": site.sessions[page.who],
            "url": settings.SITE_URL,
        }
        context.add_cookies([cookie])
    yield context
    context.close()


def _error(message: ConsoleMessage, page: Page) -> list[str]:
    """What a page complains about; that it is itself not found or not allowed is no complaint."""
    own = page.status != 200 and f"status of {page.status}" in message.text
    return [message.text] if message.type in ("error", "warning") and not own else []


def _elsewhere(request: Request, page: Page) -> list[str]:
    """A request that leaves the page's host; the demo's pages are on several, as a shop's are."""
    host, own = urlsplit(request.url).hostname, {urlsplit(page.address).hostname}
    if own <= set(settings.DEMO_HOSTS):
        own |= {*settings.DEMO_HOSTS, settings.TRACKING_HOST, places.SHOP_TRACKING}
    local = request.url.startswith(("data:", "blob:"))
    return [] if host in own or local else [f"leaves the host: {request.url}"]
