"""The mails of notices: sent once, tried again when the server is away, given up in the open."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections

from network.celery import app
from network.models import Advertiser, User
from publishers import tasks
from publishers.models import Notice, NoticeMail, Partnership, Publisher
from publishers.notices import sending as notice_sending
from publishers.notices.sending import GAPS, NotParked, send_again, send_due
from publishers.policy.assigning import assign
from publishers.teams.models import TeamMembership
from tests.support.mail_server import MailServer, mail_server
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db

REASON = "Most clicks come at the checkout."
State = NoticeMail.State


@dataclass(frozen=True)
class Cast:
    partner: Partnership
    owner: User

    @property
    def publisher(self) -> Publisher:
        return self.partner.publisher


def make_cast(name: str = "Nimbus") -> Cast:
    partner = make_partner(make_advertiser(name), make_publisher("Pennyback"))
    return Cast(partner, make_user("owner", partner.publisher, name="penny"))


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def tell(partner: Partnership, to: str = "soft") -> None:
    assign([partner], to, NOW, reason=REASON, made_by=None)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with mail_server() as started:
        settings.EMAIL_PORT = started.port
        yield started


def the_mail() -> NoticeMail:
    return NoticeMail.objects.get(notices__event=Notice.Event.COOKIE_TYPE)


def test_it_is_sent_over_smtp_in_the_readers_zone(cast: Cast, server: MailServer) -> None:
    User.objects.filter(pk=cast.owner.pk).update(time_zone="Asia/Tokyo")
    tell(cast.partner)
    send_due(NOW)
    [taken] = server.taken
    assert taken["to"] == "penny@example.com"
    assert taken["subject"] == (
        "Nimbus: Your clicks are soft from 12 Mar 2026 23:00 JST, hard until then"
    )
    assert taken["auto-submitted"] == "auto-generated"
    assert taken.get_content_type() == "text/plain"
    assert f"Why: {REASON}" in taken.get_content()
    assert (the_mail().state, the_mail().sent_at) == (State.SENT, NOW)


def test_names_cannot_add_headers(server: MailServer) -> None:
    """Not even one from before names had to be on one line."""
    cast = make_cast("Rösterei")
    old_name = "Evil\r\nBcc: all@example.com\r\n\r\nRösterei 日本"
    Advertiser.objects.filter(pk=cast.partner.advertiser_id).update(name=old_name)
    cast.partner.advertiser.refresh_from_db()
    tell(cast.partner)
    send_due(NOW)
    [taken] = server.taken
    assert taken["bcc"] is None
    assert (
        taken["subject"]
        .strip()
        .startswith("Evil Bcc: all@example.com Rösterei 日本: Your clicks are")
    )


def test_it_is_sent_once(cast: Cast) -> None:
    tell(cast.partner)
    assert [send_due(NOW), send_due(NOW)] == [1, 0]
    assert len(mail.outbox) == 1


def test_the_change_itself_sends_nothing(
    cast: Cast, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, **options: woken.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        tell(cast.partner)
        assert (woken, mail.outbox) == ([], [])
    assert (woken, mail.outbox) == ([tasks.send_notices.name], [])


def test_a_broker_that_is_away_undoes_no_change(
    cast: Cast,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(name: str, **options: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        tell(cast.partner)
    assert the_mail().state == State.WAITING
    assert "no broker" in caplog.text


def test_the_task_sends_what_is_due(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_sending, "MOST_AT_ONCE", 1)
    again: list[str] = []
    monkeypatch.setattr(tasks.send_notices, "delay", lambda: again.append("now"))
    make_user("member", cast.publisher)
    tell(cast.partner)
    tasks.send_notices()
    assert (len(mail.outbox), again) == (1, ["now"])


# --- Somebody who is not written to ---------------------------------------------------------------


def test_who_is_not_written_to_and_why(cast: Cast) -> None:
    people = {
        name: make_user("member", cast.publisher, name=name)
        for name in ("gone", "inactive", "without-address")
    }
    tell(cast.partner)
    TeamMembership.objects.filter(user=people["gone"]).delete()
    User.objects.filter(pk=people["inactive"].pk).update(is_active=False)
    User.objects.filter(pk=people["without-address"].pk).update(email="")
    send_due(NOW)
    assert [message.to for message in mail.outbox] == [["penny@example.com"]]
    skipped = NoticeMail.objects.filter(state=State.SKIPPED)
    assert dict(skipped.values_list("recipient__username", "last_error")) == {
        "gone": "No longer in the team.",
        "inactive": "The account is not active.",
        "without-address": "The account has no email address.",
    }


# --- A server that fails --------------------------------------------------------------------------


def test_an_address_that_is_refused_keeps_no_other_back(cast: Cast, server: MailServer) -> None:
    server.refused.add("penny@example.com")
    make_user("member", cast.publisher, name="second")
    tell(cast.partner)
    send_due(NOW)
    assert [message["to"] for message in server.taken] == ["second@example.com"]
    row = NoticeMail.objects.get(recipient=cast.owner)
    assert (row.state, row.attempts, row.next_try_at) == (State.WAITING, 1, NOW + GAPS[0])
    assert row.last_error == "The mail server refused the address: 550 no such user"


def test_a_mail_that_cannot_be_written_keeps_no_other_back(cast: Cast) -> None:
    User.objects.filter(pk=cast.owner.pk).update(email="penny@example.com\nbcc: all@example.com")
    make_user("member", cast.publisher, name="second")
    tell(cast.partner)
    send_due(NOW)
    assert [message.to for message in mail.outbox] == [["second@example.com"]]
    assert "BadHeaderError" in NoticeMail.objects.get(recipient=cast.owner).last_error


def test_a_server_that_is_away_is_asked_once_in_a_run(cast: Cast, settings: Any) -> None:
    with mail_server() as gone:
        port = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    make_user("member", cast.publisher)
    tell(cast.partner)
    assert send_due(NOW) == 1
    assert sorted(NoticeMail.objects.values_list("attempts", flat=True)) == [0, 1]


def attempts_until_parked(now: datetime) -> list[datetime]:
    tried = []
    while the_mail().state == State.WAITING:
        now = the_mail().next_try_at
        tried.append(now)
        send_due(now)
    return tried


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> int:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)


@pytest.mark.usefixtures("broken")
def test_the_gaps_grow_up_to_three_days_and_then_it_is_parked(cast: Cast) -> None:
    tell(cast.partner)
    tried = attempts_until_parked(NOW)
    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps == sorted(gaps) == list(GAPS)
    assert timedelta(days=2) < tried[-1] - NOW <= timedelta(days=3)
    row = the_mail()
    assert (row.state, row.attempts) == (State.PARKED, len(GAPS) + 1)
    assert row.last_error == "The mail server could not be reached: nobody there"
    assert notice_sending.parked() == 1


@pytest.mark.usefixtures("broken")
def test_nothing_is_tried_before_its_time(cast: Cast) -> None:
    tell(cast.partner)
    send_due(NOW)
    assert send_due(NOW + GAPS[0] - timedelta(seconds=1)) == 0
    assert send_due(NOW + GAPS[0]) == 1


def test_what_was_parked_is_sent_on_request(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(cast.partner)
    NoticeMail.objects.update(state=State.PARKED, last_error="x", attempts=9)
    assert send_due(NOW) == 0
    send_again(the_mail().pk, NOW)
    send_due(NOW)
    assert len(mail.outbox) == 1
    with pytest.raises(NotParked, match="not given up: sent"):
        send_again(the_mail().pk, NOW)


def test_a_crash_between_sending_and_marking_sends_twice_under_one_id(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(BaseException):
        """The worker dies here."""

    def crash(*args: object, **kwargs: object) -> None:
        raise CrashError

    tell(cast.partner)
    with monkeypatch.context() as patched:
        patched.setattr(notice_sending, "_finish", crash)
        with pytest.raises(CrashError):
            send_due(NOW)
    assert (the_mail().state, the_mail().attempts) == (State.WAITING, 0)
    send_due(NOW)
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


# --- Two workers ----------------------------------------------------------------------------------


class MeetingBackend(EmailBackend):
    """Hands over the first mail only when another worker is about to hand over one, too."""

    meeting = threading.Barrier(2)

    def send_messages(self, messages: Any) -> int:
        if not hasattr(self, "met"):
            self.met = self.meeting.wait(timeout=30)
        return super().send_messages(messages)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(settings: Any) -> None:
    cast = make_cast()
    for _ in range(7):
        make_user("member", cast.publisher)
    tell(cast.partner)
    settings.EMAIL_BACKEND = f"{__name__}.MeetingBackend"
    mail.outbox = []

    def work() -> None:
        try:
            send_due(NOW)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    recipients = [message.to[0] for message in mail.outbox]
    assert len(recipients) == len(set(recipients)) == 8
    assert set(NoticeMail.objects.values_list("state", flat=True)) == {State.SENT}
