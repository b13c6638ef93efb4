"""A file on somebody else's web server, asked of one on this machine."""

import pytest

from network.outside import web
from network.outside.web import Fetcher, FetchProblem, NotFetched, WebAnswer, is_public
from tests.support.web_server import HOST, AtHome, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def problem_with(*pieces: bytes, asked: str = HOST, within_seconds: float = 5) -> FetchProblem:
    with serving(*pieces, within_seconds=within_seconds) as served:
        with pytest.raises(NotFetched) as refused:
            served.fetcher.get(asked, "/f.txt")
        return refused.value.problem


def test_it_asks_the_host_by_name_over_https() -> None:
    with serving(OK, b"in ", b"pieces") as served:
        assert served.fetcher.get(HOST, "/.well-known/f.txt") == WebAnswer(200, b"in pieces")
    head = served.heads[0].decode()
    assert head.startswith("GET /.well-known/f.txt HTTP/1.0\r\n")
    assert f"\r\nHost: {HOST}\r\n" in head
    assert head.endswith("\r\n\r\n")


def test_chunks_are_read_though_nobody_asked_for_them() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    with serving(chunked) as served:
        assert served.fetcher.get(HOST, "/").body == b"abc"


def test_a_redirect_is_not_followed() -> None:
    with serving(b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\n\r\n") as served:
        assert served.fetcher.get(HOST, "/") == WebAnswer(302, b"")
    assert len(served.heads) == 1


def test_a_certificate_for_another_host_is_refused() -> None:
    assert problem_with(OK, asked="other.shop.example") == FetchProblem.NO_TLS


@pytest.mark.parametrize("sent", [b"", b"hello", b"HTTP/1.1 two OK"], ids=str)
def test_what_is_no_http_is_refused(sent: bytes) -> None:
    assert problem_with(sent, b" ") == FetchProblem.NO_HTTP


def test_no_more_is_read_than_a_small_file() -> None:
    assert problem_with(OK, b"a" * 2 * web.MOST_BYTES) == FetchProblem.TOO_LONG


def test_a_server_that_never_ends_is_left() -> None:
    assert problem_with(OK, b"", within_seconds=0.2) == FetchProblem.UNREACHABLE


def test_nobody_who_listens_is_unreachable() -> None:
    with serving(OK) as served:
        gone = served.fetcher
    with pytest.raises(NotFetched) as refused:
        gone.get(HOST, "/")
    assert refused.value.problem == FetchProblem.UNREACHABLE


def test_a_host_without_an_address_is_said() -> None:
    with pytest.raises(NotFetched) as refused:
        Fetcher(AtHome()).get(HOST, "/")
    assert refused.value.problem == FetchProblem.NO_ADDRESS


def test_a_host_that_leads_inside_is_never_connected_to() -> None:
    with serving(OK) as served:
        inside = Fetcher(AtHome("127.0.0.1", "::1"), port=served.fetcher.port)
        with pytest.raises(NotFetched) as refused:
            inside.get(HOST, "/")
    assert refused.value.problem == FetchProblem.NOT_PUBLIC
    assert served.heads == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        pytest.param("93.184.215.14", True, id="v4"),
        pytest.param("2606:4700::1111", True, id="v6"),
        pytest.param("127.0.0.1", False, id="this_machine"),
        pytest.param("0.0.0.0", False, id="any"),
        pytest.param("10.1.2.3", False, id="private"),
        pytest.param("172.16.0.1", False, id="private_172"),
        pytest.param("192.168.1.1", False, id="private_192"),
        pytest.param("100.64.0.1", False, id="carrier"),
        pytest.param("169.254.169.254", False, id="link_local"),
        pytest.param("224.0.0.1", False, id="multicast"),
        pytest.param("255.255.255.255", False, id="broadcast"),
        pytest.param("::1", False, id="v6_this_machine"),
        pytest.param("fe80::1", False, id="v6_link_local"),
        pytest.param("fd00::1", False, id="v6_private"),
        pytest.param("ff0e::1", False, id="v6_multicast"),
        pytest.param("::ffff:10.1.2.3", False, id="v4_mapped"),
        pytest.param("64:ff9b::a01:203", False, id="v4_translated"),
        pytest.param("2002:a01:203::1", False, id="v4_by_6to4"),
        pytest.param("2001:0:a01:203::1", False, id="v4_by_teredo"),
    ],
)
def test_public_is_what_leads_nowhere_inside(address: str, public: bool) -> None:
    assert is_public(address) is public
