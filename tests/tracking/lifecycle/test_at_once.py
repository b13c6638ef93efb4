"""Two of a shop's staff, the operators and the drain do something about one order at one moment."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from network import clock
from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.browsing import minutes
from tests.support.makers import NOW, make_user
from tests.support.reading import signed_in
from tests.tracking.lifecycle.test_lifted import Order
from tests.tracking.lifecycle.test_validation import LATER
from tracking.lifecycle import finalisation
from tracking.lifecycle.validation import Action
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], Any]


class Moment:
    """What is done to the order; of everybody who uses a page what they were shown."""

    def __init__(self, order: Order) -> None:
        self.order = order
        sale = f"/admin/tracking/conversion/{order.sale.pk}/"
        partner = f"/admin/publishers/partnership/{order.blog.pk}/status/"
        first = str(order.sale.reports.earliest("received_at").pk)
        self.pages: dict[str, tuple[str, dict[str, str]]] = {
            "approve": (f"{sale}approve/", {}),
            "decline": (f"{sale}decline/", {"code": "returned"}),
            "take_back": (f"{sale}take-back/", {}),
            "settle": (f"{sale}settle/", {"report": first}),
            "neither": (f"{sale}settle/", {"report": "neither"}),
            "suspend": (f"{partner}?to=suspended", {}),
            "lift": (f"{partner}?to=approved", {"restores": "yes"}),
        }

    def act(self, name: str, by: User) -> Act:
        if name == "report":
            return lambda: self.order.keyed(LATER, "60.00")
        if name == "close":
            return self.close
        address, typed = self.pages[name]
        client: Client = signed_in(by)
        shown = [str(one) for one in client.get(address).context["shown"]]
        return lambda: client.post(address, {"reason": "Seen", **typed, "shown": shown}).status_code

    def close(self) -> None:
        finalisation.finalise_due(LATER + minutes(90 * 24 * 60))

    def together(self, *acts: Act) -> list[Any]:
        gate, answers = Barrier(len(acts)), []

        def run(act: Act) -> None:
            gate.wait(30)
            try:
                answers.append(act())
            except Exception as error:
                answers.append(error)
            finally:
                connection.close()

        threads = [Thread(target=run, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers


@pytest.fixture
def order(blog: Partnership, manager: User, monkeypatch: pytest.MonkeyPatch) -> Order:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return Order(blog, manager)


@pytest.mark.parametrize(
    ("before", "acts"),
    [
        ("", ("approve", "decline")),
        ("", ("approve", "approve")),
        ("", ("decline", "decline", "approve")),
        ("approved", ("decline", "decline")),
        ("declined", ("take_back", "take_back")),
        ("contested", ("settle", "neither")),
        ("contested", ("settle", "settle")),
    ],
)
def test_one_of_them_is_heard_and_the_others_are_shown_what_it_is_now(
    shop: Advertiser, manager: User, order: Order, before: str, acts: tuple[str, ...]
) -> None:
    prepare(order, before)
    moment, people = Moment(order), staff_of(shop, manager)
    answers = moment.together(*(moment.act(name, people[at]) for at, name in enumerate(acts)))
    assert sorted(answers) == [200] * (len(acts) - 1) + [302]
    assert broken() == []


@pytest.mark.parametrize(
    ("before", "acts"),
    [
        ("", ("suspend", "approve", "report")),
        ("approved", ("suspend", "decline", "close")),
        ("suspended", ("lift", "decline", "report")),
        ("suspended", ("lift", "take_back", "close")),
        ("contested", ("settle", "suspend", "report")),
        ("", ("approve", "close", "report")),
    ],
)
def test_whatever_happens_at_once_the_books_are_right(
    shop: Advertiser, manager: User, order: Order, before: str, acts: tuple[str, ...]
) -> None:
    prepare(order, before)
    moment, people = Moment(order), staff_of(shop, manager)
    answers = moment.together(*(moment.act(name, people[at]) for at, name in enumerate(acts)))
    assert len(answers) == len(acts)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert {answer for answer in answers if isinstance(answer, int)} <= {200, 302}
    assert broken() == []


def prepare(order: Order, before: str) -> None:
    match before:
        case "approved":
            order.say(Action.APPROVE)
        case "declined":
            order.say(Action.DECLINE)
        case "suspended":
            order.say(Action.APPROVE)
            order.suspend()
        case "contested":
            order.stranger(NOW + minutes(9), "1.00")


def staff_of(shop: Advertiser, manager: User) -> list[User]:
    return [manager, make_user("owner", shop, name="olga"), make_user("manager", shop, name="max")]


def broken() -> list[str]:
    return [str(found) for found in verify() if isinstance(found, Broken)]
