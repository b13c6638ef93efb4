"""The tag and the address bar: which parameter is read and taken out, and what is no token."""

import pytest
from playwright.sync_api import Page

from tests.browser.clicks import HOUR, hard, token_of
from tests.browser.cookies import ago, jar, slots
from tests.browser.hosts import Hosts
from tests.browser.test_tag_cookies import land

# --- what is no token ----------------------------------------------------------------------------


def _tokens_that_are_none() -> list[tuple[str, str]]:
    good = token_of(hard(at=ago(HOUR)))
    other_version = "Q" + good[1:]
    return [
        ("empty", ""),
        ("truncated", good[:-1]),
        ("too_long", good + "A"),
        ("another_alphabet", good[:40] + "+" + good[41:]),
        ("another_version", other_version),
        ("loose_bits_at_the_end", good[:-1] + "B"),
        ("broken_percent_encoding", "%E0%A4%A" + good),
        ("line_break", good + "%0A"),
        ("another_networks_id", "1001_1767225600_0a1b2c3d4e5f"),
        ("another_advertisers", token_of(hard(at=ago(HOUR)), advertiser=8)),
        ("an_advertiser_beyond_31_bits", token_of(hard(at=ago(HOUR)), advertiser=2**31 + 7)),
        ("script", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
    ]


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=name) for name, text in _tokens_that_are_none()]
)
def test_what_is_no_token_of_this_advertiser_is_ignored(
    page: Page, hosts: Hosts, text: str
) -> None:
    hosts.strip_click_parameter = True
    hosts.visit(page, hosts.landing(text))

    assert jar(page.context) == []
    assert page.url == hosts.landing(text)


@pytest.mark.parametrize("sign", ["a", "c"])
def test_a_percent_encoded_token_is_read(page: Page, hosts: Hosts, sign: str) -> None:
    token = token_of(hard(at=ago(HOUR)))
    assert sign in token
    hosts.visit(page, hosts.landing(token.replace(sign, f"%{ord(sign):02X}")))

    assert slots(page.context)["_sch"] == token


def test_a_token_whose_case_was_changed_is_read(page: Page, hosts: Hosts) -> None:
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.landing(token.upper()))

    assert slots(page.context)["_sch"] == token


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("?xsclk={}", id="longer_name_before"),
        pytest.param("?sclkx={}", id="longer_name_after"),
        pytest.param("?SCLK={}", id="capitals"),
        pytest.param("?a=sclk={}", id="inside_a_value"),
        pytest.param("#?sclk={}", id="in_the_fragment"),
    ],
)
def test_another_parameter_is_not_read(page: Page, hosts: Hosts, query: str) -> None:
    hosts.visit(page, hosts.url("/" + query.format(token_of(hard(at=ago(HOUR))))))

    assert jar(page.context) == []


def test_the_parameter_is_a_setting_and_may_come_several_times(page: Page, hosts: Hosts) -> None:
    hosts.click_parameter = "awc"
    click = hard(at=ago(HOUR))
    hosts.visit(page, hosts.landing("1001_1767225600_0a1b2c", token_of(click), "x"))

    assert slots(page.context)["_sch"] == token_of(click)


# --- the address bar -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "left"),
    [
        pytest.param("/?sclk=T", "/", id="alone"),
        pytest.param("/p?a=1&sclk=T&b=%C3%BC+x&c", "/p?a=1&b=%C3%BC+x&c", id="in_the_middle"),
        pytest.param("/p?sclk=T&b#s?sclk=T", "/p?b#s?sclk=T", id="first_with_fragment"),
        pytest.param("/p?b=&sclk=T#", "/p?b=#", id="last_with_bare_fragment"),
        pytest.param("/p?sclk=T&sclk=T&a=2&a=1", "/p?a=2&a=1", id="twice"),
        pytest.param("/p?sclk=other&sclk=T", "/p?sclk=other", id="another_networks_id_stays"),
        pytest.param("/p?a=1", "/p?a=1", id="none"),
        pytest.param("/p?#a", "/p?#a", id="empty_query"),
    ],
)
def test_it_takes_its_parameter_out_of_the_address_only_if_told(
    page: Page, hosts: Hosts, address: str, left: str
) -> None:
    token = token_of(hard(at=ago(HOUR)))
    url = hosts.url(address.replace("=T", f"={token}"))
    hosts.visit(page, url)
    assert page.evaluate("location.href") == url

    hosts.strip_click_parameter = True
    page.goto("about:blank")
    hosts.visit(page, url)
    expected = left.replace("#s?sclk=T", f"#s?sclk={token}")
    assert page.evaluate("location.href") == hosts.url(expected)


def test_it_keeps_the_pages_own_history_state(page: Page, hosts: Hosts) -> None:
    hosts.strip_click_parameter = True
    hosts.head = "<script>history.replaceState({step: 2}, '')</script>"
    land(page, hosts, hard(at=ago(HOUR)))

    assert page.evaluate("[location.search, history.state]") == ["", {"step": 2}]
