"""Asking who has applied, and the publisher's answer."""

import pytest
from django.test import Client

from network.effective.rows import SPREAD
from network.models import Advertiser
from publishers.models import Notice, NoticeMail, Partnership
from publishers.notices.words import mail_text, words
from publishers.policy import deciding
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
QUESTION = "Where do you show our coupons?"
QUEUE = "/admin/applications/"


@pytest.fixture
def applied(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Coupons"), status="applied")


@pytest.fixture
def staff(shop: Advertiser) -> Client:
    return signed_in(make_user("manager", shop, name="mia"))


@pytest.fixture
def team(applied: Partnership) -> Client:
    return signed_in(make_user("member", applied.publisher, name="cora"))


def page(applied: Partnership) -> str:
    return f"/admin/publishers/partnership/{applied.pk}/ask/"


def programmes(applied: Partnership, what: str = "applied") -> str:
    return f"/dashboard/{applied.publisher_id}/programmes/{what}/"


def to_answer(applied: Partnership) -> str:
    return programmes(applied, f"{applied.advertiser_id}/answer")


def test_a_question_and_its_answer(applied: Partnership, staff: Client, team: Client) -> None:
    said = text(staff.post(page(applied), {"question": QUESTION}, follow=True))
    assert "Coupons is asked." in said
    assert f"You asked {QUESTION}" in said
    notice = Notice.objects.get(event="partnership.asked")
    assert QUESTION in mail_text(applied.publisher, [notice]).text
    assert words(notice).title == "A question about your application"
    assert NoticeMail.objects.get(notices=notice).recipient.username == "cora"
    assert QUESTION in text(team.get(programmes(applied)))
    answered = team.post(to_answer(applied), {"answer": "On our blog."}, follow=True)
    assert "Your answer is with Shop." in text(answered)
    assert "Answer: On our blog. cora" in text(staff.get(QUEUE))
    assert "On our blog." not in text(team.get(programmes(applied))), "notes are the staff's"


def test_a_notice_of_it_stands_on_the_publishers_page(
    applied: Partnership, staff: Client, team: Client
) -> None:
    staff.post(page(applied), {"question": QUESTION})
    shown = text(team.get(f"/dashboard/{applied.publisher_id}/notices/"))
    assert "A question about your application" in shown
    assert QUESTION in shown


def test_nobody_there_is_said_before(applied: Partnership, staff: Client) -> None:
    assert "nobody with an account" in text(staff.get(page(applied)))
    make_user("member", applied.publisher)
    assert "nobody with an account" not in text(staff.get(page(applied)))


@pytest.mark.parametrize("question", ["", "  ", "x" * 501])
def test_a_question_is_there_and_has_an_end(
    applied: Partnership, staff: Client, question: str
) -> None:
    answer = staff.post(page(applied), {"question": question})
    assert list(answer.context["form"].errors) == ["question"]
    assert not Notice.objects.filter(event="partnership.asked").exists()


def test_what_is_decided_is_not_asked_about(applied: Partnership, staff: Client) -> None:
    by = make_user("operator")
    deciding.decide(applied, "approved", NOW - SPREAD, made_by=by, reason="")
    assert "decided already" in text(staff.post(page(applied), {"question": QUESTION}))
    assert not Notice.objects.filter(event="partnership.asked").exists()


def test_what_nobody_asked_is_not_answered(applied: Partnership, team: Client) -> None:
    assert "Nothing was asked" in text(
        team.post(to_answer(applied), {"answer": "Hello"}, follow=True)
    )
    assert not applied.notes.exists()


@pytest.mark.parametrize("answer", ["", " ", "x" * 501])
def test_an_answer_is_there_and_has_an_end(
    applied: Partnership, staff: Client, team: Client, answer: str
) -> None:
    staff.post(page(applied), {"question": QUESTION})
    said = text(team.post(to_answer(applied), {"answer": answer}, follow=True))
    assert "Nothing was sent." in said
    assert not applied.notes.exists()


def test_another_team_answers_nothing(applied: Partnership, staff: Client) -> None:
    staff.post(page(applied), {"question": QUESTION})
    other = signed_in(make_user("owner", make_publisher("Other")))
    assert other.post(to_answer(applied), {"answer": "Hello"}).status_code == 404
    assert not applied.notes.exists()
