"""Sales without a click id of one network: so many are remembered within an hour."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, make_advertiser
from tests.wire.answers import link, token_in
from tracking.models import Commission, Conversion, OrderSeen, Report, UnattributedSales
from tracking.wire import crowds, native

MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "MOST", MOST)
    monkeypatch.setattr(native, "CROWDS", crowds.Crowds())


def pixel(client: TrackingClient, shop: Advertiser, order: str, address: str, **more: str) -> None:
    """An order from a shopper at this address."""
    query = {"order": order, "amount": "10.00", **more}
    headers = {"X-Forwarded-For": address}
    answer = client.get(f"/t/{shop.id}/pixel.gif", params=query, headers=headers)
    assert answer.status_code == 200


@pytest.fixture
def behind_a_proxy(settings: object) -> None:
    settings.TRUSTED_PROXIES = 1  # type: ignore[attr-defined]


def test_a_stranger_is_remembered_so_often_and_pushes_nobody_out(
    tracking_client: TrackingClient, shop: Advertiser, behind_a_proxy: None
) -> None:
    for number in range(MOST + 2):
        pixel(tracking_client, shop, f"made-up-{number}", f"203.0.113.{number}")
    pixel(tracking_client, shop, "real", "198.51.100.7")
    tracking_client.drain()

    assert OrderSeen.objects.count() == MOST + 1
    assert UnattributedSales.objects.get().count == MOST + 1
    refused = Report.objects.order_by("order")
    assert [(row.order, row.outcome) for row in refused] == [
        (f"made-up-{number}", "invalid") for number in (MOST, MOST + 1)
    ]
    assert "from one network" in refused[0].errors[0]["expected"]
    assert refused[0].sent["amount"] == "10.00"


def test_it_leaves_other_shops_alone(tracking_client: TrackingClient, shop: Advertiser) -> None:
    other = make_advertiser()
    for number in range(MOST + 1):
        pixel(tracking_client, shop, f"made-up-{number}", "203.0.113.1")
    pixel(tracking_client, other, "real", "203.0.113.1")
    tracking_client.drain()

    assert OrderSeen.objects.filter(advertiser=other).count() == 1


def test_its_click_after_the_order_is_later_still(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    now: Traveller,
    behind_a_proxy: None,
) -> None:
    """The order of a shopper elsewhere was remembered, whatever a stranger sent before it."""
    for number in range(MOST + 2):
        pixel(tracking_client, shop, f"made-up-{number}", "203.0.113.1")
    pixel(tracking_client, shop, "real", "198.51.100.7")
    now.shift(timedelta(minutes=1))
    token = token_in(tracking_client.get(link(blog)))
    now.shift(timedelta(minutes=1))
    pixel(tracking_client, shop, "real", "198.51.100.7", click=token)
    tracking_client.drain()

    assert Conversion.objects.get().at == NOW
    assert not Commission.objects.exclude(status="declined").exists()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("203.0.113.9", id="same_network"),
        pytest.param("198.51.100.7", id="another_network"),
    ],
)
def test_a_sale_with_a_click_counts_in_any_crowd(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    now: Traveller,
    behind_a_proxy: None,
    address: str,
) -> None:
    for number in range(MOST + 2):
        pixel(tracking_client, shop, f"made-up-{number}", "203.0.113.1")
    token = token_in(tracking_client.get(link(blog)))
    now.shift(timedelta(minutes=1))
    pixel(tracking_client, shop, "real", address, click=token)
    tracking_client.drain()

    assert Commission.objects.get().publisher_id == blog.publisher_id


def test_an_hour_later_it_is_remembered_again(
    tracking_client: TrackingClient, shop: Advertiser, now: Traveller, behind_a_proxy: None
) -> None:
    for hour in range(2):
        for number in range(MOST + 1):
            pixel(tracking_client, shop, f"{hour}-{number}", "203.0.113.1")
        now.shift(timedelta(hours=1))
    tracking_client.drain()
    assert OrderSeen.objects.count() == 2 * MOST


def test_so_many_networks_are_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "MOST_REMEMBERED", 2)
    counted = crowds.Crowds()
    for _ in range(MOST):
        counted.is_crowded(1, "203.0.113.1", NOW)
    assert counted.is_crowded(1, "203.0.113.2", NOW)
    for number in range(5):
        counted.is_crowded(1, f"198.51.{number}.1", NOW)
    assert len(counted.counts) == 2
