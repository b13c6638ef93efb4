"""Aliases of links, hosts and reports are led to the one address that browsers send cookies to."""

from urllib.parse import unquote

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from network.models import Advertiser
from network.project import hosts
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import give_hosts
from tests.wire.answers import clicks, link
from tracking.clicks.snapshot import keeper
from tracking.wire import canonical

OWN = "go.shop.example"


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        pytest.param("/t/1/c/2", None, id="as_it_should_be"),
        pytest.param("/t/01/c/2", "/t/1/c/2", id="zero_before_the_advertiser"),
        pytest.param(f"/t/{'0' * 5000}1/c/2", "/t/1/c/2", id="five_thousand_zeros"),
        pytest.param("/t/1/c/02", "/t/1/c/2", id="zero_before_the_publisher"),
        pytest.param("/t/%31/c/2", "/t/1/c/2", id="escaped_digit"),
        pytest.param("/t/1/c/1%32", "/t/1/c/12", id="escaped_digit_at_the_end"),
        pytest.param("/%74/1/c/2", "/t/1/c/2", id="escaped_letter"),
        pytest.param("/t/1/%63/2", "/t/1/c/2", id="escaped_letter_inside"),
        pytest.param("/t%2F1/c/2", "/t/1/c/2", id="escaped_slash"),
        pytest.param("/t/1%2fc%2f2", "/t/1/c/2", id="escaped_slashes"),
        pytest.param("//t/1/c/2", "/t/1/c/2", id="two_slashes_first"),
        pytest.param("/t//1/c/2", "/t/1/c/2", id="two_slashes"),
        pytest.param("/t/1///c//2", "/t/1/c/2", id="many_slashes"),
        pytest.param("/T/1/C/2", "/t/1/c/2", id="capitals"),
        pytest.param("/t/1/C/2", "/t/1/c/2", id="one_capital"),
        pytest.param("/t/01/a/2", "/t/1/a/2", id="activation"),
        pytest.param("/t/01/pixel.gif", "/t/1/pixel.gif", id="pixel"),
        pytest.param("/t/1/PIXEL.GIF", "/t/1/pixel.gif", id="pixel_in_capitals"),
        pytest.param("/t/1/\u017fale", None, id="long_s"),
        pytest.param("/t/1/p\u0131xel.gif", None, id="dotless_i"),
        pytest.param("/t/1/p\u0130xel.gif", None, id="dotted_capital_i"),
        pytest.param("/t/%31/sale", "/t/1/sale", id="report"),
        pytest.param("/t/01/Forget", "/t/1/forget", id="withdrawal"),
        pytest.param("/t/01/tag.js", "/t/1/tag.js", id="tag"),
        pytest.param("/t/1/c/2,", None, id="glued_to_it"),
        pytest.param("/t/1/c/2%22", None, id="glued_to_it_escaped"),
        pytest.param("/t/01/c/2%22x", "/t/1/c/2%22x", id="alias_with_something_glued_to_it"),
        pytest.param("/t/1/c/", None, id="no_publisher"),
        pytest.param("/t/01/c/x", "/t/1/c/x", id="alias_without_a_publisher"),
        pytest.param("/t/1/demo/end-session", None, id="what_else_is_there"),
        pytest.param("/t/0/c/2", None, id="nobody"),
        pytest.param("/t/%2531/c/2", None, id="escaped_twice"),
        pytest.param("/t/\u0661/c/2", None, id="digits_of_another_script"),
        pytest.param("/t/page.css", None, id="style"),
        pytest.param("/", None, id="nothing"),
    ],
)
def test_each_address_has_one_path(sent: str, path: str | None) -> None:
    assert canonical.path_of(sent) == path
    assert path is None or canonical.path_of(path) is None


def ask(uri: str, host: str, method: str = "GET") -> tuple[str, str]:
    """Status and where it leads, as the server asks: it knows the path as it was sent."""
    path, _, query = uri.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "HTTP_HOST": host,
    }
    answers: list[tuple[str, dict[str, str]]] = []
    application = hosts.TrackingHosts().find(environ)
    assert application
    list(application(environ, lambda status, headers: answers.append((status, dict(headers)))))
    [(status, headers)] = answers
    assert headers["Cache-Control"] == "no-store"
    return status, headers["Location"]


@pytest.mark.parametrize(
    ("host", "uri", "location"),
    [
        pytest.param("{}", "/t/01/c/2?to=%2F&ref=a%20b", "/t/1/c/2?to=%2F&ref=a%20b", id="query"),
        pytest.param("{}.", "/t/1/c/2?ref=a", "//{}/t/1/c/2?ref=a", id="final_dot"),
        pytest.param("{}.:8000", "/t/1/c/2", "//{}:8000/t/1/c/2", id="final_dot_and_port"),
        pytest.param("{}..", "/t/%31/c/2", "//{}/t/1/c/2", id="dots_and_escape"),
        pytest.param("{}.:x", "/t/1/c/2", "//{}/t/1/c/2", id="no_port"),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_query_and_port_are_kept(
    shop: Advertiser, own: bool, host: str, uri: str, location: str
) -> None:
    give_hosts(shop, OWN)
    keeper.forget()
    name = OWN if own else settings.TRACKING_HOST
    of_shop = [
        text.replace("/t/1/", f"/t/{shop.pk}/").replace("/t/01/", f"/t/0{shop.pk}/")
        for text in (uri, location)
    ]
    sent, expected = (text.replace("%31", f"%30{shop.pk}") for text in of_shop)
    assert ask(sent, host.format(name)) == ("302 Found", expected.format(name))
    keeper.forget()


@pytest.mark.parametrize("path", ["/t/1{}/c/2", "/t/1{}/c", "/t/1{}/pixel.gif/", "/1{}.js"])
@pytest.mark.parametrize("digit", ["\u0662", "\uff12"], ids=["arabic", "fullwidth"])
def test_no_digit_of_another_script_means_an_advertiser(path: str, digit: str) -> None:
    """Browsers send none of our cookies there, and it is led nowhere else."""
    with pytest.raises(Resolver404):
        resolve(path.format(digit), urlconf="tracking.urls")


def test_a_report_stays_a_report(shop: Advertiser) -> None:
    status, location = ask(f"/t/0{shop.pk}/sale", settings.TRACKING_HOST, "POST")
    assert (status[:3], location) == ("307", f"/t/{shop.pk}/sale")


def test_an_alias_is_no_click(
    tracking_client: TrackingClient, blog: Partnership, extension: Partnership
) -> None:
    tracking_client.get(link(blog))
    alias = tracking_client.get(link(extension).replace("/t/", "/t/0"))
    assert (alias.status_code, alias.headers["Location"]) == (302, link(extension))
    assert "Set-Cookie" not in alias.headers
    tracking_client.get(alias.headers["Location"])
    assert [click.stood_down for click in clicks(tracking_client)] == [False, True]


def test_an_own_host_answers_for_its_advertiser_alone(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership
) -> None:
    give_hosts(shop, OWN)
    assert tracking_client.get(f"https://{OWN}/t/0{shop.pk}/c/1").status_code == 302
    assert tracking_client.get(f"https://{OWN}/t/{shop.pk}0/c/1").status_code == 404
    assert tracking_client.get(f"https://{OWN}/t/0{shop.pk}0/c/1").status_code == 404
