"""Where a click may lead."""

import pytest

from tracking.clicks.targets import as_ascii, is_allowed, with_parameter

DOMAINS = ("shop.example",)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "https://www.shop.example/a?b=c#d",
        "http://shop.example:8000/",
        "https://SHOP.example/",
        "https://shop.example./",
        "https://shop.example/ä",
    ],
)
def test_it_allows_the_advertisers_own_domains(url: str) -> None:
    assert is_allowed(url, DOMAINS)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://evil.example/", id="another domain"),
        pytest.param("https://notshop.example/", id="a domain that ends alike"),
        pytest.param("https://shop.example.evil.example/", id="as a prefix"),
        pytest.param("https://shop.example@evil.example/", id="as user info"),
        pytest.param("https://user:secret@shop.example/", id="with user info"),
        pytest.param("//evil.example/", id="without a scheme"),
        pytest.param("/path", id="a path"),
        pytest.param("javascript:alert(1)//shop.example", id="javascript"),
        pytest.param("ftp://shop.example/", id="another scheme"),
        pytest.param("https://evil.example\\.shop.example/", id="backslash"),
        pytest.param("https://shop.example/\r\nSet-Cookie: a=b", id="line break"),
        pytest.param("https://shop.example/\x00", id="zero"),
        pytest.param("https://shop.example /", id="blank"),
        pytest.param("https://shop.example:port/", id="no port"),
        pytest.param("https://[shop.example/", id="half a bracket"),
        pytest.param("https:///path", id="no host"),
        pytest.param("https://shop.example/" + "a" * 2000, id="over-long"),
        pytest.param("", id="empty"),
    ],
)
def test_it_refuses(url: str) -> None:
    assert not is_allowed(url, DOMAINS)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://s.example", "https://s.example/?sclk=T"),
        ("https://s.example/p", "https://s.example/p?sclk=T"),
        ("https://s.example/p?b=2&a=1", "https://s.example/p?b=2&a=1&sclk=T"),
        ("https://s.example/p?a=%20b+c&&x", "https://s.example/p?a=%20b+c&&x&sclk=T"),
        ("https://s.example/p?sclk=old&a=1", "https://s.example/p?a=1&sclk=T"),
        ("https://s.example/p?s%63lk=old", "https://s.example/p?sclk=T"),
        ("https://s.example/p?a={b}|c#top", "https://s.example/p?a={b}|c&sclk=T#top"),
        ("https://s.example/ä?ö#ü", "https://s.example/%C3%A4?%C3%B6&sclk=T#%C3%BC"),
    ],
)
def test_the_click_parameter_is_added_once_and_the_rest_is_kept(url: str, expected: str) -> None:
    assert with_parameter(url, "sclk", "T") == expected


def test_an_international_domain_fits_a_header() -> None:
    assert as_ascii("https://bücher.example/ü") == "https://xn--bcher-kva.example/%C3%BC"
