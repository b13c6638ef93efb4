"""What workers do for the site."""

from celery import shared_task
from django.core import mail

from network import clock
from network.advertisers import answered_calls
from network.hosts import proving
from network.outside import dns
from network.outside.web import Fetcher
from network.people import sessions
from network.saved_reports import sending as saved_reports


@shared_task(name="network.tasks.send_mail")
def send_mail(subject: str, text: str, address: str) -> None:
    """Send one mail that its reader has asked for, and asks for again if it does not come. When the
    mail server refuses it, that is an error in the log."""
    mail.send_mail(subject, text, None, [address])


@shared_task(name="network.tasks.check_tracking_hosts")
def check_tracking_hosts() -> None:
    """Look whether hosts that wait for proof are proven, and whether those that were still are."""
    resolver = dns.resolver()
    proving.check_due(clock.now(), resolver, Fetcher(resolver))


@shared_task(name="network.tasks.forget_sessions")
def forget_sessions() -> None:
    """Delete what is left of sessions that are over."""
    sessions.forget_ended()


@shared_task(name="network.tasks.send_saved_reports")
def send_saved_reports() -> None:
    """Mail the saved reports that are due."""
    saved_reports.send_due(clock.now())


@shared_task(name="network.tasks.forget_answered_calls")
def forget_answered_calls() -> None:
    """Forget how calls of the API were answered a day ago."""
    answered_calls.prune(clock.now())
