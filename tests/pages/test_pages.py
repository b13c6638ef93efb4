"""Every page, in Chromium: nothing serious for axe, no sideways scrolling, no error in the console,
nothing that its policy forbids, nothing from elsewhere. With ``PICTURES=folder``, as ``.ci/run
pictures`` has it, each is also pictured at three widths, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import ThirdPartyCookies
from tests.network.people.test_access import RULES, urls_of
from tests.pages.looking import THEMES, look
from tests.pages.stage import NO_PAGES, OTHER_PAGES, URLCONF, Site, site_pages

pytestmark = pytest.mark.django_db
Browsers = Callable[[ThirdPartyCookies], Browser]


@pytest.mark.parametrize("name", [*site_pages(), *OTHER_PAGES])
def test_a_page_is_sound(site: Site, shared_browser: Browsers, name: str) -> None:
    browser = shared_browser("blocked")
    wrong = [each for theme in THEMES for each in look(browser, site, name, theme)]
    assert not wrong, "\n".join([site.pages[name].address, *wrong])


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
