"""What Celery does for publishers: it wakes, PostgreSQL knows what is due."""

from celery import shared_task

from network import clock
from publishers.ledger import sums
from publishers.notices import sending as notice_sending
from publishers.notices import writing
from publishers.teams import invitation_mail, invitations


@shared_task(name=writing.SEND)
def send_notices() -> None:
    """Send the mails of notices that are due; once more at once where more may wait."""
    if notice_sending.send_due(clock.now()) == notice_sending.MOST_AT_ONCE:
        send_notices.delay()


@shared_task(name=invitations.SEND)
def send_invitation(invitation: int, token: str) -> None:
    """Send the mail of an invitation; whether that worked is shown with the invitation."""
    invitation_mail.send(invitation, token, clock.now())


@shared_task(name="publishers.tasks.sum_up_ledger")
def sum_up_ledger() -> None:
    """Bring the stored sums of accounts up to date."""
    sums.sum_up()
