"""What is not there, or not theirs: said among the ways to what is."""

import pytest
from django.conf import settings
from django.test import Client

from network.models import Advertiser
from tests.support.makers import make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
NOT_FOUND = "Page not found, or you don't have access."


@pytest.mark.parametrize("address", ["/nowhere", "/admin/tracking/conversion/9/change/"])
def test_staff_keep_their_sidebar(shop: Advertiser, address: str) -> None:
    answer = signed_in(make_user("viewer", shop)).get(address)
    assert answer.status_code == 404
    assert NOT_FOUND in text(answer)
    assert 'href="/admin/publishers/partnership/"' in answer.content.decode()
    assert "'unsafe-eval'" in answer.headers["Content-Security-Policy"]


def test_a_team_keeps_its_pages(shop: Advertiser) -> None:
    publisher = make_publisher("Blog")
    client = signed_in(make_user("member", publisher))
    for address, status in (("/nowhere", 404), ("/admin/", 403), ("/dashboard/999/", 404)):
        answer = client.get(address, follow=True)
        assert answer.status_code == status
        assert f'href="/dashboard/{publisher.pk}/sales/"' in answer.content.decode()


def test_of_several_publishers_it_is_the_one_in_the_address() -> None:
    first = make_publisher("Blog")
    second = make_publisher("Loop", team=first.team)
    client = signed_in(make_user("member", first))
    answer = client.get(f"/dashboard/{second.pk}/sales/999999/")
    assert answer.status_code == 404
    assert f'href="/dashboard/{second.pk}/sales/"' in answer.content.decode()


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_others_are_told_and_led_home(who: str) -> None:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    if who == "stranger":
        client.force_login(make_user())
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert NOT_FOUND in text(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Dashboard" not in text(answer)
