"""The pages on which staff approve and decline sales, and what the publisher reads."""

from typing import Any

import pytest
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.makers import (
    make_user,
)
from tests.support.reading import text
from tests.tracking.lifecycle.test_validation import sale_in, say, sell, stand
from tracking.lifecycle.validation import Action
from tracking.models import Commission, Conversion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]


# The pages


def page(client: Client, sale: Conversion) -> str:
    return text(client.get(f"/admin/tracking/conversion/{sale.pk}/change/"))


def post(client: Client, sale: Conversion, action: str, **data: str) -> Any:
    address = f"/admin/tracking/conversion/{sale.pk}/{action}/"
    return client.post(address, data, follow=True)


def test_staff_approve_a_sale_on_its_page(staff: Client, blog: Partnership) -> None:
    sale = sell(blog)
    assert "Approve… Decline… History" in page(staff, sale)
    shown = text(post(staff, sale, "approve", reason="Seen in the shop"))
    assert "Order 7 is approved." in shown
    assert "Credited to Blog · hard · £3.99 · approved · final on 11 Apr 2026 14:00" in shown
    assert "12 Mar 2026 15:00 Approved mia Seen in the shop £3.99 to Blog" in shown
    assert "Decline… History" in shown
    assert "Approve…" not in shown
    log = text(staff.get(f"/admin/tracking/conversion/{sale.pk}/history/"))
    assert "Approved: Seen in the shop" in log


def test_staff_decline_a_sale_and_take_that_back(staff: Client, blog: Partnership) -> None:
    sale = sell(blog)
    shown = text(post(staff, sale, "decline", code="returned", reason="too small."))
    assert "Order 7 is declined." in shown
    assert "Not credited to Blog · hard · £3.99 · declined: Order returned: too small" in shown
    assert "to be closed on 11 Apr 2026 14:00" in shown
    assert "Declined mia Order returned: too small. £3.99 to Blog" in shown
    assert "Undo decline… History" in shown
    refused = post(staff, sale, "take-back", reason="")
    assert list(refused.context["form"].errors) == ["reason"]
    shown = text(post(staff, sale, "take-back", reason="Wrong order"))
    assert "The decline of order 7 is undone." in shown
    assert "Decline taken back mia Wrong order £3.99 to Blog" in shown
    assert "£3.99 · pending · final on" in shown


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        pytest.param({}, ["code"], id="nothing"),
        pytest.param({"code": "mood"}, ["code"], id="unknown_code"),
        pytest.param({"code": "other"}, ["reason"], id="other_without_words"),
        pytest.param({"code": "other", "reason": "  "}, ["reason"], id="other_with_blanks"),
        pytest.param({"code": "fraud", "reason": "x" * 301}, ["reason"], id="too_long"),
        pytest.param({"code": "fraud", "reason": "a\0b"}, ["reason"], id="null_character"),
    ],
)
def test_a_decline_names_what_is_wrong_with_it(
    staff: Client, blog: Partnership, data: dict[str, str], wrong: list[str]
) -> None:
    sale = sell(blog)
    assert list(post(staff, sale, "decline", **data).context["form"].errors) == wrong
    assert stand(sale) == ("pending", "", "")


def test_a_reason_is_text_and_nothing_else(staff: Client, blog: Partnership) -> None:
    sale = sell(blog)
    answer = post(staff, sale, "decline", code="other", reason="<script>alert(1)</script>")
    assert "<script>alert" not in answer.content.decode()
    assert "&lt;script&gt;alert" in answer.content.decode()


def test_a_page_that_has_grown_old_says_why_nothing_can_be_done(
    staff: Client, blog: Partnership, manager: User
) -> None:
    sale = sale_in("declined", blog, manager)
    address = f"/admin/tracking/conversion/{sale.pk}/approve/"
    assert "Order 7 is declined; take that back first." in text(staff.get(address))
    assert b"<textarea" not in staff.get(address).content
    assert "Order 7 is declined; take that back first." in text(post(staff, sale, "approve"))
    assert stand(sale)[0] == "declined"


def test_the_page_says_that_approving_confirms(staff: Client, blog: Partnership) -> None:
    sale = sale_in("unverified", blog, make_user("operator"))
    assert "or an approval confirms it" in page(staff, sale)
    address = f"/admin/tracking/conversion/{sale.pk}/approve/"
    assert "Approving it also confirms it" in text(staff.get(address))


@pytest.mark.parametrize(
    ("role", "offered"), [("operator", True), ("owner", True), ("manager", True), ("viewer", False)]
)
def test_only_those_who_manage_are_offered_it(
    client: Client, shop: Advertiser, blog: Partnership, role: str, offered: bool
) -> None:
    client.force_login(make_user(role, None if role == "operator" else shop))
    sale = sell(blog)
    assert ("Decline…" in page(client, sale)) is offered
    answer = post(client, sale, "decline", code="fraud")
    assert answer.status_code == (200 if offered else 403)
    assert stand(sale)[0] == ("declined" if offered else "pending")


def test_the_publisher_reads_why_and_not_the_notes(
    staff: Client, blog: Partnership, manager: User
) -> None:
    member = make_user("member", blog.publisher)
    sale = sell(blog)
    say(sale, manager, Action.APPROVE, reason="A note for staff")
    reader = Client(HTTP_HOST=staff.defaults.get("HTTP_HOST", "testserver"))
    reader.force_login(member)
    sales = f"/dashboard/{blog.publisher_id}/sales/"
    shown = text(reader.get(sales))
    assert "Approved, final on 11 Apr 2026" in shown
    say(sale, manager, Action.DECLINE, reason="too small")
    one = f"{sales}{Commission.objects.get().pk}/"
    for address in (sales, one):
        shown = text(reader.get(address))
        assert "Declined: Order returned: too small" in shown, address
        assert "A note for staff" not in shown
        assert "mia" not in shown
    assert "Not credited to you · hard · £3.99 · declined: Order returned: too small" in shown
