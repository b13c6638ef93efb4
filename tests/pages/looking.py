"""Looking at a page as its readers do: at three widths, in light and dark, by eye and by axe."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
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
from tests.browser.chromium import WITHIN_MS
from tests.pages.stage import Page, Site

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = {1440: 900, 768: 1024, 390: 844}
"""Of the window, each with its height."""
AXE_AT: frozenset[tuple[Theme, int]] = frozenset({("light", 1440), ("dark", 390)})
"""What axe reads of every page: each theme once, and the widest and the narrowest once."""
TALLEST = 5_000
"""Where a picture ends."""
PICTURES = os.environ.get("PICTURES", "")
"""The folder that pictures are written into; none are without it."""
AXE = (ROOT / "tests" / "browser" / "axe" / "axe.min.js").read_text()
RUN_AXE = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
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
TURN_ADMIN = """async () => {
    const frame = window.Alpine && Alpine.$data(document.documentElement);
    if (frame?.adminTheme !== 'auto') return;
    frame.adminTheme = 'light';
    await Alpine.nextTick();
    frame.adminTheme = 'auto';
    await Alpine.nextTick();
}"""
"""The admin's frame asks for the system's theme when it is loaded and when its own is changed."""
COLOURS = """() => [document.body, document.documentElement].map(getComputedStyle)
    .map((style) => `${style.color} on ${style.backgroundColor}`).join(', ')"""
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
    axe_at: Collection[tuple[Theme, int]] = AXE_AT
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, found: list[str]) -> None:
        self.wrong += [f"{self.theme}: {what}: {each}" for each in dict.fromkeys(found)]

    def turn(self, theme: Theme) -> None:
        """As if the reader's system changed to that theme."""
        self.theme = theme
        self.tab.emulate_media(color_scheme=theme)
        self.tab.evaluate(TURN_ADMIN)

    def at(self, width: int) -> None:
        self.tab.set_viewport_size({"width": width, "height": WIDTHS[width]})
        self.tab.evaluate(SETTLED)
        if self.tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide = self.tab.evaluate("document.documentElement.scrollWidth")
            self.note(f"at {width}", [f"the page is {wide} wide and scrolls sideways"])
        if (self.theme, width) in self.axe_at:
            self.note(f"axe at {width}", self.tab.evaluate(RUN_AXE))
        if PICTURES:
            self._picture(width)

    def _picture(self, width: int) -> None:
        path = Path(PICTURES) / f"{re.sub(r'[^a-z]+', '-', self.name)}-{width}-{self.theme}.png"
        height = self.tab.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
        self.tab.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


@dataclass
class Readers:
    """A browser context for everybody who is signed in, used again for each of their pages; one of
    its own for every page that is for nobody in particular, since shops remember their visitors."""

    site: Site
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    @contextmanager
    def tab(self, browser: Browser, page: Page, theme: Theme) -> Iterator[Tab]:
        context = self.contexts.get(page.who)
        if context is None or context.browser is not browser:
            context = self._context(browser, page.who)
            if page.who:
                self.contexts[page.who] = context
        tab = context.new_page()
        tab.emulate_media(color_scheme=theme)
        yield tab
        if page.who:
            tab.close()
        else:
            context.close()

    def _context(self, browser: Browser, who: str) -> BrowserContext:
        width, height = next(iter(WIDTHS.items()))
        context = browser.new_context(
            reduced_motion="reduce", viewport={"width": width, "height": height}
        )
        context.set_default_timeout(WITHIN_MS)
        context.add_init_script(LISTEN)
        if who:
            cookie: Any = {
                "name": settings.SESSION_COOKIE_NAME,
                "value": self.site.sessions[who],
                "url": settings.SITE_URL,
            }
            context.add_cookies([cookie])
        return context


def look(
    browser: Browser,
    readers: Readers,
    name: str,
    themes: Sequence[Theme] = THEMES,
    axe_at: Collection[tuple[Theme, int]] = AXE_AT,
) -> list[str]:
    """Open the page in the first theme, look at it from all sides, then turn it into the next one,
    and return what is wrong with it."""
    page = readers.site.pages[name]
    with readers.tab(browser, page, themes[0]) as tab:
        seen = Look(tab, page, name, themes[0], axe_at)
        loose: list[str] = []
        tab.on("console", lambda message: loose.extend(_error(message, page)))
        tab.on("pageerror", lambda error: loose.append(str(error)))
        tab.on("request", lambda request: loose.extend(_elsewhere(request, page)))
        answer = tab.goto(page.address)
        assert answer
        assert answer.status == page.status, f"{page.address}: {answer.status}"
        assert tab.url.partition("#")[0] == page.address, f"led on to {tab.url}"
        tab.evaluate(AXE)
        colours = set()
        for theme in themes:
            if theme != seen.theme:
                seen.turn(theme)
            for width in WIDTHS:
                seen.at(width)
            colours.add(tab.evaluate(COLOURS))
        seen.note("console", loose)
        seen.note("policy", tab.evaluate("window.violations || []"))
        if len(colours) < len(themes):
            seen.note("colours", [f"{colours} in both themes"])
    return seen.wrong


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
