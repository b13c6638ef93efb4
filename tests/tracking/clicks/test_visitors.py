"""What may be known of a visitor."""

import pytest
from pytest_django import Settings

from tests.support.browsing import CHROME
from tracking.clicks import visitors


@pytest.mark.parametrize(
    ("user_agent", "bot"),
    [
        (CHROME, False),
        ("", True),
        ("Googlebot/2.1", True),
        ("curl/8.5.0", True),
        ("node", True),
        ("Viber/20.0", True),
        ("Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)", True),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Mimecast", True),
        ("Mozilla/5.0 (Windows NT 10.0) ProofPoint URL Defense", True),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel)", True),
        ("Mozilla/5.0 (compatible; Teams; SkypeSpaces Preview)", True),
        ("meta-externalagent/1.1 (+https://developers.facebook.com/docs)", True),
        ("Chat/1 CFNetwork/1474 Darwin/23.0.0", True),
    ],
)
def test_which_user_agents_are_bots(user_agent: str, bot: bool) -> None:
    assert visitors.is_bot(user_agent) is bot


@pytest.mark.parametrize("counted", [True, False])
def test_a_headless_browser_counts_where_it_stands_for_a_person(
    settings: Settings, counted: bool
) -> None:
    settings.COUNT_HEADLESS_BROWSERS = counted
    assert visitors.is_bot(CHROME.replace("Chrome", "HeadlessChrome")) is not counted


@pytest.mark.parametrize(
    ("headers", "prefetch"),
    [
        ({}, False),
        ({"HTTP_SEC_PURPOSE": "prefetch"}, True),
        ({"HTTP_SEC_PURPOSE": "prefetch;prerender"}, True),
        ({"HTTP_PURPOSE": "prefetch"}, True),
        ({"HTTP_X_MOZ": "prefetch"}, True),
    ],
)
def test_what_is_a_prefetch(headers: dict[str, str], prefetch: bool) -> None:
    assert visitors.is_prefetch(headers) is prefetch


@pytest.mark.parametrize(
    ("mode", "destination", "navigation"),
    [
        (None, None, True),
        ("navigate", "document", True),
        ("navigate", "iframe", False),
        ("no-cors", "image", False),
        ("cors", "empty", False),
    ],
)
def test_what_is_a_top_level_navigation(
    mode: str | None, destination: str | None, navigation: bool
) -> None:
    headers = {"HTTP_SEC_FETCH_MODE": mode, "HTTP_SEC_FETCH_DEST": destination}
    given = {name: value for name, value in headers.items() if value}
    assert visitors.is_navigation(given) is navigation


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        pytest.param("6.6.6.6", 0, "10.0.0.1", id="nobody is trusted"),
        pytest.param("6.6.6.6, 1.2.3.4", 1, "1.2.3.4", id="one proxy: the last hop"),
        pytest.param("6.6.6.6, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4", id="two proxies"),
        pytest.param("1.2.3.4", 2, "", id="fewer hops than proxies"),
    ],
)
def test_a_forwarded_address_is_believed_as_far_as_proxies_are(
    forwarded: str, proxies: int, address: str
) -> None:
    headers = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert visitors.client_address(headers, proxies) == address


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_addresses_are_cut(address: str, cut: str) -> None:
    assert visitors.cut_address(address) == cut


def test_user_agents_are_reduced() -> None:
    assert visitors.describe(CHROME) == "Chrome, desktop"
    assert visitors.describe("Mozilla/5.0 (iPhone) CriOS/1 Mobile Safari") == "Chrome, mobile"
