"""Links and targets that mails, chats and hurried publishers have damaged on their way."""

import pytest

from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import give_hosts
from tests.wire.answers import clicks, link, only_click, set_cookies, token_in

SHOES = "https://shop.example/shoes"


@pytest.mark.parametrize(
    "glued",
    [
        "/",
        ".",
        ",",
        ")",
        ");",
        "%22",
        "%20",
        "%27/",
        "'",
        "%E2%80%99",
        "%3E",
        "]",
        "*",
        "%0A",
        "!",
        "_",
        "-",
        "_)",
    ],
)
@pytest.mark.parametrize("query", ["", f"?to={SHOES}&ref=x"])
def test_what_is_glued_to_a_link_is_ignored(
    tracking_client: TrackingClient, blog: Partnership, glued: str, query: str
) -> None:
    response = tracking_client.get(f"{link(blog)}{glued}{query}")

    target = SHOES if query else "https://shop.example/welcome"
    assert response.status_code == 302
    assert response.headers["Location"] == f"{target}?sclk={token_in(response)}"
    click = only_click(tracking_client)
    assert (click.publisher_id, click.reason) == (blog.publisher_id, "")
    assert click.references == ({"ref": "x"} if query else {})


@pytest.mark.parametrize(
    "glued",
    ["&ref=x", "&amp;ref=x", "?amp;ref=x", "%26ref=x", "%3Fref=x", "/?ref=x", ",%3Fref%3Dx"],
)
def test_a_query_that_was_glued_or_escaped_is_read(
    tracking_client: TrackingClient, blog: Partnership, glued: str
) -> None:
    tracking_client.get(f"{link(blog)}{glued}")

    assert only_click(tracking_client).references == {"ref": "x"}


@pytest.mark.parametrize("rest", ["", "/", "/blog", "/-1", "/1x", "/1-2", "/%20", "/123456789012x"])
def test_a_link_without_a_publishers_id_leads_to_the_landing_page(
    tracking_client: TrackingClient, blog: Partnership, rest: str
) -> None:
    response = tracking_client.get(f"/t/{blog.advertiser_id}/c{rest}?to={SHOES}")

    assert response.status_code == 302
    assert response.headers["Location"] == "https://shop.example/welcome"
    assert not set_cookies(response)
    assert [click.reason for click in clicks(tracking_client)] == ["not_partner"]


@pytest.mark.parametrize(
    "rest",
    ["", "/", "/c1", "/x/1", "/click/1", "%20/c/1", "%20/", ".", "/?to=https://evil.example/"],
)
@pytest.mark.parametrize("host", ["", "https://go.shop.example"])
def test_a_link_of_which_only_the_advertiser_is_left_leads_to_its_landing_page(
    tracking_client: TrackingClient, blog: Partnership, rest: str, host: str
) -> None:
    give_hosts(blog.advertiser, "go.shop.example")
    response = tracking_client.get(f"{host}/t/{blog.advertiser_id}{rest}")

    assert response.status_code == 302
    assert response.headers["Location"] == "https://shop.example/welcome"
    assert not set_cookies(response)
    assert [click.reason for click in clicks(tracking_client)] == ["not_partner"]


def test_what_a_page_loads_of_it_is_not_found(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    script = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    response = tracking_client.get(f"/t/{blog.advertiser_id}/tag", headers=script)

    assert response.status_code == 404
    assert clicks(tracking_client) == []


@pytest.mark.parametrize(
    "ampersand",
    [
        "&amp;",
        "&amp;amp;",
        "&AMP;",
        "&amp%3B",
        "&amp%3bamp%3B",
        "&%2338;",
        "&%23038%3B",
        "&%23x26;",
    ],
)
def test_an_escaped_ampersand_is_one(
    tracking_client: TrackingClient, blog: Partnership, ampersand: str
) -> None:
    query = ampersand.join(["ref=x", f"to={SHOES}?a=1", "ref2=zz"])
    response = tracking_client.get(f"{link(blog)}?{query}")

    assert response.headers["Location"] == f"{SHOES}?a=1&sclk={token_in(response)}"
    click = only_click(tracking_client)
    assert (click.references, click.target_reason) == ({"ref": "x", "ref2": "zz"}, "")


@pytest.mark.parametrize(
    ("query", "target"),
    [
        pytest.param(f"to={SHOES}?a=1&b=2&ref=x", f"{SHOES}?a=1&b=2", id="its_own_parameters"),
        pytest.param(f"ref=x&to={SHOES}?a=1&b=%C3%BC", f"{SHOES}?a=1&b=%C3%BC", id="escaped_value"),
        pytest.param(f"ref=x&to={SHOES}?a=1&to=2", f"{SHOES}?a=1&to=2", id="a_parameter_like_ours"),
        pytest.param(f"to={SHOES}?a=1&ref=x&b=2", f"{SHOES}?a=1&b=2", id="ours_among_them"),
        pytest.param(f"to={SHOES}?a=1&b=c+d&ref=x", f"{SHOES}?a=1&b=c+d", id="plus"),
        pytest.param(f"to={SHOES}&b=2&ref=x", SHOES, id="nobodys_parameter"),
    ],
)
def test_a_target_pasted_without_encoding_is_followed_and_noted(
    tracking_client: TrackingClient, blog: Partnership, query: str, target: str
) -> None:
    response = tracking_client.get(f"{link(blog)}?{query}")

    mark = "&" if "?" in target else "?"
    assert response.headers["Location"] == f"{target}{mark}sclk={token_in(response)}"
    click = only_click(tracking_client)
    assert (click.target_reason, click.references) == ("unencoded", {"ref": "x"})


@pytest.mark.parametrize(
    ("query", "target"),
    [
        pytest.param(f"to={SHOES}&fbclid=1&utm_source=mail&gclid=2", SHOES, id="appended"),
        pytest.param("to=https%3A%2F%2Fshop.example%2Fc%2B%2B", "https://shop.example/c++", id="c"),
        pytest.param("to=https://shop.example/c++", "https://shop.example/c++", id="bare_plus"),
        pytest.param(
            "to=https%3A%2F%2Fshop.example%2Fa+b", "https://shop.example/a%20b", id="form_encoded"
        ),
        pytest.param("utm_source=x", "https://shop.example/welcome", id="without_a_target"),
    ],
)
def test_a_target_that_is_encoded_is_not_blamed(
    tracking_client: TrackingClient, blog: Partnership, query: str, target: str
) -> None:
    response = tracking_client.get(f"{link(blog)}?{query}")

    assert response.headers["Location"] == f"{target}?sclk={token_in(response)}"
    assert only_click(tracking_client).target_reason == ""
