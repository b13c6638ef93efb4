"""Reports that people save for themselves and have mailed."""

from datetime import UTC, datetime
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from network.models import Advertiser, SavedReport, User
from network.saved_reports import saving, sending
from network.tasks import send_saved_reports
from publishers.models import Partnership
from tests.support.makers import NOW, SetClock, make_user
from tests.support.reading import signed_in, text
from tests.tracking.pages.performance.asking import DAY, PAGE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "life")]
MONDAY = datetime(2026, 3, 16, 6, tzinfo=UTC)
LAST_MONTH = f"{PAGE}?period=last_month&by=partner&then=cookie_type"


@pytest.fixture
def olga(owner: Client) -> User:
    return User.objects.get(username="olga")


def saved(client: Client, address: str = PAGE, **given: str) -> str:
    """What the page says after saving."""
    return text(client.post(address, {"name": "Mine", **given}, follow=True))


def test_what_is_shown_is_saved_and_found_again(owner: Client) -> None:
    assert "Mine is saved, for you alone." in saved(owner, LAST_MONTH)
    [(name, address, is_chosen)] = owner.get(PAGE).context["saved"]
    assert (name, is_chosen) == ("Mine", False)
    found = owner.get(PAGE + address).context
    assert found["current"].name == "Mine"
    assert found["form"].groupings == ["partner", "cookie_type"]
    assert found["form"].chosen == "last_month"


def test_under_a_name_that_is_there_it_takes_its_place(owner: Client) -> None:
    saved(owner, LAST_MONTH)
    assert "in place of what you had saved" in saved(owner, f"{PAGE}?by=month")
    row = SavedReport.objects.get()
    assert "by=month" in row.query


def test_nobody_sees_or_deletes_anothers(owner: Client, shop: Advertiser) -> None:
    saved(owner)
    row = SavedReport.objects.get()
    other = signed_in(make_user("manager", shop, name="mona"))
    assert other.get(PAGE).context["saved"] == []
    other.post(PAGE, {"delete": str(row.pk)})
    assert SavedReport.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("pk", ["x", "0", "99999999999999999999", "\u0661"])
def test_what_is_not_there_is_not_deleted(owner: Client, pk: str) -> None:
    saved(owner)
    assert owner.post(PAGE, {"delete": pk}).status_code == 302
    assert SavedReport.objects.count() == 1


def test_it_is_deleted(owner: Client) -> None:
    saved(owner)
    row = SavedReport.objects.get()
    page = text(owner.post(PAGE, {"delete": str(row.pk)}, follow=True))
    assert "The saved report Mine is deleted." in page
    assert not SavedReport.objects.exists()


@pytest.mark.parametrize(
    ("address", "given", "said"),
    [
        pytest.param(PAGE, {"name": ""}, "This field is required.", id="no_name"),
        pytest.param(PAGE, {"name": "x" * 61}, "at most 60 characters", id="long_name"),
        pytest.param(PAGE, {"name": "a\nb"}, "Name", id="line_break"),
        pytest.param(PAGE, {"mailed": "hourly"}, "hourly is not one of", id="schedule"),
        pytest.param(
            f"{PAGE}?period=dates&since=2026-03-01&until=2026-03-02",
            {"mailed": "daily"},
            "These dates would stay the same in every mail.",
            id="fixed_dates",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_lost(
    owner: Client, address: str, given: dict[str, str], said: str
) -> None:
    answer = owner.post(address, {"name": "Mine", **given})
    assert answer.status_code == 200
    assert said in text(answer)
    assert answer.context["save_form"].data["name"] == {"name": "Mine", **given}["name"]
    assert not SavedReport.objects.exists()


def test_without_an_address_nothing_is_mailed(owner: Client, olga: User) -> None:
    User.objects.filter(pk=olga.pk).update(email="")
    assert "Your account has no email address." in saved(owner, mailed="daily")
    assert not SavedReport.objects.exists()


def test_there_are_only_so_many(owner: Client, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 1)
    saved(owner)
    assert "You have saved 1 already." in saved(owner, name="Another")
    assert "is changed" in saved(owner)


def test_it_is_mailed_when_it_is_due_and_once(owner: Client, at: SetClock) -> None:
    page = saved(owner, f"{PAGE}?period=7&by=partner", mailed="weekly")
    assert "next on 16 Mar 2026 06:00" in page
    send_saved_reports()
    assert mail.outbox == []
    at(MONDAY)
    send_saved_reports()
    send_saved_reports()
    [message] = mail.outbox
    assert message.subject == "Mine, 10 Mar 2026 to 16 Mar 2026"
    assert "Sale value: £80.00" in message.body
    assert f"{PAGE}?period=7&by=partner" in message.body
    [(name, content, kind)] = message.attachments
    assert name == "performance-by-partner-2026-03-10-to-2026-03-16.xlsx"
    assert kind.endswith("spreadsheetml.sheet")
    assert content[:2] == b"PK"
    row = SavedReport.objects.get()
    assert (row.sent_at, row.next_at) == (MONDAY, MONDAY + 7 * DAY)


def test_what_the_mail_server_refuses_is_tried_again_and_told(
    owner: Client, at: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(owner, f"{PAGE}?period=7", mailed="weekly")
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", _disconnected)
        at(MONDAY)
        send_saved_reports()
    row = SavedReport.objects.get()
    assert row.next_at == MONDAY + sending.AGAIN_AFTER
    page = owner.get(f"{PAGE}?{row.query}")
    assert "The last mail did not go out: The mail server could not be reached" in text(page)
    at(row.next_at)
    send_saved_reports()
    assert len(mail.outbox) == 1
    assert SavedReport.objects.get().last_error == ""


def _disconnected(*_: object) -> int:
    raise SMTPServerDisconnected("gone")


def test_who_is_no_staff_any_more_gets_none(
    owner: Client, olga: User, shop: Advertiser, at: SetClock
) -> None:
    saved(owner, mailed="daily")
    olga.staff_memberships.all().delete()
    at(NOW + DAY)
    send_saved_reports()
    assert mail.outbox == []
    assert SavedReport.objects.get().next_at is None


def test_what_can_no_longer_be_made_says_so(owner: Client, blog: Partnership, at: SetClock) -> None:
    saved(owner, f"{PAGE}?partner={blog.publisher_id}", mailed="daily")
    SavedReport.objects.update(query="partner=999999")
    at(NOW + DAY)
    send_saved_reports()
    [message] = mail.outbox
    assert message.subject == "Mine could not be made"
    assert "There is none of these. Choose one of those offered." in message.body
    assert message.attachments == []
