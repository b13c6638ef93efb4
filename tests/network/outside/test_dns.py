"""DNS, asked of a server on this machine."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from network.outside import dns
from network.outside.dns import DnsResolver, NoDnsAnswer
from tests.support import dns_server

RECORDS = {
    ("go.shop.example", "CNAME"): ["Track.Network.example."],
    ("_softclick.go.shop.example", "TXT"): ['"one"', '"in " "two"'],
    ("both.example", "A"): ["192.0.2.1"],
    ("both.example", "AAAA"): ["2001:db8::1"],
    ("broken.example", "CNAME"): [],
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[DnsResolver]:
    with dns_server.serving(RECORDS) as asks:
        yield DnsResolver(asks)


def test_an_alias_is_told_as_browsers_write_names(resolver: DnsResolver) -> None:
    assert resolver.cname("go.shop.example") == "track.network.example"


def test_a_text_in_several_pieces_is_one(resolver: DnsResolver) -> None:
    assert sorted(resolver.txt("_softclick.go.shop.example")) == ["in two", "one"]


def test_addresses_are_of_both_kinds(resolver: DnsResolver) -> None:
    assert resolver.addresses("both.example") == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize("name", ["nowhere.example", "both.example"])
def test_what_does_not_exist_is_an_answer(resolver: DnsResolver, name: str) -> None:
    assert resolver.cname(name) is None
    assert resolver.txt(name) == []


def test_a_server_that_fails_is_none(resolver: DnsResolver) -> None:
    with pytest.raises(NoDnsAnswer):
        resolver.cname("broken.example")


def test_tests_and_the_demo_ask_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(dns.resolver(), dns.MadeUp)
    monkeypatch.setattr(settings, "MODE", "demo")
    monkeypatch.setattr(settings, "DEMO_ALIASES", {"go.shop.example": "track.other.example"})
    made_up = dns.resolver()
    assert made_up.cname("go.shop.example") == "track.other.example"
    assert (made_up.cname("shop.example"), made_up.txt("shop.example")) == (None, [])
    assert made_up.addresses("shop.example") == []
    monkeypatch.setattr(settings, "MODE", "production")
    assert isinstance(dns.resolver(), DnsResolver)
