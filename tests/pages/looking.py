"""Looking at a page as its readers do: at three widths, in light and dark, in English and in the
made-up language, by eye and by axe."""

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
from tests.pages import words
from tests.pages.fitting import misfits
from tests.pages.stage import Page, Site

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = {1440: 900, 768: 1024, 390: 844}
"""Of the window, each with its height."""
NARROW_TABLES = {1280: 800, 1024: 768}
"""Where tables have the least room: beside the sidebar, and before their rows become cards."""
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
    axe_at: Collection[tuple[Theme, int]]
    theme: Theme = "light"
    is_pseudo: bool = False
    colours: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("console", lambda message: self.note("console", _error(message, self.page)))
        self.tab.on("pageerror", lambda error: self.note("console", [str(error)]))
        self.tab.on("request", lambda request: self.note("policy", _elsewhere(request, self.page)))

    def note(self, what: str, found: list[str]) -> None:
        said = f"{self.theme}, pseudo" if self.is_pseudo else self.theme
        self.wrong += [f"{said}: {what}: {each}" for each in dict.fromkeys(found)]

    def open(self, theme: Theme, *, pseudo: bool = False) -> None:
        """As somebody does whose system has that theme."""
        self.theme, self.is_pseudo = theme, pseudo
        self.tab.emulate_media(color_scheme=theme)
        self.tab.set_extra_http_headers(words.HEADERS if pseudo else {})
        answer = self.tab.goto(self.page.address)
        assert answer
        assert answer.status == self.page.status, f"{self.page.address}: {answer.status}"
        assert self.tab.url.partition("#")[0] == self.page.address, f"led on to {self.tab.url}"
        self.colours.add(self.tab.evaluate(COLOURS))

    def turn(self, theme: Theme) -> None:
        """As if the reader's system changed to that theme."""
        self.theme = theme
        self.tab.emulate_media(color_scheme=theme)
        self.tab.evaluate(TURN_ADMIN)
        self.colours.add(self.tab.evaluate(COLOURS))

    def at_every_width(self) -> None:
        for width in WIDTHS:
            self._at(width)
        self.note("policy", self.tab.evaluate("window.violations || []"))

    def _at(self, width: int) -> None:
        self._resize(width)
        self.note(f"at {width}", misfits(self.tab))
        if (self.theme, width) in self.axe_at:
            self.note(f"axe at {width}", self.tab.evaluate(RUN_AXE))
        if PICTURES:
            self.picture(width)

    def where_tables_are_narrow(self) -> None:
        for width, height in NARROW_TABLES.items():
            self.tab.set_viewport_size({"width": width, "height": height})
            self.tab.evaluate(SETTLED)
            self.note(f"at {width}", misfits(self.tab))

    def pictures(self) -> None:
        for width in WIDTHS:
            self._resize(width)
            self.picture(width)

    def _resize(self, width: int) -> None:
        self.tab.set_viewport_size({"width": width, "height": WIDTHS[width]})
        self.tab.evaluate(SETTLED)

    def picture(self, width: int) -> None:
        look = "pseudo" if self.is_pseudo else self.theme
        path = Path(PICTURES) / f"{re.sub(r'[^a-z]+', '-', self.name)}-{width}-{look}.png"
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
    def looking_at(
        self, browser: Browser, name: str, axe_at: Collection[tuple[Theme, int]]
    ) -> Iterator[Look]:
        page = self.site.pages[name]
        context = self.contexts.get(page.who)
        if context is None or context.browser is not browser:
            context = self._context(browser, page.who)
            if page.who:
                self.contexts[page.who] = context
        tab = context.new_page()
        seen = Look(tab, page, name, axe_at)
        yield seen
        if len(seen.colours) < len(THEMES):
            seen.note("colours", [f"{seen.colours} in both themes"])
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
        context.add_init_script(AXE)
        if who:
            cookie: Any = {
                "name": settings.SESSION_COOKIE_NAME,
                "value": self.site.sessions[who],
                "url": settings.SITE_URL,
            }
            context.add_cookies([cookie])
        return context


def look(browser: Browser, readers: Readers, name: str, rows: Sequence[str]) -> list[str]:
    """What is wrong with a page: opened in light in English, and in the dark in the made-up
    language, with ``rows`` (of ``words.free_texts``) as its data."""
    with readers.looking_at(browser, name, AXE_AT) as seen:
        seen.open("light")
        seen.at_every_width()
        seen.where_tables_are_narrow()
        if PICTURES:
            seen.turn("dark")
            seen.pictures()
        seen.open("dark", pseudo=True)
        seen.note("words", words.wrong_words(seen.tab, rows))
        seen.at_every_width()
    return seen.wrong


def look_while_it_turns(browser: Browser, readers: Readers, name: str) -> list[str]:
    """What is wrong with a page that is opened in the dark and turns light."""
    with readers.looking_at(browser, name, {("dark", width) for width in WIDTHS}) as seen:
        seen.open("dark")
        seen.at_every_width()
        seen.turn("light")
        seen.at_every_width()
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
