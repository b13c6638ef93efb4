"""The list of partners, setting their cookie type, and a partner's terms."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.effective.rows import SPREAD
from network.models import Advertiser, User
from publishers.cookie_types import resolution as cookie_types
from publishers.models import (
    CookieTypeAssignment,
    Partnership,
    PartnershipTerms,
)
from publishers.policy import assigning
from tests.support.makers import NOW, make_partner, make_publisher
from tests.support.reading import post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PARTNERS = "/admin/publishers/partnership/"
COOKIE_TYPE = f"{PARTNERS}cookie-type/"


def rows(client: Client, query: str = "") -> list[str]:
    """The rows of the partner list, as text."""
    page = client.get(f"{PARTNERS}{query}").content.decode()
    cells = re.findall(r'<tr class="data-row.*?</tr>', page, flags=re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


NO_SALES = "0 0 £0.00 — "
TOO_FEW = "— Too few sales (0)"


def test_the_list_tells_cookie_type_and_where_it_comes_from(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    earlier = NOW - timedelta(days=9)
    assigning.assign([partners["Blog"]], "soft", earlier, reason="Agreed", made_by=None)
    december = NOW + timedelta(days=264)
    assigning.assign(
        [partners["Cash"]], "soft", NOW, start=december, reason="New terms", made_by=None
    )
    ids = {name: partnership.publisher_id for name, partnership in partners.items()}
    assert rows(owner) == [
        f"Blog {ids['Blog']} · Content Soft set individually, since 3 Mar 2026 "
        f"{NO_SALES}Stood down 0 {TOO_FEW}",
        f"Cash {ids['Cash']} · Cashback Hard Cashback default → Soft on 1 Dec 2026 "
        f"{NO_SALES}0 {TOO_FEW}",
        f"Cat {ids['Cat']} · Extension Soft Extension default {NO_SALES}Stood down 0 {TOO_FEW}",
        f"Over {ids['Over']} · Overlay Soft Overlay default {NO_SALES}Stood down 0 {TOO_FEW}",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?cookie_type=hard", ["Blog", "Cash"], id="hard"),
        pytest.param("?cookie_type=soft", ["Cat", "Over"], id="soft"),
        pytest.param("?cookie_type=changing", ["Cash"], id="changing"),
        pytest.param("?source=own", ["Over"], id="own"),
        pytest.param("?source=default", ["Blog", "Cash", "Cat"], id="default"),
        pytest.param("?model_type=overlay", ["Over"], id="model_type"),
        pytest.param("?status=approved", ["Blog", "Cash", "Cat"], id="status"),
        pytest.param("?status=ended", ["Over"], id="other_status"),
        pytest.param("?q=ca", ["Cash", "Cat"], id="search"),
        pytest.param("?cookie_type=soft&q=ca", ["Cat"], id="both"),
    ],
)
def test_the_list_is_filtered(
    owner: Client, partners: dict[str, Partnership], query: str, found: list[str]
) -> None:
    earlier = NOW - timedelta(days=9)
    assigning.assign([partners["Over"]], "soft", earlier, reason="Agreed", made_by=None)
    later = NOW + timedelta(days=9)
    assigning.assign([partners["Cash"]], "soft", NOW, start=later, reason="New", made_by=None)
    PartnershipTerms.objects.create(
        advertiser=partners["Over"].advertiser,
        publisher=partners["Over"].publisher,
        partnership=partners["Over"],
        status="ended",
        starts_at=earlier,
        created_at=earlier,
    )
    assert [row.split()[0] for row in rows(owner, query)] == found


def test_a_filter_that_is_not_there_leads_to_the_whole_list(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    answer = owner.get(f"{PARTNERS}?cookie_type=medium", follow=True)
    assert answer.redirect_chain
    assert answer.context["cl"].result_count == len(partners)


def test_the_list_takes_the_same_queries_however_long_it_is(
    owner: Client, shop: Advertiser, partners: dict[str, Partnership]
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            owner.get(PARTNERS)
        return [query["sql"] for query in captured]

    few = queries()
    for number in range(20):
        make_partner(shop, make_publisher(f"More {number}"), "soft")
    many = queries()
    assert len(few) == len(many)
    assert [re.findall(r'FROM "(\w+)"', sql)[-1] for sql in many if "FROM" in sql] == [
        "django_session",
        "network_user",
        "network_staffmembership",
        "publishers_teammembership",
        "network_advertiser",  # to choose from
        "publishers_partnership",  # how many
        "publishers_partnership",  # the page, with model type and status in force
        "publishers_cookietypeassignment",
        "publishers_publishermodeltype",
        "publishers_modeltypecookietype",
        "publishers_partnershipterms",
    ]


def test_a_filter_shows_what_is_chosen(owner: Client, partners: dict[str, Partnership]) -> None:
    assert "Cookie type: All" in text(owner.get(PARTNERS))
    page = text(owner.get(f"{PARTNERS}?cookie_type=soft"))
    assert "Cookie type: Soft" in page
    assert "Clear filters" in page


def test_an_empty_list_says_what_comes_next(owner: Client, shop: Advertiser) -> None:
    page = text(owner.get("/admin/tracking/conversion/"))
    assert "No sales yet. A sale appears when the shop reports an order" in page
    page = text(owner.get("/admin/tracking/conversion/?q=nowhere"))
    assert "Nothing matches. Show all sales" in page


def test_each_action_on_the_selection_is_a_button(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    page = owner.get(PARTNERS).content.decode()
    offered = re.findall(r'<button type="submit" name="action" value="(\w+)"', page)
    assert offered == ["set_soft", "set_hard", "set_default", "approve"]
    data = {"action": "set_soft", "index": "0", "_selected_action": [partners["Blog"].pk]}
    answer = owner.post(PARTNERS, {**data, "select_across": "0"}, follow=True)
    assert "Set Blog to soft" in text(answer)
    assert answer.redirect_chain, "Reload would send the selection again."


# Setting a cookie type


def select(client: Client, action: str, chosen: list[Partnership]) -> Any:
    data = {"action": action, "_selected_action": [str(row.pk) for row in chosen]}
    return client.post(PARTNERS, data, follow=True)


def test_the_confirmation_lists_who_is_concerned(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    page = text(select(owner, "set_soft", list(partners.values())))
    assert "Set 2 partners to soft" in page
    assert "2 chosen partners are soft already." in page
    assert re.search(
        r"Blog \d+ Content Hard Content default — Soft set individually, since 12 Mar 2026", page
    )
    stays = "Extension Soft Extension default — Soft Extension default; no change"
    assert re.search(rf"Cat \d+ {stays}", page)
    assert not CookieTypeAssignment.objects.exists()


def test_it_sets_partners_to_soft(owner: Client, partners: dict[str, Partnership]) -> None:
    chosen = ",".join(str(row.pk) for row in partners.values())
    data = {
        "to": "soft",
        "partners": chosen,
        "reason": "Soft from now on",
        "internal_note": "Talked",
    }
    page = text(post(owner, COOKIE_TYPE, **data))
    assert "Set 2 partners to soft, from 12 Mar 2026 14:00 UTC. Clicks already made keep" in page
    made = CookieTypeAssignment.objects.order_by("publisher__name")
    assert [row.publisher.name for row in made] == ["Blog", "Cash"]
    for row in made:
        assert row.cookie_type == "soft"
        assert row.starts_at == NOW + SPREAD
        assert (row.reason, row.internal_note) == ("Soft from now on", "Talked")
        assert str(row.made_by) == "olga"
    assert LogEntry.objects.filter(object_id=str(partners["Blog"].pk)).count() == 1


def test_it_sets_partners_back_to_the_default(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    assigning.assign(
        [partners["Cat"]], "hard", NOW - timedelta(days=1), reason="Trial", made_by=None
    )
    page = text(select(owner, "set_default", [partners["Cat"], partners["Blog"]]))
    assert "Set Cat back to its model type's default" in page
    assert "1 chosen partner has its default already." in page
    data = {"to": "inherit", "partners": partners["Cat"].pk, "reason": "Trial over"}
    post(owner, COOKIE_TYPE, **data)
    decides = cookie_types.policy_of(partners["Cat"])
    assert cookie_types.in_force(decides, NOW + SPREAD).cookie_type == "soft"


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        pytest.param({"reason": ""}, "reason", "This field is required.", id="no_reason"),
        pytest.param({"reason": "   "}, "reason", "This field is required.", id="blank_reason"),
        pytest.param(
            {"start": "2026-03-12T13:59"},
            "start",
            "The start 12 Mar 2026 13:59:00 UTC is in the past. Choose a later one.",
            id="start_in_the_past",
        ),
        pytest.param({"start": "soon"}, "start", "Enter a valid date/time.", id="no_date"),
        pytest.param(
            {"start": "9999-12-31T23:00"},
            "start",
            "The start 31 Dec 9999 23:00 UTC is more than a year ahead. Choose "
            "13 Mar 2027 14:00 UTC or earlier.",
            id="start_too_far_ahead",
        ),
    ],
)
def test_an_error_names_its_field_and_loses_nothing(
    owner: Client,
    partners: dict[str, Partnership],
    changed: dict[str, str],
    field: str,
    error: str,
) -> None:
    data = {"reason": "Because", "internal_note": "Kept", "start": "", **changed}
    response = post(owner, COOKIE_TYPE, to="soft", partners=partners["Blog"].pk, **data)
    assert response.context["form"].errors == {field: [error]}
    assert "Nothing was changed." in text(response)
    assert 'value="Kept"' in response.content.decode()
    assert f'name="partners" value="{partners["Blog"].pk}"' in response.content.decode()
    assert not CookieTypeAssignment.objects.exists()


def test_a_simultaneous_change_is_told(owner: Client, partners: dict[str, Partnership]) -> None:
    start = NOW + timedelta(days=3)
    assigning.assign([partners["Blog"]], "hard", NOW, start=start, reason="First", made_by=None)
    response = post(
        owner,
        COOKIE_TYPE,
        to="soft",
        partners=f"{partners['Cash'].pk},{partners['Blog'].pk}",
        reason="Second",
        start=f"{start:%Y-%m-%dT%H:%M}",
    )
    assert "Another change starts in the same second" in str(
        response.context["form"].errors["start"]
    )
    assert CookieTypeAssignment.objects.count() == 1, "all or none"


def test_the_start_is_in_the_readers_zone(owner: Client, partners: dict[str, Partnership]) -> None:
    User.objects.filter(username="olga").update(time_zone="America/New_York")
    page = text(owner.get(f"{COOKIE_TYPE}?to=soft&partners={partners['Blog'].pk}"))
    assert "Time in America/New_York, at most a year ahead." in page
    data = {"to": "soft", "partners": partners["Blog"].pk, "reason": "R"}
    post(owner, COOKIE_TYPE, start="2026-03-13T09:00", **data)
    assert CookieTypeAssignment.objects.get().starts_at.isoformat() == "2026-03-13T13:00:00+00:00"


def test_there_may_be_nothing_to_change(owner: Client, partners: dict[str, Partnership]) -> None:
    data = {"to": "soft", "partners": str(partners["Cat"].pk)}
    page = text(owner.get(COOKIE_TYPE, data))
    assert "There is nothing to change." in page
    response = post(owner, COOKIE_TYPE, reason="R", **data)
    assert "There is nothing to change" in text(response)
    assert not CookieTypeAssignment.objects.exists()


def test_a_later_start_finds_partners_as_they_will_be_then(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    later = NOW + timedelta(days=3)
    assigning.assign([partners["Cat"]], "hard", NOW, start=later, reason="Trial", made_by=None)
    data = {"to": "soft", "partners": partners["Cat"].pk, "reason": "No trial"}
    page = post(owner, COOKIE_TYPE, start=f"{later + timedelta(hours=1):%Y-%m-%dT%H:%M}", **data)
    assert "Set Cat to soft, from 15 Mar 2026 15:00 UTC." in text(page)


@pytest.mark.parametrize(
    "query", ["", "?to=soft", "?to=medium&partners=1", "?to=soft&partners=x", "?to=soft&partners=0"]
)
def test_a_page_about_nobody_is_not_found(owner: Client, query: str) -> None:
    assert owner.get(f"{COOKIE_TYPE}{query}").status_code == 404
