"""A what-if that is cancelled, changed and asked again."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from publishers.models import ModelType
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, Market, make_market, the_run
from tests.tracking.pages.whatif.asking import PAGE, ask, change_of
from tracking.pages.whatif import form as whatif_form
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def row_of(response: Any, number: int = 1) -> dict[str, Any]:
    """What a row of the page holds."""
    row = response.context["form"].rows[number - 1]
    return {name: row[name].value() for name in row.fields}


def test_it_is_cancelled_and_asked_again(client: Client, market: Market) -> None:
    address = ask(client, market, hard_days=7).url
    assert client.post(address, {"do": "cancel"})["Location"] == address
    assert the_run().status == "cancelled"
    again = client.post(address, {"do": "again"})["Location"]
    assert again != address
    first, second = WhatIfRun.objects.order_by("created_at", "pk")
    assert first.question == second.question


def test_a_question_can_be_changed(client: Client, market: Market) -> None:
    ask(client, market, hard_days=7, days=30, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    page = client.get(f"{PAGE}?again={the_run().pk}")
    form = page.context["form"]
    assert form["days"].value() == 30
    assert form["hard_days"].value() == 7
    row = row_of(page)
    assert row["partner"] == f"Cat of Shop ({market.extension.publisher_id})"
    assert row["type"] == "soft"
    assert "Cat of Shop: soft; Cookie period: 7 days 30 Waiting" in text(page)


def test_a_model_type_is_asked_again_as_a_whole(client: Client, market: Market) -> None:
    """And the others by a row each, however many they are."""
    for number in range(65):
        make_partner(market.shop, make_publisher(f"C{number:02}", model_type="cashback"), "hard")
    for number in range(2):
        make_partner(market.shop, make_publisher(f"L{number}", model_type="loyalty"))
    rows = {f"partner-{number + 1}": f"C{number:02}" for number in range(65)}
    types = {f"type-{number + 1}": "soft" for number in range(65)}
    own = {"partner-66": "L1", "days-66": 3}
    ask(client, market, rows=68, **rows, **types, **own, **{"kind-loyalty": "soft"})
    asked = change_of(market)
    page = client.get(f"{PAGE}?again={the_run().pk}")
    form = page.context["form"]
    assert form["kind-loyalty"].value() == "soft"
    assert (len(form.rows), row_of(page, 67)["partner"]) == (69, None)
    WhatIfRun.objects.all().delete()
    fields = [*form, *(field for row in form.rows for field in row)]
    again = {field.html_name: field.value() or "" for field in fields}
    ask(client, market, rows=69, **again)
    assert change_of(market) == asked
    assert len(asked.types) == 67


def test_a_question_about_more_than_the_form_holds_says_what_is_left_out(
    client: Client, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(
        client,
        market,
        **{"partner-1": "Cat of Shop", "type-1": "soft", "partner-2": "Blog of Shop", "days-2": 3},
    )
    monkeypatch.setattr(whatif_form, "MOST_ROWS", 1)
    page = client.get(f"{PAGE}?again={the_run().pk}")
    assert row_of(page)["partner"].startswith("Blog of Shop")
    assert (
        "The question was about more partners than this form holds. 1 of them is not below and "
        "would not change." in text(page)
    )


def test_the_form_holds_no_more_fields_than_django_reads(market: Market) -> None:
    rows = whatif_form.partner_rows([], initial=[{}] * whatif_form.MOST_ROWS)
    form = whatif_form.WhatIfForm(partners=[], rows=rows)
    fields = [*form, *rows.management_form, *(field for row in rows for field in row)]
    assert len(fields) > 900
    assert len(fields) + len(ModelType) + 5 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def test_more_rows_than_the_form_holds_are_refused(client: Client, market: Market) -> None:
    last = whatif_form.MOST_ROWS + 1
    typed = {f"partner-{last}": "Cat of Shop", f"type-{last}": "soft"}
    response = ask(client, market, rows=last, hard_days=7, **typed)
    assert f"at most {whatif_form.MOST_ROWS} forms" in text(response)
    assert not WhatIfRun.objects.exists()


def test_without_its_rows_the_form_is_refused(client: Client, market: Market) -> None:
    response = client.post(PAGE, {"advertiser": market.shop.pk, "days": 90, "hard_days": 7})
    assert response.status_code == 200
    assert response.context["form"].rows.non_form_errors()
    assert not WhatIfRun.objects.exists()


def test_a_question_about_two_advertisers_is_changed_one_at_a_time(market: Market) -> None:
    other = make_market("Other")
    operator = make_user("operator")
    changes = {
        market.shop.pk: Change(types={market.blog.publisher_id: CookieType.SOFT}),
        other.shop.pk: Change(types={other.extension.publisher_id: CookieType.HARD}),
    }
    run = runs.start(Question(changes, NOW - 30 * DAY, NOW), NOW, made_by=operator)
    client = signed_in(operator)
    said = "You asked this for 2 advertisers at once. Here you change one at a time: below is what"
    for one, name, held in ((market, "Blog of Shop", "soft"), (other, "Cat of Other", "hard")):
        page = client.get(f"{PAGE}?advertiser={one.shop.pk}&again={run.pk}")
        row = row_of(page)
        assert row["partner"].startswith(name)
        assert row["type"] == held
        assert f"{said} you asked for {one.shop}." in text(page)
        assert f'<input type="hidden" name="again" value="{run.pk}">' in page.content.decode()
    third = make_market("Third")
    page = client.get(f"{PAGE}?advertiser={third.shop.pk}&again={run.pk}")
    assert row_of(page)["partner"] is None
    assert "You asked this" not in text(page)
