"""What the server in front does with what browsers and others send, byte by byte."""

import re
from collections.abc import Mapping

import pytest
from django.conf import settings

from tests.flows.network import Network
from tests.flows.shopping import Market, await_sale, commission_of
from tests.flows.wire import RawAnswer, request, talk
from tracking.models import Report

FOREIGN = "city=Zürich".encode()
"""A cookie of the shop, as JavaScript sets it: browsers send raw UTF-8."""


MALFORMED = [
    b"Direct Traffic",
    b"$Version=1; $Path=/",
    b"a:=b",
    b"=only a value",
    b"name only",
    b'open="never closed',
    b'json={"a": [1, "b;c"], "d": "e"}',
    b"space in name=1",
    b"comma=1,2; at@=3; (a)=4",
    b"; ;; ;",
    b"__proto__=1; constructor=2",
    b"percent=%zz%",
    b"tab=\t1",
    b"path=/; domain=.example; expires=Thu, 01 Jan 1970 00:00:00 GMT; secure; httponly",
    b"sc=1; scs-=2; __Host-scs=3; _sc=4",
    b"; ".join(b"other%d=%d" % (number, number) for number in range(150)),
]
"""What other programs of a shop leave in its cookies: each stands before ours."""


def follow(network: Network, market: Market, publisher: int, cookies: bytes = b"") -> RawAnswer:
    headers = [b"Cookie: " + cookies] if cookies else []
    path = f"/t/{market.id}/c/{publisher}"
    return talk(network, request(path, settings.TRACKING_HOST, *headers))


def kept(answer: RawAnswer) -> bytes:
    """The cookies that a browser brings afterwards."""
    pairs = [text.partition(";")[0] for text in answer.header("set-cookie")]
    return "; ".join(pair for pair in pairs if not pair.endswith('""')).encode()


def written(answer: RawAnswer) -> set[str]:
    """The kinds of cookies that were set: h, s, l, n."""
    return {pair[pair.index("-sc") + 3] for pair in kept(answer).decode().split("; ")}


def test_a_foreign_cookie_in_raw_utf_8_hides_nothing(network: Network, market: Market) -> None:
    hard = follow(network, market, market.blog.publisher_id)
    mine = FOREIGN + b"; " + kept(hard)

    soft = follow(network, market, market.extension.publisher_id, mine)
    assert soft.status == 302
    assert written(soft) == {"l", "n"}  # it stands down

    pixel = f"/t/{market.id}/pixel.gif?order=Z1&amount=10.00"
    headers = (b"Cookie: " + FOREIGN, b"Cookie: " + kept(hard))
    assert talk(network, request(pixel, settings.TRACKING_HOST, *headers)).status == 200
    network.await_drained()
    paid = commission_of(await_sale(market, "Z1"))
    assert paid.publisher_id == market.blog.publisher_id


def test_malformed_cookies_beside_ours_hide_nothing(network: Network, market: Market) -> None:
    mine = kept(follow(network, market, market.blog.publisher_id))
    for foreign in MALFORMED:
        for brought in (foreign + b"; " + mine, mine + b"; " + foreign):
            soft = follow(network, market, market.extension.publisher_id, brought)
            assert (soft.status, written(soft)) == (302, {"l", "n"}), brought  # it stands down


def test_our_own_cookies_are_read_in_quotes(network: Network, market: Market) -> None:
    mine = kept(follow(network, market, market.blog.publisher_id))
    quoted = re.sub(rb"=([^;]+)", rb'="\1"', mine)
    assert quoted.count(b'"') == 2 * mine.count(b"=")
    soft = follow(network, market, market.extension.publisher_id, quoted)
    assert (soft.status, written(soft)) == (302, {"l", "n"})


def test_a_control_character_in_a_cookie_is_refused(network: Network, market: Market) -> None:
    refused = follow(network, market, market.blog.publisher_id, b"bad=\x01")
    assert (refused.status, refused.header("set-cookie")) == (400, [])


@pytest.mark.parametrize(
    ("real", "made"),
    [
        pytest.param(b"Sec-Fetch-Dest: image", b"Sec_Fetch_Dest: document", id="fetch_metadata"),
        pytest.param(b"Purpose: prefetch", b"Purpose_: ", id="another_name"),
    ],
)
def test_a_header_with_an_underscore_overrides_none(
    network: Network, market: Market, real: bytes, made: bytes
) -> None:
    path = f"/t/{market.id}/c/{market.blog.publisher_id}"
    plain = request(path, settings.TRACKING_HOST).replace(b"Sec-Fetch-Dest: document\r\n", b"")
    end = b"\r\n\r\n"
    answer = talk(network, plain.replace(end, b"\r\n" + real + b"\r\n" + made + end))
    assert answer.header("set-cookie") == []


def sale(network: Network, market: Market, order: str, *headers: bytes, body: bytes) -> RawAnswer:
    path = f"/t/{market.id}/sale"
    return talk(network, request(path, settings.TRACKING_HOST, *headers, method="POST", body=body))


def test_a_report_in_chunks_is_read(network: Network, market: Market) -> None:
    token = network.click(market.id, market.blog.publisher_id).token
    text = f'{{"order": "C1", "amount": "20.00", "tokens": {{"last": ["{token}"]}}}}'.encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text[:9], text[9:]))
    chunked = b"Transfer-Encoding: chunked"

    answer = sale(network, market, "C1", chunked, body=chunks + b"0\r\n\r\n")
    assert answer.status == 204
    assert answer.header("x-softclick-error") == []
    assert commission_of(await_sale(market, "C1")).publisher_id == market.blog.publisher_id


SMUGGLED = b"GET /t/1/pixel.gif?order=SMUGGLED HTTP/1.1\r\nHost: track.localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param(
            {"Content-Length": "5", "content-length": "3"}, b"{}{}{", 400, id="two_lengths"
        ),
        pytest.param({"Content-Length": "+5"}, b"{}{}{", 400, id="signed_length"),
        pytest.param({"Transfer-Encoding": "xchunked"}, b"{}", 400, id="unknown_coding"),
        pytest.param({"Transfer-Encoding ": "chunked"}, b"0\r\n\r\n", 400, id="blank_in_a_name"),
        pytest.param(
            {"Transfer-Encoding": "chunked"}, b"ZZ\r\n{}\r\n0\r\n\r\n", 400, id="no_number"
        ),
        pytest.param(
            {"Transfer-Encoding": "chunked"}, b"+2\r\n{}\r\n0\r\n\r\n", 400, id="signed_chunk"
        ),
        pytest.param({"Transfer-Encoding": "chunked"}, b"2\n{}\n0\n\n", 400, id="bare_line_feeds"),
        pytest.param({"Content-Length": "300000"}, b"x" * 300_000, 413, id="too_long"),
    ],
)
def test_a_body_that_is_none_is_refused(
    network: Network, market: Market, headers: Mapping[str, str], body: bytes, status: int
) -> None:
    lines = [f"{name}: {value}".encode() for name, value in headers.items()]
    answer = sale(network, market, "", *lines, body=body)
    assert (answer.status, answer.answers) == (status, 1)
    network.await_drained()
    assert not Report.objects.filter(advertiser=market.id).exists()


@pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: 90"])
def test_a_body_that_ends_too_early_is_no_report(
    network: Network, market: Market, header: bytes
) -> None:
    path = f"/t/{market.id}/sale"
    raw = request(path, settings.TRACKING_HOST, header, method="POST", body=b"2\r\n{}\r\n")
    answer = talk(network, raw, hang_up=True)
    assert answer.status in (0, 400)  # nobody may be there to hear it
    network.await_drained()
    assert not Report.objects.filter(advertiser=market.id).exists()


def test_a_second_request_inside_a_body_is_not_answered(network: Network, market: Market) -> None:
    headers = (b"Content-Length: %d" % len(SMUGGLED), b"Transfer-Encoding: chunked")
    answer = sale(network, market, "", *headers, body=b"0\r\n\r\n" + SMUGGLED)
    assert answer.answers == 1
    assert b"image/gif" not in answer.raw


@pytest.mark.parametrize("asked", [settings.TRACKING_HOST, settings.SITE_HOST])
@pytest.mark.parametrize(
    ("first", "more"),
    [
        pytest.param("{host}", [b"{host}"], id="the_same_twice"),
        pytest.param("{host}:8000", [b"evil.example"], id="the_first_with_a_port"),
        pytest.param("{host}", [b"evil.example:80"], id="the_second_with_a_port"),
        pytest.param("evil.example", [b"{host}"], id="the_second_is_ours"),
        pytest.param("{host}:8000", [b"", b"{host}"], id="three"),
        pytest.param("{host}:8000,evil.example", [], id="a_list"),
        pytest.param("{host}:8000@evil.example", [], id="user_info"),
        pytest.param("{host}:80x", [], id="no_port"),
        pytest.param("{host}/x", [], id="a_path"),
        pytest.param("{host} evil.example", [], id="a_blank"),
    ],
)
def test_a_request_names_one_host(
    network: Network, asked: str, first: str, more: list[bytes]
) -> None:
    path = "/sign-in/" if asked == settings.SITE_HOST else "/t/1/c/1"
    others = [b"Host: " + name.replace(b"{host}", asked.encode()) for name in more]
    answer = talk(network, request(path, first.format(host=asked), *others))
    assert (answer.status, answer.header("location")) == (400, [])


def test_the_site_answers_on_the_same_port(network: Network) -> None:
    page = talk(network, request("/sign-in/", settings.SITE_HOST))
    assert page.status == 200
    assert b"<form" in page.body
    [length] = page.header("content-length")
    asked = talk(network, request("/sign-in/", settings.SITE_HOST, method="HEAD"))
    assert (asked.status, asked.header("content-length"), asked.body) == (200, [length], b"")
    assert talk(network, request("/sign-in/", settings.TRACKING_HOST)).status == 404
    assert talk(network, request("/", "nobody.example")).status == 400
