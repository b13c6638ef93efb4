"""What workers do for the site."""

from celery import shared_task
from django.core import mail


@shared_task(name="network.tasks.send_mail")
def send_mail(subject: str, text: str, address: str) -> None:
    """Send one mail that its reader has asked for, and asks for again if it does not come. When the
    mail server refuses it, that is an error in the log."""
    mail.send_mail(subject, text, None, [address])
