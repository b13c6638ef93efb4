"""Lifting a suspension: who may, what it restores, what the partner reads."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Notice, Partnership
from publishers.policy import deciding
from tests.publishers.pages.partners.test_partner_status import (
    address,
    commission,
    sell,
    staff,
    status_of,
)
from tests.support.makers import (
    NOW,
    SetClock,
    finalise,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.tracking.rollups.test_rollups import assert_they_are_right
from tracking.commissions.rulings import Statement
from tracking.lifecycle import suspension
from tracking.lifecycle.validation import validate
from tracking.models import Validation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
MINUTE = timedelta(minutes=1)
BACK: dict[str, Any] = {"action": Validation.Action.TAKE_BACK, "reason": "It was theirs"}
LIFT = {"reason": "The shop was wrong.", "restores": "yes"}


@pytest.fixture
def stuffer(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Stuffer"), "hard")


@pytest.fixture
def operator(db: None) -> User:
    return make_user("operator", name="opal")


def suspended(partner: Partnership, by: User, at: SetClock) -> None:
    """With two orders pending; a minute later."""
    for order in ("1", "2"):
        sell(partner, order)
    suspension.suspend(partner, NOW, reason="Stuffed.", made_by=by)
    at(NOW + MINUTE)


def page_of(client: Client, partner: Partnership) -> str:
    return text(client.get(f"/admin/publishers/partnership/{partner.pk}/change/"))


def test_what_operators_suspended_staff_do_not_lift(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspended(stuffer, operator, at)
    client = staff(shop)
    said = page_of(client, stuffer)
    assert "Lift the suspension…" not in said
    assert "only they can lift the suspension" in said
    page = client.get(address(stuffer, "approved"))
    assert "only they can lift it" in text(page)
    assert b'id="asked"' not in page.content
    answer = client.post(address(stuffer, "approved"), LIFT)
    assert "only they can lift it" in text(answer)
    assert status_of(stuffer) == "suspended"
    assert commission("1").status == "declined"


def test_terms_changed_since_leave_it_the_operators(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    """What decides is who suspended, not who wrote the last row."""
    suspended(stuffer, operator, at)
    owner = make_user("owner", shop, name="olga")
    deciding.change_terms(stuffer, {"hard_days": 7}, NOW + MINUTE, made_by=owner)
    at(NOW + 2 * MINUTE)
    with pytest.raises(deciding.NotDecidable):
        deciding.decide(stuffer, "approved", NOW + 2 * MINUTE, made_by=owner, reason="No")


def test_staff_lift_what_staff_suspended(
    shop: Advertiser, stuffer: Partnership, at: SetClock
) -> None:
    suspended(stuffer, make_user("manager", shop, name="mia"), at)
    answer = staff(shop).post(address(stuffer, "approved"), LIFT, follow=True)
    assert "2 commissions of £16.00 are restored" in text(answer)
    assert status_of_later(stuffer) == "approved"


def status_of_later(partner: Partnership) -> str:
    last = partner.terms.order_by("starts_at").last()
    assert last
    return last.status


def test_it_restores_what_was_declined_with_it(
    stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspended(stuffer, operator, at)
    client = signed_in(operator)
    page = text(client.get(address(stuffer, "approved")))
    assert "Lift the suspension of Stuffer at Shop" in page
    assert "2 commissions of £16.00 were declined with it and can be restored." in page
    client.post(address(stuffer, "approved"), LIFT)
    assert {commission(order).status for order in ("1", "2")} == {"pending"}
    notice = Notice.objects.filter(partnership=stuffer).order_by("-id")[0]
    assert (notice.facts["to"]["status"], notice.reason) == ("approved", "The shop was wrong.")
    assert_they_are_right()


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (["1"], "it is now 1 commission of £8.00."),
        (["1", "2"], "it is now 0 commissions of £0.00."),
    ],
)
def test_it_restores_what_was_shown_or_nothing(
    stuffer: Partnership, operator: User, at: SetClock, closed: list[str], said: str
) -> None:
    """Some were taken back one by one meanwhile."""
    suspended(stuffer, operator, at)
    client = signed_in(operator)
    shown = client.get(address(stuffer, "approved")).context["shown"]
    assert shown == ["2 1600"]
    for order in closed:
        sale = commission(order).conversion
        validate(sale.advertiser_id, sale.pk, Statement(**BACK, made_by=operator), NOW + MINUTE)
    answer = client.post(address(stuffer, "approved"), LIFT | {"shown": shown})
    assert f"What the suspension declined has changed since this page was opened: {said}" in text(
        answer
    )
    assert status_of_later(stuffer) == "suspended"
    assert commission("2").status == ("pending" if "2" in closed else "declined")
    anew = LIFT | {"shown": answer.context["shown"]}
    client.post(address(stuffer, "approved"), anew)
    assert status_of_later(stuffer) == "approved"
    assert commission("2").status == "pending"


def test_it_may_leave_them_declined(stuffer: Partnership, operator: User, at: SetClock) -> None:
    suspended(stuffer, operator, at)
    answer = signed_in(operator).post(
        address(stuffer, "approved"), LIFT | {"restores": "no"}, follow=True
    )
    assert "No commission was restored." in text(answer)
    assert {commission(order).status for order in ("1", "2")} == {"declined"}
    assert status_of_later(stuffer) == "approved"


def test_what_staff_declined_stays_declined(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    theirs = sell(stuffer, "theirs")
    staff(shop).post(f"/admin/tracking/conversion/{theirs.pk}/decline/", {"code": "returned"})
    suspended(stuffer, operator, at)
    assert suspension.restorable(stuffer, operator) == suspension.Pending(2, 1600)
    signed_in(operator).post(address(stuffer, "approved"), LIFT)
    assert commission("theirs").status == "declined"


def test_what_has_closed_stays_declined(stuffer: Partnership, operator: User, at: SetClock) -> None:
    suspended(stuffer, operator, at)
    finalise(commission("1").closes_at + MINUTE)
    assert suspension.restorable(stuffer, operator).commissions == 0


def test_what_operators_left_declined_does_not_keep_the_shop_from_lifting_its_own(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspended(stuffer, operator, at)
    suspension.lift(stuffer, NOW + MINUTE, reason="No", made_by=operator, restores=False)
    back = Statement(**BACK, made_by=operator)
    validate(shop.pk, commission("2").conversion_id, back, NOW + MINUTE)
    owner = make_user("owner", shop)
    suspension.suspend(stuffer, NOW + 2 * MINUTE, reason="Stuffed", made_by=owner)
    assert suspension.restorable(stuffer, operator).commissions == 2
    assert suspension.restorable(stuffer, owner) == suspension.Pending(1, 800)
    at(NOW + 3 * MINUTE)
    answer = signed_in(owner).post(address(stuffer, "approved"), LIFT, follow=True)
    assert "1 commission of £8.00 is restored." in text(answer)
    assert [commission(order).status for order in ("1", "2")] == ["declined", "pending"]


@pytest.mark.parametrize("missing", ["reason", "restores"])
def test_it_asks_why_and_what_becomes_of_them(
    stuffer: Partnership, operator: User, at: SetClock, missing: str
) -> None:
    suspended(stuffer, operator, at)
    sent = {name: value for name, value in LIFT.items() if name != missing}
    answer = signed_in(operator).post(address(stuffer, "approved"), sent)
    assert list(answer.context["form"].errors) == [missing]
    assert status_of(stuffer) == "suspended"


def test_with_nothing_to_restore_it_asks_only_why(
    stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspension.suspend(stuffer, NOW, reason="Stuffed.", made_by=operator)
    at(NOW + MINUTE)
    client = signed_in(operator)
    assert "restores" not in client.get(address(stuffer, "approved")).content.decode()
    client.post(address(stuffer, "approved"), {"reason": "The shop was wrong."})
    assert status_of_later(stuffer) == "approved"


def take_back(client: Client, order: str) -> str:
    """What the page says after that was tried."""
    page = f"/admin/tracking/conversion/{commission(order).conversion_id}/take-back/"
    return text(client.post(page, {"reason": "It counts."}, follow=True))


def test_what_an_operator_declined_with_it_staff_do_not_take_back_one_by_one(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspended(stuffer, operator, at)
    client, sale = staff(shop), commission("1").conversion_id
    page = client.get(f"/admin/tracking/conversion/{sale}/change/").content.decode()
    assert "take-back" not in page
    assert "so only they can undo it" in take_back(client, "1")
    assert commission("1").status == "declined"
    take_back(signed_in(operator), "1")
    assert commission("1").status == "pending"


def test_nor_after_the_suspension_was_lifted(
    shop: Advertiser, stuffer: Partnership, operator: User, at: SetClock
) -> None:
    suspended(stuffer, operator, at)
    signed_in(operator).post(address(stuffer, "approved"), LIFT | {"restores": "no"})
    at(NOW + 2 * MINUTE)
    take_back(staff(shop), "1")
    assert commission("1").status == "declined"


def test_what_staff_declined_with_it_they_take_back(
    shop: Advertiser, stuffer: Partnership, at: SetClock
) -> None:
    suspended(stuffer, make_user("manager", shop, name="mia"), at)
    take_back(staff(shop), "1")
    assert commission("1").status == "pending"
