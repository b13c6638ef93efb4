"""Nobody sees, finds or changes what belongs to another tenant. (That no page names another
tenant is looked at with all else of pages, in ``test_access.py``.)"""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from network.models import User
from tests.network.people.rules import ADMIN
from tests.network.people.test_access import World, is_hidden
from tests.support.makers import make_advertiser, make_user

pytestmark = pytest.mark.django_db


def test_another_tenants_row_is_not_there(world: World) -> None:
    client = world.client("owner_b")
    answers = {
        (model, page): client.get(
            reverse(f"admin:{model}_{page}", args=[world.rows[model].pk])
        ).status_code
        for model in ADMIN
        for page in ("change", "history", "delete")
    }
    assert {key: status for key, status in answers.items() if status != 404} == {}
    assert answers


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("network/advertiser/{a}/terms/", id="terms"),
        pytest.param("network/advertiser/{a}/rate/", id="rate"),
        pytest.param("publishers/partnership/{partnership}/terms/", id="partnership_terms"),
        pytest.param("publishers/partnership/{partnership}/note/", id="note"),
        pytest.param("publishers/partnership/{partnership}/status/?to=ended", id="status"),
        pytest.param(
            "publishers/partnership/cookie-type/?to=soft&partners={partnership}", id="cookie_type"
        ),
        pytest.param("tracking/conversion/{sale}/approve/", id="approve"),
        pytest.param("tracking/conversion/{sale}/decline/", id="decline"),
        pytest.param("tracking/conversion/{sale}/settle/", id="settle"),
        pytest.param("tracking/conversion/{sale}/take-back/", id="take_back"),
        pytest.param("tracking/report/{report}/correct/", id="correct"),
        pytest.param("tracking/conversion/{sale}/", id="redirect_to_the_page"),
    ],
)
def test_another_tenants_row_cannot_be_acted_on(world: World, address: str) -> None:
    row = world.rows["tracking_conversion"]
    partnership = world.rows["publishers_partnership"]
    report = world.rows["tracking_report"]
    path = address.format(a=world.a.pk, partnership=partnership.pk, sale=row.pk, report=report.pk)
    client = world.client("owner_b")
    assert client.get(f"/admin/{path}", follow=True).status_code == 404
    assert client.post(f"/admin/{path}", {"reason": "none"}, follow=True).status_code == 404


def test_an_id_of_another_tenant_in_a_selection_is_not_found(world: World) -> None:
    own = world.b.partnerships.get()
    others = world.rows["publishers_partnership"]
    response = world.client("owner_b").post(
        "/admin/publishers/partnership/cookie-type/",
        {"to": "soft", "partners": f"{own.pk},{others.pk}", "reason": "mine"},
    )
    assert response.status_code == 404
    assert own.assignments.count() == 1


def test_an_action_reaches_own_rows_only(world: World) -> None:
    others = world.rows["publishers_partnership"]
    response = world.client("owner_b").post(
        "/admin/publishers/partnership/",
        {"action": "set_soft", "_selected_action": [str(others.pk)]},
        follow=True,
    )
    assert "Publisher P" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("tracking/conversion/?advertiser={a}", id="filter_that_is_not_offered"),
        pytest.param("tracking/conversion/?advertiser__id__exact={a}", id="made_up_filter"),
        pytest.param("publishers/partnership/?q={p}", id="search"),
        pytest.param("tracking/click/?q={click}", id="search_by_id"),
        pytest.param("tracking/commission/?q={p}", id="search_by_name"),
    ],
)
def test_a_filter_or_search_finds_nothing_of_another_tenant(world: World, path: str) -> None:
    values = {"a": world.a.pk, "p": world.p.pk, "click": world.rows["tracking_click"].pk}
    page = world.client("owner_b").get(f"/admin/{path.format(**values)}").content.decode()
    assert "Publisher P" not in page
    assert "Tenant A" not in page


def test_a_lookup_through_relations_is_refused(world: World) -> None:
    address = "/admin/tracking/commission/?publisher__partnerships__advertiser__name=Tenant+A"
    assert world.client("owner_b").get(address).status_code == 400


def test_staff_of_two_advertisers_choose_between_theirs_only(world: World) -> None:
    c = make_advertiser("Tenant C")
    user = make_user("viewer", c)
    user.staff_memberships.create(advertiser=world.b, role="owner")
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(user)
    page = client.get("/admin/tracking/conversion/").content.decode()
    assert "Tenant B" in page
    assert "Tenant C" in page
    assert "Tenant A" not in page
    another = client.get(f"/admin/tracking/conversion/?advertiser={world.a.pk}")
    assert (another.status_code, another.headers["Location"]) == (
        302,
        "/admin/tracking/conversion/?e=1",
    )


@pytest.mark.parametrize(
    ("model_name", "field_name"),
    [
        pytest.param("staffmembership", "user", id="users"),
        pytest.param("staffmembership", "advertiser", id="advertisers"),
        pytest.param("commissiongroup", "advertiser", id="advertisers_by_group"),
    ],
)
def test_autocomplete_offers_nothing_of_another_tenant(
    world: World, model_name: str, field_name: str
) -> None:
    query = f"?app_label=network&model_name={model_name}&field_name={field_name}&term="
    response = world.client("owner_b").get(f"/admin/autocomplete/{query}")
    if response.status_code == 200:
        assert [item["text"] for item in response.json()["results"]] == ["Tenant B"]
    else:
        assert response.status_code == 403


def test_a_viewer_is_offered_no_action(world: World) -> None:
    page = world.client("viewer_a").get("/admin/publishers/partnership/").content.decode()
    assert "Set soft" not in page
    response = world.client("viewer_a").post(
        "/admin/publishers/partnership/",
        {"action": "set_soft", "_selected_action": [str(world.rows["publishers_partnership"].pk)]},
        follow=True,
    )
    assert "Reason, shown to the partner" not in response.content.decode()


def test_somebody_deactivated_sees_nothing(world: World) -> None:
    client = world.client("owner_a")
    User.objects.filter(pk=world.users["owner_a"].pk).update(is_active=False)
    assert is_hidden(client.get("/admin/"))
