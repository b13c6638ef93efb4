"""Every page, in Chromium: nothing serious for axe, no sideways scrolling, no error in the console,
nothing that its policy forbids, nothing from elsewhere. With ``PICTURES=folder``, as ``.ci/run
pictures`` has it, each is also pictured at three widths, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import ThirdPartyCookies
from tests.network.people.test_access import RULES, urls_of
from tests.pages.looking import WIDTHS, Readers, Theme, look
from tests.pages.stage import NO_PAGES, OTHER_PAGES, URLCONF, Site, site_pages
from tests.pages.words import wrong_in_marked_pages

pytestmark = pytest.mark.django_db
Browsers = Callable[[ThirdPartyCookies], Browser]
OPENED_IN_THE_DARK = (
    "admin:index",
    "admin:tracking_conversion_change",
    "dashboard",
    "account_login",
    "demo-shop",
)
"""One of each frame and of each way to draw. The others are opened in light, and turn dark."""


@pytest.fixture(scope="module")
def readers(site: Site) -> Readers:
    """Who looks at the pages; their tabs go with the browser."""
    return Readers(site)


@pytest.mark.parametrize("name", [*site_pages(), *OTHER_PAGES])
def test_a_page_is_sound(readers: Readers, shared_browser: Browsers, name: str) -> None:
    wrong = look(shared_browser("blocked"), readers, name)
    assert not wrong, "\n".join([readers.site.pages[name].address, *wrong])


@pytest.mark.parametrize("name", OPENED_IN_THE_DARK)
def test_a_page_is_sound_when_it_is_opened_in_the_dark(
    readers: Readers, shared_browser: Browsers, name: str
) -> None:
    dark: list[tuple[Theme, int]] = [("dark", width) for width in WIDTHS]
    wrong = look(shared_browser("blocked"), readers, name, ["dark"], dark)
    assert not wrong, "\n".join([readers.site.pages[name].address, *wrong])


def test_marked_pages_are_whole_and_fit_in_a_longer_language(
    readers: Readers, shared_browser: Browsers
) -> None:
    wrong = wrong_in_marked_pages(shared_browser("blocked"), readers)
    assert not wrong, "\n".join(wrong)


def test_every_staged_page_is_looked_at(site: Site) -> None:
    assert set(site.pages) == {*site_pages(), *OTHER_PAGES}


def test_every_page_of_the_site_is_looked_at() -> None:
    readable = {key for key, rule in RULES.items() if rule.read and rule.answer == 200}
    histories = {key for key in readable if key.endswith("_history")}
    looked_at = set(site_pages())
    assert readable - looked_at - histories == set(NO_PAGES)
    assert looked_at <= {url.key for url in urls_of(URLCONF)}
    assert len(looked_at & histories) == 1
    assert len(looked_at) > 50
