"""Staff correct a refused report in the admin: asked first, once, and nothing typed is lost."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Publisher
from tests.support.browsing import Browser, minutes, refuse
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import post, signed_in, text
from tracking.models import Conversion, Correction, Report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]
REPORTS = "/admin/tracking/report/"
SENT = {"order": "10023", "amount": "1.234,50", "items": [{"id": "shoe-7"}], "customer": "new"}
RIGHT = {"order": "10023", "amount": "1234.50", "customer": "new"}


@pytest.fixture
def manager(shop: Advertiser) -> User:
    return make_user("manager", shop, name="mia")


@pytest.fixture
def staff(manager: User) -> Client:
    return signed_in(manager)


@pytest.fixture
def refused(shop: Advertiser) -> Report:
    blog: Publisher = make_publisher("Blog")
    make_partner(shop, blog, "hard")
    browser = Browser(shop)
    browser.click(blog, NOW)
    brought = browser.report("x", NOW + minutes(5))
    return refuse(shop, SENT, NOW + minutes(5), source="tag", tokens=brought.tokens)


def page_of(row: Report) -> str:
    return f"{REPORTS}{row.pk}/change/"


def form_of(row: Report) -> str:
    return f"{REPORTS}{row.pk}/correct/"


def test_the_report_says_what_was_sent_what_was_wrong_and_the_remedy(
    staff: Client, refused: Report
) -> None:
    page = staff.get(page_of(refused))
    assert page.context["correct_at"] == form_of(refused)
    said = text(page)
    assert "amount 1.234,50 a number such as 49.90" in said
    assert "Send the total after discounts, without tax and shipping." in said
    assert "As it was sent order 10023 amount 1.234,50" in said
    assert "shoe-7" in said


def test_the_form_begins_with_what_was_sent(staff: Client, refused: Report) -> None:
    form = staff.get(form_of(refused)).context["form"]
    assert {name: form[name].value() or "" for name in form.fields} == {
        "order": "10023",
        "amount": "1.234,50",
        "currency": "",
        "parts": "",
        "voucher": "",
        "customer": "new",
        "channel": "",
    }


def test_checking_shows_what_would_become_of_it_and_changes_nothing(
    staff: Client, refused: Report
) -> None:
    page = post(staff, form_of(refused), do="look", **RIGHT)
    said = text(page)
    assert "Order 10023 over £1,234.50, dated 12 Mar 2026 14:05 UTC." in said
    assert "Blog would be credited £98.76 for a hard click." in said
    assert page.context["form"]["amount"].value() == "1234.50"
    assert Conversion.objects.count() == Correction.objects.count() == 0


def test_taken_in_it_says_what_became_of_it_and_leads_to_the_sale(
    staff: Client, refused: Report, manager: User
) -> None:
    page = post(staff, form_of(refused), **RIGHT)
    sale = Conversion.objects.get()
    assert page.redirect_chain[-1][0] == page_of(refused)
    assert page.context["correction"].conversion == sale
    assert page.context["correct_at"] == ""
    assert f"/admin/tracking/conversion/{sale.pk}/change/" in page.content.decode()
    assert "mia corrected it on 13 Mar 2026 14:00 UTC, and it was taken in." in text(page)
    taken = page.context["correction"].report
    assert staff.get(page_of(taken)).context["origin"].report == refused
    logged = LogEntry.objects.get()
    assert (logged.user, logged.object_id) == (manager, str(refused.pk))
    assert "10023" in logged.change_message


@pytest.mark.parametrize("do", ["look", ""])
def test_one_that_is_wrong_again_shows_each_error_at_its_field_and_loses_nothing(
    staff: Client, refused: Report, do: str
) -> None:
    typed = {**RIGHT, "amount": "much", "parts": "HATS", "voucher": "SAVE5", "do": do}
    form = post(staff, form_of(refused), **typed).context["form"]
    assert set(form.errors) == {"amount", "parts"}
    assert "CODE:amount" in form.errors["parts"][0]
    assert (form["voucher"].value(), form["amount"].value()) == ("SAVE5", "much")
    assert Report.objects.get().outcome == "invalid"


def test_its_items_are_taken_in_as_they_were_sent(staff: Client, refused: Report) -> None:
    post(staff, form_of(refused), **RIGHT)
    taken = Report.objects.get(conversion__isnull=False)
    assert taken.figures["items"] == [{"id": "shoe-7", "quantity": 1}]


def test_a_second_time_is_refused_in_words(staff: Client, refused: Report) -> None:
    post(staff, form_of(refused), **RIGHT)
    again = post(staff, form_of(refused), **{**RIGHT, "order": "10024"})
    assert again.context["effects"].nothing == [
        "This report has been corrected and taken in already."
    ]
    assert Conversion.objects.count() == Correction.objects.count() == 1


def test_a_field_that_is_left_out_is_named_before(staff: Client, refused: Report) -> None:
    page = post(staff, form_of(refused), do="look", **{**RIGHT, "customer": "vip"})
    assert "customer was “vip”. Expected: new or returning." in text(page)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param({"sent": {}}, id="nothing_could_be_read"),
        pytest.param({"sent": {"order": "1", "amount": "x", "test": "yes"}}, id="a_test"),
    ],
)
def test_what_cannot_be_corrected_says_so_on_both_pages(
    staff: Client, refused: Report, shop: Advertiser, report: dict[str, Any]
) -> None:
    Report.objects.filter(advertiser=shop).update(**report)
    page, form = staff.get(page_of(refused)), staff.get(form_of(refused))
    assert page.context["correct_at"] == ""
    assert str(page.context["why_not"]) == form.context["effects"].nothing[0]
    assert str(page.context["why_not"]) in text(page)
    assert 'name="amount"' not in form.content.decode()


@pytest.mark.parametrize(
    ("role", "answer"), [("owner", 200), ("manager", 200), ("viewer", 403), ("operator", 200)]
)
def test_who_may_change_what_is_the_advertisers_corrects(
    shop: Advertiser, refused: Report, role: str, answer: int
) -> None:
    client = signed_in(make_user(role, None if role == "operator" else shop))
    assert client.get(form_of(refused)).status_code == answer
    assert client.get(page_of(refused)).context["correct_at"] == (
        form_of(refused) if answer == 200 else ""
    )
    assert client.post(form_of(refused), RIGHT).status_code == (302 if answer == 200 else 403)
    assert Correction.objects.count() == (answer == 200)
