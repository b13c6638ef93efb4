"""The what-if page: asking, and reading the answer."""

import copy
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from network.models import User
from network.pages.site.definitions import figure
from publishers.models import CookieTypeAssignment, ModelType
from publishers.policy import deciding
from tests.support.founding import made_once
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUS, Market, counted, make_market
from tracking.pages.whatif import form as whatif_form
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.answer_csv import MOVE_COLUMNS, PARTNER_COLUMNS, safe
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]
PAGE = "/admin/whatif/"


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Market]:
    """The market of all tests of this module, also of those that do not ask for it."""
    with made_once(django_db_blocker, make_market) as market:
        yield market


@pytest.fixture
def market(founded: Market) -> Market:
    """For one test, which may change it."""
    return copy.deepcopy(founded)


@pytest.fixture
def owner(market: Market) -> User:
    return make_user("owner", market.shop, name="olga")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


def ask(client: Client, market: Market, rows: Any = 3, **typed: Any) -> Any:
    sent = {"advertiser": market.shop.pk, "days": 90, **sent_rows(rows), **typed}
    return client.post(PAGE, sent)


def sent_rows(count: int) -> dict[str, int]:
    return {"rows-TOTAL_FORMS": count, "rows-INITIAL_FORMS": 0}


def errors_of(response: Any) -> dict[str, str]:
    """By the name of the field as it is sent."""
    form = response.context["form"]
    found = {form.add_prefix(name): str(errors) for name, errors in form.errors.items()}
    for row in form.rows:
        found |= {row.add_prefix(name): str(errors) for name, errors in row.errors.items()}
    return found


def row_of(response: Any, number: int = 1) -> dict[str, Any]:
    """What a row of the page holds."""
    row = response.context["form"].rows[number - 1]
    return {name: row[name].value() for name in row.fields}


def the_run() -> WhatIfRun:
    return WhatIfRun.objects.get()


def change_of(market: Market) -> Change:
    return the_run().question.changes[market.shop.pk]


def answered(client: Client, market: Market, **typed: Any) -> Any:
    response = ask(client, market, **typed)
    assert response.status_code == 302, errors_of(response)
    counted(the_run())
    return client.get(response.url)


# Asking


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


# The answer


def test_the_answer_is_reckoned_right(client: Client, market: Market) -> None:
    page = text(answered(client, market, **{"partner-1": "Cat of Shop", "type-1": "soft"}))
    assert (
        "From 12 Dec 2025 to 12 Mar 2026, 2 of 4 sales would have ended differently with this "
        "change. £10.00 would have gone to 1 other partner." in page
    )
    assert "Asked by olga, 12 Mar 2026 14:00 UTC: Shop, the sales of 90 days." in page
    assert f"Cat of Shop asked about 3 1 {MINUS}2 £15.00 £5.00 {MINUS}£10.00" in page
    assert "Blog of Shop 1 3 +2 £5.00 £15.00 +£10.00" in page
    assert "Longer windows reach as far as journeys are known." in page


def test_a_partner_without_sales_has_its_row(client: Client, market: Market) -> None:
    make_partner(market.shop, make_publisher("Radar"))
    page = text(answered(client, market, **{"partner-1": "Radar", "type-1": "soft"}))
    assert "none of 4 sales would have ended differently" in page
    assert "Radar asked about 0 0 0 £0.00 £0.00 £0.00 2 others, unchanged 4 4 0" in page
    assert "Radar" in [row[3] for row in table(client, "partners")]


def test_many_partners_without_sales_share_one(client: Client, market: Market) -> None:
    for number in range(13):
        make_partner(market.shop, make_publisher(f"New {number}", model_type="cashback"))
    page = text(answered(client, market, **{"kind-cashback": "soft"}))
    assert "13 more asked about, without sales 0 0 0 £0.00 £0.00 £0.00 2 others" in page
    assert len(table(client, "partners")) == 16


def test_at_several_advertisers_it_counts_partnerships(market: Market) -> None:
    """The same two publishers work for both: of each is told at each advertiser."""
    second = make_advertiser("Second", percent=Decimal(10))
    blog = make_partner(second, market.blog.publisher, "hard")
    extension = make_partner(second, market.extension.publisher, "hard")
    shopper = Shopper()
    shopper.follow(blog, NOW - 2 * DAY)
    shopper.follow(extension, NOW - DAY)
    shopper.buy(second, NOW - DAY + timedelta(minutes=1), amount="50.00")
    operator, soft = make_user("operator"), Change({extension.publisher_id: CookieType.SOFT})
    question = Question({market.shop.pk: soft, second.pk: soft}, NOW - 90 * DAY, NOW)
    run = counted(runs.start(question, NOW, made_by=operator))
    page = text(signed_in(operator).get(f"{PAGE}{run.pk}/"))
    assert "Cat of Shop: soft" in page
    assert "£15.00 would have gone to 2 other partnerships." in page


def test_a_window_that_would_have_closed_pays_nobody(client: Client, market: Market) -> None:
    """With nobody asked about, those who gain are just partners."""
    late = Shopper()
    late.follow(market.blog, NOW - 10 * DAY)
    late.buy(market.shop, NOW - 5 * DAY, amount="50.00")
    page = text(answered(client, market, hard_days=2))
    assert "Cookie period: 2 days" in page
    assert "1 of 5 sales" in page
    assert "£5.00 would have gone to nobody." in page


def test_it_leads_to_the_confirmation_with_these_partners(client: Client, market: Market) -> None:
    page = answered(
        client,
        market,
        **{
            "partner-1": "Cat of Shop",
            "type-1": "soft",
            "partner-2": "Blog of Shop",
            "type-2": "soft",
        },
    ).content.decode()
    both = f"{market.blog.pk},{market.extension.pk}"
    assert "Set these 2 partners to soft…" in page
    address = f"/admin/publishers/partnership/cookie-type/?to=soft&amp;partners={both}"
    assert address in page
    assert client.get(address.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(("kind", "is_told"), [("hard", True), ("soft", False)])
def test_why_who_activates_from_the_page_loses_it_when_hard(
    client: Client, market: Market, kind: str, is_told: bool
) -> None:
    deciding.change_terms(market.extension, {"in_page": True}, NOW - DAY, made_by=None)
    page = text(answered(client, market, **{"partner-1": "Cat of Shop", "type-1": kind}))
    note = (
        "Cat of Shop may activate from the page. While it is hard, its activations from the page "
        "do not count."
    )
    assert (note in page) is is_told


def test_windows_lead_to_the_terms(client: Client, market: Market) -> None:
    page = answered(
        client, market, hard_days=7, **{"partner-1": "Cat of Shop", "days-1": 3}
    ).content.decode()
    assert f"/admin/network/advertiser/{market.shop.pk}/terms/" in page
    assert f"/admin/publishers/partnership/{market.extension.pk}/terms/" in page


def test_a_viewer_asks_and_is_led_nowhere(market: Market) -> None:
    viewer = signed_in(make_user("viewer", market.shop))
    page = answered(viewer, market, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    assert "2 of 4 sales" in text(page)
    assert "cookie-type" not in page.content.decode()
    assert CookieTypeAssignment.objects.count() == 2, "those that were there before"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param("waiting", "Waiting to be counted: 4 sales. Cancel Look again", id="waiting"),
        pytest.param("counting", "3 of 4 Cancel Look again", id="counting"),
        pytest.param("cancelled", "Counting was cancelled. Count again", id="cancelled"),
        pytest.param("failed", "This could not be counted", id="failed"),
    ],
)
def test_each_state_is_told(client: Client, market: Market, status: str, said: str) -> None:
    address = ask(client, market, hard_days=7).url
    WhatIfRun.objects.update(status=status, counted=3, error="KeyError: secret")
    page = text(client.get(address))
    assert said in page
    assert "secret" not in page


def test_over_no_data_it_says_what_to_do(client: Client) -> None:
    shop = make_advertiser()
    make_partner(shop, make_publisher("New"))
    client = signed_in(make_user("owner", shop))
    response = client.post(
        PAGE,
        {
            "advertiser": shop.pk,
            **sent_rows(1),
            "days": 7,
            "partner-1": "New",
            "type-1": "soft",
        },
    )
    counted(the_run())
    page = text(client.get(response["Location"]))
    assert "No sales in 7 days: nothing to replay. Choose more days" in page


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


# Who sees it


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


# CSV


def table(client: Client, name: str) -> list[list[str]]:
    response = client.get(f"{PAGE}{the_run().pk}/{name}.csv")
    assert response["Content-Disposition"] == (
        f'attachment; filename="what-if-2026-03-12-{name}.csv"'
    )
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_tables_can_be_downloaded(client: Client, market: Market) -> None:
    answered(client, market, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    blog, cat = str(market.blog.publisher_id), str(market.extension.publisher_id)
    shop, examples = str(market.shop.pk), "Shop-2 Shop-3"
    head, *rows = table(client, "partners")
    assert tuple(head) == PARTNER_COLUMNS
    assert rows == [
        [shop, "Shop", blog, "Blog of Shop", "1", "5.00", "3", "15.00", "2", "10.00", "GBP"],
        [shop, "Shop", cat, "Cat of Shop", "3", "15.00", "1", "5.00", "-2", "-10.00", "GBP"],
    ]
    head, *rows = table(client, "moves")
    assert tuple(head) == MOVE_COLUMNS
    assert rows == [
        [shop, "Shop", cat, "Cat of Shop", blog, "Blog of Shop", "2", "10.00", "GBP", examples]
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_text_in_a_spreadsheet(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(f"Blog {text}") == f"Blog {text}"


def test_names_cannot_be_formulas(client: Client, market: Market) -> None:
    evil = make_partner(market.shop, make_publisher('=HYPERLINK("x")'), "hard")
    shopper = Shopper()
    shopper.follow(evil, NOW - DAY)
    shopper.buy(market.shop, NOW - DAY + timedelta(minutes=1))
    answered(client, market, hard_days=7)
    assert '\'=HYPERLINK("x")' in [row[3] for row in table(client, "partners")]


def test_there_is_no_csv_before_the_answer_nor_another_table(
    client: Client, market: Market
) -> None:
    address = ask(client, market, hard_days=7).url
    assert client.get(f"{address}partners.csv").status_code == 404
    counted(the_run())
    assert client.get(f"{address}partners.csv").status_code == 200
    assert client.get(f"{address}users.csv").status_code == 404


def test_the_columns_are_defined() -> None:
    names = ("sales_before", "sales_after", "sales_difference")
    assert all(figure(f"whatif_{name}") for name in names)
    definition = figure("whatif_difference").definition
    assert definition.startswith("Commission after, less commission before.")


# How much it asks


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
