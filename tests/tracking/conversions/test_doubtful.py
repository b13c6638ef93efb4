"""A sale whose journey only a report knows that says other figures: staff see it."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tracking.conversions.doubtful import of_differing_reports
from tracking.models import Commission, Conversion

pytestmark = pytest.mark.django_db


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    blog = make_publisher("Blog")
    make_partner(shop, blog, "hard")
    return blog


def doubtful() -> set[str]:
    return set(Conversion.objects.filter(of_differing_reports()).values_list("order", flat=True))


@pytest.mark.parametrize("server_first", [False, True])
@pytest.mark.parametrize(
    ("claimed", "server_knows", "is_seen"),
    [
        pytest.param("1.00", False, True, id="guessed"),
        pytest.param("50.00", False, False, id="the_usual_pair"),
        pytest.param("1.00", True, False, id="the_server_sent_the_click_id"),
    ],
)
def test_only_a_claim_with_other_figures_is_seen(
    shop: Advertiser,
    blog: Publisher,
    server_first: bool,
    claimed: str,
    server_knows: bool,
    is_seen: bool,
) -> None:
    token = Browser(shop).click(blog, NOW).token
    known = [token] if server_knows else []
    sent = [
        make_report(shop, "1", NOW + minutes(1), claimed, clicks=[token]),
        make_report(shop, "1", NOW + minutes(1), "50.00", source="keyed", clicks=known),
    ]
    for report in reversed(sent) if server_first else sent:
        record(report)
    assert Commission.objects.get().publisher == blog
    assert Conversion.objects.get().amount_minor == 5000
    assert doubtful() == ({"1"} if is_seen else set())


def test_a_second_report_that_agrees_clears_it(shop: Advertiser, blog: Publisher) -> None:
    browser = Browser(shop)
    token = browser.click(blog, NOW).token
    for amount in ("1.00", "50.00"):
        record(make_report(shop, "1", NOW + minutes(1), amount, clicks=[token]))
    record(make_report(shop, "1", NOW + minutes(1), "50.00", source="keyed"))
    assert doubtful() == set()


def test_staff_see_it_and_find_all_of_them(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    client.force_login(make_user("owner", shop))
    for order, claimed in {"guessed": "1.00", "usual": "50.00"}.items():
        token = Browser(shop).click(blog, NOW).token
        record(make_report(shop, order, NOW + minutes(1), claimed, clicks=[token]))
        record(make_report(shop, order, NOW + minutes(1), "50.00", source="keyed"))
    for sale in Conversion.objects.order_by("pk"):
        page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
        assert ('data-flag="differs"' in page) is (sale.order == "guessed")
    answer = client.get("/admin/tracking/conversion/", {"used": "differs"})
    assert [sale.order for sale in answer.context["cl"].result_list] == ["guessed"]
