"""Clicks that are not what they should be: each with its exact answer, and what is recorded."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx import Response
from time_machine import Traveller

from network.models import Advertiser
from publishers.models import Partnership, Publisher
from publishers.policy.deciding import change_terms
from tests.conftest import TrackingClient
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tests.wire.answers import clicks, cookie_kinds, link, only_click, set_cookies, token_in
from tracking.clicks.keys import KEYS
from tracking.models import Click
from tracking.rule.tokens import decode

HARD_COOKIES = {"__Secure-sch", "__Secure-scs", "__Secure-scl", "__Secure-scn"}
"""What a hard click writes; the soft slot is deleted by it."""


def test_a_good_click(tracking_client: TrackingClient, blog: Partnership) -> None:
    response = tracking_client.get(
        link(blog), params={"to": "https://shop.example/shoes?colour=red#top", "ref": "post 7"}
    )

    token = token_in(response).removesuffix("#top")
    assert response.status_code == 302
    assert response.headers["Location"] == (
        f"https://shop.example/shoes?colour=red&sclk={token}#top"
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response.content == b""
    own = f"Path=/t/{blog.advertiser_id}/; SameSite=None; Secure"
    suffix, month = f"-{blog.advertiser_id}", "Max-Age=2592000"
    assert set_cookies(response) == {
        f"__Secure-sch{suffix}": f"{token}; HttpOnly; {month}; {own}",
        f"__Secure-scs{suffix}": f'""; HttpOnly; Max-Age=0; {own}',
        f"__Secure-scl{suffix}": f"{token}; HttpOnly; {month}; {own}",
        f"__Secure-scn{suffix}": f"{decode(token, KEYS).click.session}; HttpOnly; {own}",
    }
    click = only_click(tracking_client)
    assert (click.id, click.reason, click.target_reason) == (decode(token, KEYS).click.id, "", "")
    assert click.references == {"ref": "post 7"}
    assert (click.ip_prefix, click.user_agent) == ("127.0.0.0/24", "Firefox, desktop")


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("https://evil.example/", id="another_domain"),
        pytest.param("https://notshop.example/", id="a_domain_that_ends_alike"),
        pytest.param("https://shop.example.evil.example/", id="a_domain_that_begins_alike"),
        pytest.param("https://shop.example@evil.example/", id="the_domain_as_user_info"),
        pytest.param("https://user:secret@shop.example/", id="user_info"),
        pytest.param("https://evil.example#@shop.example/", id="the_domain_in_the_fragment"),
        pytest.param("https://evil.example?.shop.example/", id="the_domain_in_the_query"),
        pytest.param("https://evil.example\\@shop.example/", id="backslash"),
        pytest.param("https:\\\\evil.example/", id="backslashes_for_slashes"),
        pytest.param("//evil.example/", id="without_a_scheme"),
        pytest.param("/somewhere", id="a_path"),
        pytest.param("javascript:alert(1)//shop.example/", id="javascript"),
        pytest.param("java\tscript:alert(1)", id="javascript_with_a_tab"),
        pytest.param("data:text/html,<script>alert(1)</script>", id="data"),
        pytest.param("ftp://shop.example/", id="another_scheme"),
        pytest.param("https://shop.example:99999/", id="no_port"),
        pytest.param("https://[shop.example/", id="half_a_bracket"),
        pytest.param("https:///shop.example/", id="no_host"),
        pytest.param("https://shop.example。evil.example/", id="a_dot_that_is_none"),
        pytest.param("https://ä..shop.example/", id="a_name_that_cannot_be_written"),
        pytest.param("https://\u202e.shop.example/", id="a_name_that_turns_text"),
        pytest.param("https://shop.example/\r\nSet-Cookie: a=b", id="line_break"),
        pytest.param("https://shop.example/\x00", id="nul"),
        pytest.param("https://shop .example/", id="blank_in_the_host"),
        pytest.param("http://evil.example%2f.shop.example/", id="escaped_slash_in_the_host"),
        pytest.param("http://evil%23.shop.example/", id="escaped_hash_in_the_host"),
        pytest.param("http://<evil>.shop.example/", id="angle_brackets_in_the_host"),
        pytest.param("http://.shop.example/", id="empty_first_label"),
        pytest.param("http://shop.example../", id="two_final_dots"),
        pytest.param("https://é.shop.example../x", id="two_final_dots_behind_an_umlaut"),
        pytest.param("https://shop.example/" + "\U0001f600" * 1970, id="over_long_once_escaped"),
        pytest.param("https://shop.example/" + "a" * 2000, id="over_long"),
    ],
)
def test_a_bad_target_leads_to_the_landing_page(
    tracking_client: TrackingClient, blog: Partnership, target: str
) -> None:
    response = tracking_client.get(link(blog), params={"to": target})

    token = token_in(response)
    assert response.status_code == 302
    assert response.headers["Location"] == f"https://shop.example/welcome?sclk={token}"
    assert cookie_kinds(response) == HARD_COOKIES
    click = only_click(tracking_client)
    assert (click.target_reason, click.reason) == ("bad_target", "")
    assert click.target == "https://shop.example/welcome"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        pytest.param("https://shop.example", "https://shop.example/?sclk=", id="no_path"),
        pytest.param("https://m.shop.example/a", "https://m.shop.example/a?sclk=", id="subdomain"),
        pytest.param("http://shop.example/a", "http://shop.example/a?sclk=", id="http"),
        pytest.param("https://shop.example:8443/a", "https://shop.example:8443/a?sclk=", id="port"),
        pytest.param(
            "https://shop.example/?sclk=old&a=1",
            "https://shop.example/?a=1&sclk=",
            id="old_click_id",
        ),
        pytest.param("https://shop.example/ä", "https://shop.example/%C3%A4?sclk=", id="umlaut"),
        pytest.param("https://shop.example/a b", "https://shop.example/a%20b?sclk=", id="blank"),
        pytest.param(
            " https://shop.example/a ", "https://shop.example/a?sclk=", id="blanks_around"
        ),
        pytest.param("https://SHOP.example./a", "https://shop.example/a?sclk=", id="final_dot"),
        pytest.param(
            "https://straße.shop.example/",
            "https://xn--strae-oqa.shop.example/?sclk=",
            id="sharp_s",
        ),
    ],
)
def test_a_good_target_is_kept(
    tracking_client: TrackingClient, blog: Partnership, target: str, location: str
) -> None:
    response = tracking_client.get(link(blog), params={"to": target})

    assert response.headers["Location"] == location + token_in(response)
    assert only_click(tracking_client).target_reason == ""


def not_approved(blog: Partnership) -> str:
    return link(make_partner(blog.advertiser, make_publisher(), status="applied"))


def ended(blog: Partnership) -> str:
    long_ago = NOW - timedelta(days=1)
    change_terms(blog, {"status": "ended"}, long_ago, made_by=None)
    return link(blog)


def closed_publisher(blog: Partnership) -> str:
    Publisher.objects.filter(id=blog.publisher_id).update(status="closed")
    return link(blog)


def of_another_shop(blog: Partnership) -> str:
    elsewhere = make_partner(make_advertiser(), make_publisher())
    return link(blog, elsewhere.publisher_id)


FETCH_AHEAD = [
    pytest.param({"Sec-Purpose": "prefetch"}, id="prefetch"),
    pytest.param({"Sec-Purpose": "prefetch;prerender"}, id="prerender"),
    pytest.param({"Sec-Purpose": "Prefetch;anonymous-client-ip"}, id="any_case"),
    pytest.param({"Purpose": "prefetch"}, id="old_prefetch"),
    pytest.param({"X-Purpose": "preview"}, id="preview"),
    pytest.param({"X-Purpose": "Prefetch"}, id="x_purpose"),
    pytest.param({"X-Moz": "prefetch"}, id="mozillas_prefetch"),
]
NO_CLICK = [
    pytest.param({"User-Agent": "Googlebot/2.1"}, "bot", id="bot"),
    pytest.param({"User-Agent": "curl/8.5.0"}, "bot", id="tool"),
    pytest.param({"Sec-Fetch-Dest": "image"}, "stuffed", id="image"),
    pytest.param({"Sec-Fetch-Dest": "iframe"}, "stuffed", id="iframe"),
    pytest.param({"Sec-Fetch-Dest": "frame"}, "stuffed", id="frame"),
    pytest.param({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}, "stuffed", id="fetch"),
    pytest.param({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "no-cors"}, "stuffed", id="beacon"),
    pytest.param({"Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"}, "stuffed", id="script"),
]


def check_untracked(client: TrackingClient, response: Response, reason: str) -> Click:
    """It leads to the target without a click id, writes no cookie, and is recorded."""
    assert response.status_code == 302
    assert response.headers["Location"] == "https://shop.example/shoes?a=1"
    assert not set_cookies(response)
    click = only_click(client)
    assert (click.reason, click.journey, click.session) == (reason, 0, 0)
    return click


TARGET = {"to": "https://shop.example/shoes?a=1"}


@pytest.mark.parametrize("headers", FETCH_AHEAD)
@pytest.mark.parametrize("closed", [False, True])
def test_what_is_fetched_ahead_is_refused_so_that_the_click_comes(
    tracking_client: TrackingClient, blog: Partnership, headers: dict[str, str], closed: bool
) -> None:
    """A redirect would be kept by the browser, and the person's own click never be seen."""
    if closed:
        Advertiser.objects.filter(id=blog.advertiser_id).update(status="closed")
    response = tracking_client.get(link(blog), params=TARGET, headers=headers)

    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    assert "Location" not in response.headers
    assert not set_cookies(response)
    click = only_click(tracking_client)
    assert (click.reason, click.journey, click.session) == ("prefetch", 0, 0)


@pytest.mark.parametrize(("headers", "reason"), NO_CLICK)
def test_what_no_person_clicked_does_not_count(
    tracking_client: TrackingClient, blog: Partnership, headers: dict[str, str], reason: str
) -> None:
    response = tracking_client.get(link(blog), params=TARGET, headers=headers)

    check_untracked(tracking_client, response, reason)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(lambda blog: link(blog, 987_654), id="unknown"),
        pytest.param(lambda blog: link(blog, 10**30), id="absurd"),
        pytest.param(not_approved, id="not_approved"),
        pytest.param(ended, id="ended"),
        pytest.param(closed_publisher, id="closed"),
        pytest.param(of_another_shop, id="of_another_shop"),
    ],
)
def test_a_publisher_that_is_no_partner_is_not_credited(
    tracking_client: TrackingClient, blog: Partnership, address: Callable[[Partnership], str]
) -> None:
    check_untracked(
        tracking_client, tracking_client.get(address(blog), params=TARGET), "not_partner"
    )


def test_head_is_answered_and_counts_for_nothing(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    check_untracked(tracking_client, tracking_client.head(link(blog), params=TARGET), "head")


def test_a_form_cannot_click(tracking_client: TrackingClient, blog: Partnership) -> None:
    response = tracking_client.post(link(blog), params=TARGET)

    check_untracked(tracking_client, response, "stuffed")


def test_a_closed_advertiser_is_left_in_peace(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    Advertiser.objects.filter(id=blog.advertiser_id).update(status="closed")
    response = tracking_client.get(link(blog), params=TARGET)

    assert response.status_code == 302
    assert response.headers["Location"] == "https://shop.example/welcome"
    assert not set_cookies(response)
    assert only_click(tracking_client).reason == "advertiser_closed"


@pytest.mark.parametrize("advertiser", [987_654, 10**30])
def test_an_unknown_advertiser_gets_a_page_that_says_so(
    tracking_client: TrackingClient, blog: Partnership, advertiser: int
) -> None:
    response = tracking_client.get(f"/t/{advertiser}/c/{blog.publisher_id}", params=TARGET)

    assert response.status_code == 404
    assert "advertiser" in response.text
    assert not set_cookies(response)
    assert clicks(tracking_client) == []


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/t/-1/c/1", "/admin/", "/t", "/t/", "/t/987654", "/t/987654/x/1", "/t/{}x/c/1"),
        *("/t/{}/tag.css", "/t/{}/x/icon.png", "/t/{}.html"),
    ],
)
def test_there_is_nothing_else(
    tracking_client: TrackingClient, blog: Partnership, address: str
) -> None:
    response = tracking_client.get(address.format(blog.advertiser_id))

    assert (response.status_code, response.content) == (404, b"There is nothing here.\n")
    assert not set_cookies(response)


@pytest.mark.parametrize("answer", ["", "{consent}", "{{consent}}", "%consent%", "[CONSENT]"])
@pytest.mark.parametrize("default", ["store", "refuse"])
def test_an_answer_that_nobody_filled_in_says_nothing(
    tracking_client: TrackingClient, blog: Partnership, answer: str, default: str
) -> None:
    Advertiser.objects.filter(id=blog.advertiser_id).update(consent_default=default)
    tracking_client.get(link(blog), params={**TARGET, "consent": answer})

    assert only_click(tracking_client).reason == ("" if default == "store" else "no_consent")


@pytest.mark.parametrize("answer", ["1", "true", "yes", "YES"])
def test_consent_is_given_in_several_words(
    tracking_client: TrackingClient, blog: Partnership, answer: str
) -> None:
    Advertiser.objects.filter(id=blog.advertiser_id).update(consent_default="refuse")
    tracking_client.get(link(blog), params={**TARGET, "consent": answer})

    assert only_click(tracking_client).reason == ""


@pytest.mark.parametrize("answer", ["0", "no", "false", "2", "denied", "0.", "no-thanks", "-1"])
def test_without_consent_nothing_of_the_browser_is_read_written_or_kept(
    tracking_client: TrackingClient, blog: Partnership, answer: str
) -> None:
    cookie = f"__Secure-sch-{blog.advertiser_id}=forged"
    response = tracking_client.get(
        link(blog), params={**TARGET, "consent": answer}, headers={"Cookie": cookie}
    )

    click = check_untracked(tracking_client, response, "no_consent")
    assert (click.ip_prefix, click.user_agent, click.rejected_tokens) == ("", "", [])


def test_a_repeat_within_a_second_claims_nothing_new(
    tracking_client: TrackingClient, blog: Partnership, now: Traveller
) -> None:
    first = tracking_client.get(link(blog), params=TARGET)
    now.shift(0.999)
    again = tracking_client.get(link(blog), params=TARGET)
    assert again.headers["Location"] == first.headers["Location"]
    assert not set_cookies(again)
    now.shift(0.001)
    later = tracking_client.get(link(blog), params=TARGET)

    assert token_in(later) != token_in(first)
    assert cookie_kinds(later) == HARD_COOKIES
    rows = clicks(tracking_client)
    assert [row.reason for row in rows] == ["", "repeat", ""]
    assert len({row.journey for row in rows}) == len({row.session for row in rows}) == 1


def test_another_publishers_link_within_a_second_is_no_repeat(
    tracking_client: TrackingClient, blog: Partnership, extension: Partnership, now: Traveller
) -> None:
    tracking_client.get(link(extension), params=TARGET)
    now.shift(0.5)
    tracking_client.get(link(blog), params=TARGET)

    assert [row.reason for row in clicks(tracking_client)] == ["", ""]


def test_type_window_and_publisher_cannot_be_forged_by_the_address(
    tracking_client: TrackingClient, extension: Partnership
) -> None:
    forged = "type=hard&cookie_type=hard&window=400&window_minutes=9&publisher=1&advertiser=1"
    response = tracking_client.get(f"{link(extension)}?{forged}&stood_down=0&journey=1&reason=")

    click = only_click(tracking_client)
    assert (click.cookie_type, click.window_minutes) == ("soft", 24 * 60)
    assert (click.advertiser_id, click.publisher_id) == (
        extension.advertiser_id,
        extension.publisher_id,
    )
    assert cookie_kinds(response) == {"__Secure-scs", "__Secure-scl", "__Secure-scn"}
    assert decode(token_in(response), KEYS).click.cookie_type == "soft"


def test_references_are_cut_and_cleaned(tracking_client: TrackingClient, blog: Partnership) -> None:
    response = tracking_client.get(
        link(blog),
        params={
            "ref": "a\x00b\r\nc\u202ed",
            "ref2": "x" * 300,
            "ref7": "no",
            "campaign": "y" * 101,
        },
    )

    assert response.status_code == 302
    click = only_click(tracking_client)
    assert click.references == {"ref": "abcd", "ref2": "x" * 255}
    assert click.campaign == "y" * 100
