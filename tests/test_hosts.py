"""Each host answers with its own URLs, and the tracking host answers clicks without a detour."""

import logging
from datetime import timedelta

import pytest
from django.test import override_settings

from network import clock
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.makers import make_advertiser, make_partner, make_publisher
from tests.wire.answers import link, only_click
from tracking import views

EVERY_RESPONSE = {
    "cache-control": "no-store",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
}


@pytest.fixture
def partner(db: None) -> Partnership:
    since = clock.now() - timedelta(days=1)
    return make_partner(make_advertiser(now=since), make_publisher(now=since), now=since)


def test_a_click_goes_the_short_way_with_all_headers(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    answer = tracking_client.get(link(partner))
    assert answer.status_code == 302
    assert answer.content == b""
    assert answer.headers.items() >= {**EVERY_RESPONSE, "content-length": "0"}.items()


def test_the_long_way_where_clicks_go_straight_into_the_database_answers_alike(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    short = tracking_client.get(link(partner))
    tracking_client.cookies.clear()
    with override_settings(INTAKE="direct"):
        long = tracking_client.get(link(partner))
    assert long.status_code == short.status_code == 302
    assert sorted(long.headers) == sorted(short.headers)
    assert len(long.headers.get_list("set-cookie")) == len(short.headers.get_list("set-cookie"))


def test_a_link_with_very_many_parameters_strands_nobody(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    many = "&".join(f"p{number}=1" for number in range(3_000))
    answer = tracking_client.get(f"{link(partner)}?{many}&ref=first&ref=last")
    assert answer.status_code == 302
    assert only_click(tracking_client).references == {"ref": "last"}


@pytest.mark.parametrize(
    ("sent", "reference"),
    [
        pytest.param(b"a%20b+c", "a b c", id="blanks"),
        pytest.param(b"%C3%A4", "ä", id="percent"),
        pytest.param("ä".encode(), "ä", id="utf_8"),
        pytest.param("ä".encode("latin-1"), "ä", id="latin_1"),
    ],
)
def test_it_reads_parameters_as_user_agents_send_them(sent: bytes, reference: str) -> None:
    environ = {"QUERY_STRING": f"ref={sent.decode('latin-1')}"}  # as WSGI hands bytes over
    assert views.parameters(environ) == {"ref": reference}


@pytest.mark.parametrize("path", ["/t/999999/c/1", "/", "/t/1/c/1/", "/t/1/c/x", "/admin/"])
def test_what_is_not_there_gets_the_headers_too(tracking_client: TrackingClient, path: str) -> None:
    answer = tracking_client.get(path)
    assert answer.status_code == 404
    assert answer.headers.items() >= EVERY_RESPONSE.items()


def test_a_failure_is_logged_and_answered(
    tracking_client: TrackingClient,
    partner: Partnership,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no snapshot")

    monkeypatch.setattr(views, "click", fail)
    with caplog.at_level(logging.ERROR):
        answer = tracking_client.get(link(partner))
    assert answer.status_code == 500
    assert "no snapshot" in caplog.text


def test_the_tag_may_be_cached(tracking_client: TrackingClient, partner: Partnership) -> None:
    answer = tracking_client.get(f"/t/{partner.advertiser_id}/tag.js")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_site_has_no_tracking_urls(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    answer = tracking_client.get(f"https://network.localhost{link(partner)}")
    assert answer.status_code == 404
