"""The compatible face: links of another network's publishers, by a changed host name alone.

The shapes are those of real links; each names the repository, the path and the commit where it was
read. Ids are our own.
"""

from urllib.parse import quote

import pytest
from django.test import RequestFactory

from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.wire.answers import only_click, set_cookies, token_in
from tests.wire.compatible import NAMED, SHOES, follow, path_of
from tracking.clicks.targets import MAX_LOCATION
from tracking.wire import compatible

LINKS = {
    # Webbiecorn/Gifteez test-awin.js e5f4eabd11b1b3c90951853897235d287ba73624
    "deep_link": f"/cread.php?{NAMED}&clickref=x&p={{shoes}}",
    # Kanuj910/SaveOnCoupon database/seeds/StoresTableSeeder.php
    # 08b0b75dbf6fa3bf1695ddd998170869b9a15d94
    "old_link": "/awclick.php?mid={shop}&id={blog}&clickref=x&p={shoes}",
    # What its link builder appends, as on help.awin.com
    "built_link": f"/cread.php?{NAMED}&clickref=x&ued={{shoes}}&platform=pl",
    "in_brackets": f"/cread.php?{NAMED}&clickref=x&p=[[{{shoes}}]]",
    "escaped_brackets": f"/cread.php?{NAMED}&clickref=x&p=%5B%5B{{shoes}}%5D%5D",
    "escaped_ampersands": f"/cread.php?{NAMED}&clickref=x&ued={{shoes}}".replace("&", "&amp;"),
    "target_not_encoded": f"/cread.php?{NAMED}&clickref=x&ued={SHOES}",
    "glued": "/cread.php?ued={shoes}&clickref=x&awinmid={shop}&awinaffid={blog}).",
}


@pytest.mark.parametrize("template", LINKS.values(), ids=LINKS.keys())
def test_a_link_is_a_click_of_ours(
    tracking_client: TrackingClient, blog: Partnership, template: str
) -> None:
    response = follow(tracking_client, path_of(template, blog))

    assert response.headers["Location"] == f"{SHOES}&sclk={token_in(response)}"
    assert f"__Secure-sch-{blog.advertiser_id}" in set_cookies(response)
    click = only_click(tracking_client)
    assert (click.publisher_id, click.references, click.reason) == (
        blog.publisher_id,
        {"ref": "x"},
        "",
    )


# What some programs send of an address that nobody encoded: its bytes as they are.
RAW = {
    "target": ("ued=https://shop.example/größe", "https://shop.example/gr%C3%B6%C3%9Fe", "x"),
    "pasted": ("ued=https://shop.example/?q=ü&b=ß", "https://shop.example/?q=%C3%BC&b=%C3%9F", "x"),
    "brackets": ("p=[[https://shop.example/ñ]]", "https://shop.example/%C3%B1", "x"),
    "reference": ("ued=https%3A%2F%2Fshop.example%2Fa", "https://shop.example/a", "größe"),
}


@pytest.mark.parametrize(("target", "landed", "reference"), RAW.values(), ids=RAW.keys())
@pytest.mark.parametrize("cons", ["", "&cons=0"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_query_that_is_not_ascii_leads_to_where_it_means(
    tracking_client: TrackingClient,
    blog: Partnership,
    target: str,
    landed: str,
    reference: str,
    cons: str,
    encoding: str,
) -> None:
    query = path_of(f"{NAMED}&clickref={reference}&{target}{cons}", blog)
    as_servers_hand_it = query.encode(encoding).decode("latin-1")
    request = RequestFactory().get("/cread.php", QUERY_STRING=as_servers_hand_it)
    response = compatible.link(request, "cread")

    assert response.headers["Location"].isascii()
    answer = tracking_client.get(response.headers["Location"])
    mark = "&" if "?" in landed else "?"
    if cons:
        assert answer.headers["Location"] == f"{landed}{mark}sn=1"
    else:
        assert answer.headers["Location"] == f"{landed}{mark}sclk={token_in(answer)}"
    assert only_click(tracking_client).references == {"ref": reference}


LONG = {
    "target": (f"ued={quote(f'{SHOES}&q=' + 'x' * 4_000)}", None, {"ref": "x"}),
    "encoded_target": (f"ued={quote(f'{SHOES}&q=' + 'ü' * 700)}", None, {"ref": "x"}),
    "pasted_target": (f"ued={SHOES}&q={'x' * 4_000}", None, {"ref": "x"}),
    "reference": (
        f"clickref2={'y' * 5_000}&ued={quote(SHOES, safe='')}",
        SHOES,
        {"ref": "x", "ref2": "y" * 255},
    ),
    "escaped_references": (
        "&".join(f"clickref{number}={quote('ü' * 400)}" for number in range(2, 7)),
        None,
        {},
    ),
    "nobodys": (f"ued={quote(SHOES, safe='')}&utm_x={'y' * 5_000}", SHOES, {"ref": "x"}),
    "pasted_and_nobodys": (
        f"clickref2={'y' * 5_000}&ued={SHOES}&b=2",
        f"{SHOES}&b=2",
        {"ref": "x", "ref2": "y" * 255},
    ),
}


@pytest.mark.parametrize(("query", "landed", "references"), LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("cons", ["", "&cons=0"])
def test_no_link_is_longer_than_proxies_pass_on(
    tracking_client: TrackingClient,
    blog: Partnership,
    query: str,
    landed: str | None,
    references: dict[str, str],
    cons: str,
) -> None:
    """As one of our own that is too long, it leads to the landing page and says why."""
    path = path_of(f"/cread.php?{NAMED}&clickref=x", blog) + f"{cons}&{query}"
    response = tracking_client.get(path)
    assert len(response.headers["Location"]) <= MAX_LOCATION
    answer = tracking_client.get(response.headers["Location"])

    landing = landed or "https://shop.example/welcome"
    assert answer.headers["Location"].startswith(landing)
    click = only_click(tracking_client)
    assert (click.references, click.reason) == (references, "no_consent" if cons else "")
    assert click.target_reason == ("" if landed else "bad_target")


def test_a_pasted_target_without_consent_keeps_its_parameters(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    path = path_of(f"/cread.php?{NAMED}&cons=0&clickref=x&ued={SHOES}&b=2&to=3", blog)
    response = follow(tracking_client, path)

    assert response.headers["Location"] == f"{SHOES}&b=2&to=3&sn=1"
    assert only_click(tracking_client).references == {"ref": "x"}


def test_a_link_to_a_product_of_a_feed_leads_to_the_landing_page(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    path = path_of("/pclick.php?p=2817431&a={blog}&m={shop}&pref1=x&pref2=y", blog)
    response = follow(tracking_client, path)

    assert response.headers["Location"] == f"https://shop.example/welcome?sclk={token_in(response)}"
    assert only_click(tracking_client).references == {"ref": "x", "ref2": "y"}


def test_references_and_campaign_have_our_names(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    path = f"/cread.php?{NAMED}&clickref=a&clickref6=f&campaign=spring+sale"
    follow(tracking_client, path_of(path, blog))

    click = only_click(tracking_client)
    assert (click.references, click.campaign) == ({"ref": "a", "ref6": "f"}, "spring sale")


@pytest.mark.parametrize(
    ("target", "landed"),
    [
        (f"&ued={quote(SHOES, safe='')}", f"{SHOES}&sn=1"),
        ("", "https://shop.example/welcome?sn=1"),
        ("&ued=https://[", "https://shop.example/welcome"),
    ],
)
def test_without_consent_the_target_says_so(
    tracking_client: TrackingClient, blog: Partnership, target: str, landed: str
) -> None:
    path = path_of(f"/cread.php?{NAMED}&cons=0", blog)
    response = follow(tracking_client, path + target)

    assert response.headers["Location"] == landed
    assert only_click(tracking_client).reason == "no_consent"


@pytest.mark.parametrize("cons", ["1", "", "{cons}"])
def test_an_answer_that_is_no_refusal_is_passed_on(
    tracking_client: TrackingClient, blog: Partnership, cons: str
) -> None:
    path = path_of(f"/cread.php?{NAMED}", blog)
    response = follow(tracking_client, f"{path}&cons={cons}")

    assert "sn=1" not in response.headers["Location"]
    assert only_click(tracking_client).reason == ""


@pytest.mark.parametrize("query", ["", "awinmid=", "awinmid=x&awinaffid=1", "awinmid=99999999999"])
def test_a_link_without_an_advertiser_is_told(tracking_client: TrackingClient, query: str) -> None:
    response = tracking_client.get(f"/cread.php?{query}")

    assert response.status_code == 404
    assert "advertiser" in response.text


def test_a_link_without_a_publisher_leads_to_the_landing_page(
    tracking_client: TrackingClient, shop: Advertiser
) -> None:
    response = follow(tracking_client, f"/cread.php?awinmid={shop.id}&awinaffid=x")

    assert response.headers["Location"] == "https://shop.example/welcome"
    assert only_click(tracking_client).reason == "not_partner"
