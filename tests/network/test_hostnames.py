"""Host names as browsers ask for them, in whichever form they are written."""

import pytest

from network.hostnames import ascii_host
from tracking.clicks.targets import as_ascii, is_allowed

SAME = [
    pytest.param("größe.shop.example", "xn--gre-6ka8i.shop.example", id="two letters"),
    pytest.param("STRAẞE.shop.example", "xn--strae-oqa.shop.example", id="capital sharp s"),
    pytest.param("gro\u0308ße.shop.example", "xn--gre-6ka8i.shop.example", id="decomposed"),
    pytest.param("größe.a_b.shop.example", "xn--gre-6ka8i.a_b.shop.example", id="underscore"),
    pytest.param("größe。shop.example", "xn--gre-6ka8i.shop.example", id="ideographic dot"),
    pytest.param("größe.shop.example。", "xn--gre-6ka8i.shop.example", id="final one"),
]
NONE = [
    pytest.param("xn--zzzz.shop.example", id="decodes to nothing"),
    pytest.param("xn--.shop.example", id="empty"),
    pytest.param("xn--abc-.shop.example", id="only ascii"),
    pytest.param("xn--a.shop.example", id="control character"),
    pytest.param("XN--ZZZZ.shop.example", id="in capitals"),
    pytest.param("xn--99zzzz9999.shop.example", id="overflow"),
    pytest.param("größe.xn--zzzz.shop.example", id="beside a good one"),
    pytest.param("☃.shop.example", id="symbol"),
    pytest.param("xn--n3h.shop.example", id="symbol in punycode"),
    pytest.param("💩.shop.example", id="emoji"),
    pytest.param("xn--ls8h.shop.example", id="emoji in punycode"),
    pytest.param(f"{'a' * 64}.shop.example", id="over-long label"),
]


@pytest.mark.parametrize(("name", "ascii_name"), SAME)
def test_both_forms_are_one_host(name: str, ascii_name: str) -> None:
    assert ascii_host(name) == ascii_host(ascii_name) == ascii_host(ascii_name.upper())
    for host in (name, ascii_name, ascii_name.upper()):
        address = f"https://{host}/p"
        assert is_allowed(address, ["shop.example"])
        assert is_allowed(address, [ascii_host(name)])
        assert as_ascii(address) == f"https://{ascii_host(ascii_name)}/p"


@pytest.mark.parametrize("name", NONE)
def test_what_stands_for_no_name_is_refused_in_both_forms(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ascii_host(name)
    assert not is_allowed(f"https://{name}/p", ["shop.example"])
