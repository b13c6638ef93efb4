"""The page on which staff ask what would have become of the last sales."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import User
from publishers.policy import deciding
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, Market, counted, make_market, the_run
from tests.tracking.pages.whatif.asking import PAGE, answered, ask, change_of, errors_of
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_a_partner_is_asked_about_by_name_and_id(client: Client, market: Market) -> None:
    page = client.get(PAGE)
    label = f"Cat of Shop ({market.extension.publisher_id})"
    assert f'<option value="{label}">' in page.content.decode()
    response = ask(client, market, **{"partner-1": label, "type-1": "soft"})
    assert response.url == f"/admin/whatif/{the_run().pk}/"
    assert change_of(market) == Change(types={market.extension.publisher_id: CookieType.SOFT})
    question = the_run().question
    assert (question.since, question.until) == (NOW - 90 * DAY, NOW)


@pytest.mark.parametrize("typed", ["Cat of Shop", "cat of shop ", "{id}", "({id})"])
def test_a_partner_is_found_by_name_or_id(client: Client, market: Market, typed: str) -> None:
    typed = typed.format(id=market.extension.publisher_id)
    ask(client, market, **{"partner-2": typed, "type-2": "soft"})
    assert list(change_of(market).types) == [market.extension.publisher_id]


def test_everything_can_be_asked_at_once(client: Client, market: Market) -> None:
    ask(
        client,
        market,
        days=30,
        soft_rule="last",
        hard_days=14,
        soft_hours=48,
        **{"partner-1": "Blog of Shop", "type-1": "soft", "days-1": 7},
        **{"partner-2": "Cat of Shop", "days-2": 3},
    )
    blog, cat = market.blog.publisher_id, market.extension.publisher_id
    assert change_of(market) == Change(
        types={blog: CookieType.SOFT},
        soft_rule=SoftRule.LAST,
        hard_days=14,
        own_hard_days={blog: 7, cat: 3},
        soft_hours=48,
    )
    page = text(client.get(f"{PAGE}{the_run().pk}/"))
    assert (
        "Blog of Shop: soft; Last: a later soft click takes over from a soft one; Cookie period: "
        "14 days; Cookie period of Blog of Shop: 7 days; Cookie period of Cat of Shop: 3 days; "
        "Soft cookies: 48 hours at most" in page
    )


def test_a_model_type_means_those_for_whom_the_default_decides(
    client: Client, market: Market
) -> None:
    free = make_partner(market.shop, make_publisher("Free", model_type="extension"))
    page = text(client.get(PAGE))
    assert "Extension 1 of 2" in page
    ask(client, market, **{"kind-extension": "hard"})
    assert change_of(market).types == {free.publisher_id: CookieType.HARD}


def test_a_row_outweighs_its_model_type(client: Client, market: Market) -> None:
    make_partner(market.shop, make_publisher("Free", model_type="extension"))
    ask(client, market, **{"kind-extension": "hard", "partner-1": "Free", "type-1": "soft"})
    assert set(change_of(market).types.values()) == {CookieType.SOFT}


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        pytest.param({}, "__all__", "Nothing is different yet", id="no_change"),
        pytest.param(
            {"partner-1": "Dog", "type-1": "soft"},
            "partner-1",
            "There is no partner “Dog”. Choose one from the list",
            id="unknown_partner",
        ),
        pytest.param({"type-2": "soft"}, "partner-2", "Name the partner", id="no_partner"),
        pytest.param(
            {"partner-1": "Cat of Shop"},
            "type-1",
            "Say what would be different for Cat of Shop",
            id="nothing_about_a_partner",
        ),
        pytest.param(
            {
                "partner-1": "Cat of Shop",
                "type-1": "soft",
                "partner-3": "Cat of Shop",
                "type-3": "hard",
            },
            "partner-3",
            "Cat of Shop is in row 1 already",
            id="twice",
        ),
        pytest.param(
            {"kind-extension": "soft", "hard_days": "9"},
            "kind-extension",
            "The default decides for nobody: the only partner of model type Extension has a",
            id="model_type_of_nobody",
        ),
        pytest.param(
            {"days": "0", "hard_days": 9}, "days", "greater than or equal to 1", id="zero"
        ),
        pytest.param(
            {"days": "401", "hard_days": 9}, "days", "less than or equal to 400", id="long"
        ),
        pytest.param({"days": "", "hard_days": 9}, "days", "required", id="no_days"),
        pytest.param({"days": "x", "hard_days": 9}, "days", "Enter a whole number", id="no_number"),
        pytest.param({"hard_days": "401"}, "hard_days", "less than or equal to 400", id="window"),
        pytest.param({"soft_hours": "0"}, "soft_hours", "greater than or equal to 1", id="hours"),
        pytest.param({"soft_rule": "none"}, "soft_rule", "Select a valid choice", id="rule"),
        pytest.param(
            {"partner-1": "Cat of Shop", "days-1": "999"},
            "days-1",
            "less than or equal to 400",
            id="own_period",
        ),
    ],
)
def test_bad_input_names_its_field_and_is_kept(
    client: Client, market: Market, typed: dict[str, Any], field: str, error: str
) -> None:
    response = ask(client, market, **typed)
    errors = errors_of(response)
    assert list(errors) == [field]
    assert error in errors[field]
    said = response.content.decode()
    for name, value in typed.items():
        if not name.startswith(("type", "kind")) and name != "soft_rule":
            assert f'value="{value}"' in said or value == "", name
    assert not WhatIfRun.objects.exists()


def test_more_rows_keep_what_is_typed(client: Client, market: Market) -> None:
    typed = {"partner-1": "Cat of", "type-1": "soft", "hard_days": "x", "do": "rows"}
    page = ask(client, market, **typed).content.decode()
    assert 'value="Cat of"' in page
    assert 'value="x"' in page
    assert 'name="partner-6"' in page
    assert "correct" not in page
    assert 'name="rows-TOTAL_FORMS" value="6"' in page


def test_a_partner_that_left_can_be_asked_about(client: Client, market: Market) -> None:
    deciding.change_terms(market.extension, {"status": "ended"}, NOW - DAY, made_by=None)
    page = answered(client, market, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    assert "2 of 4 sales" in text(page)


def test_an_operator_chooses_whose_sales(market: Market) -> None:
    other = make_market("Other")
    client = signed_in(make_user("operator"))
    page = text(client.get(PAGE))
    assert "Whose sales? Choose the advertiser above." in page
    page = client.get(f"{PAGE}?advertiser={other.shop.pk}").content.decode()
    assert "Cat of Other" in page
    assert "Cat of Shop" not in page


def test_nobody_else_sees_it(client: Client, market: Market) -> None:
    address = ask(client, market, hard_days=7).url
    counted(the_run())
    for somebody in (make_user("owner", market.shop), make_user("operator")):
        other = signed_in(somebody)
        assert other.get(address).status_code == 404
        assert other.post(address, {"do": "cancel"}).status_code == 404
        assert other.get(f"{address}partners.csv").status_code == 404
        assert "Cookie period: 7" not in text(other.get(PAGE))


def test_who_left_the_advertiser_sees_it_no_more(
    client: Client, market: Market, owner: User
) -> None:
    address = ask(client, market, hard_days=7).url
    owner.staff_memberships.all().delete()
    owner.staff_memberships.create(advertiser=make_advertiser(), role="owner")
    assert client.get(address).status_code == 404
    assert "Cookie period: 7" not in text(client.get(PAGE))


def test_another_tenants_advertiser_and_partner_are_not_there(
    client: Client, market: Market
) -> None:
    other = make_market("Other")
    assert client.get(f"{PAGE}?advertiser={other.shop.pk}").status_code == 404
    assert ask(client, other, hard_days=7).status_code == 404
    key = other.blog.publisher_id
    response = ask(client, market, **{"partner-1": str(key), "type-1": "soft"})
    assert list(errors_of(response)) == ["partner-1"]


def test_sixty_partners_ask_no_more_than_three(client: Client, market: Market) -> None:
    def queries(names: Sequence[str]) -> int:
        for name in names:
            make_partner(market.shop, make_publisher(name), "hard")
        rows = {f"partner-{number}": name for number, name in enumerate(names, 1)}
        types = {f"type-{number}": "soft" for number in range(1, len(names) + 1)}
        address = ask(client, market, rows=60, **rows, **types).url
        counted(WhatIfRun.objects.latest("pk"))
        with CaptureQueriesContext(connection) as found:
            client.get(address)
            client.get(PAGE)
        return len(found)

    assert queries(["A", "B", "C"]) == queries([f"P{number}" for number in range(60)])


def test_one_too_many_at_once_is_said_in_the_form_and_on_an_earlier_answer(
    client: Client, market: Market
) -> None:
    for days in range(runs.MOST_OF_PERSON):
        ask(client, market, hard_days=days + 1)
    response = ask(client, market, hard_days=300)
    assert "3 of your what-ifs are still being counted" in text(response)
    assert 'value="300"' in response.content.decode()
    run = WhatIfRun.objects.all()[0]
    WhatIfRun.objects.filter(pk=run.pk).update(created_at=NOW - DAY)
    page = client.post(f"/admin/whatif/{run.pk}/", {"do": "again"}, follow=True)
    assert "3 of your what-ifs are still being counted" in text(page)
    assert WhatIfRun.objects.count() == runs.MOST_OF_PERSON
