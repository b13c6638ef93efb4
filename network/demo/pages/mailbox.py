"""The demo's mailbox: what the product has mailed to anybody, from the files that it is kept in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

END = b"\n" + b"-" * 79
"""What Django's file backend writes below each mail."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; ``name`` stands for it in addresses."""

    name: str
    sent_at: datetime
    sender: str
    recipient: str
    subject: str
    text: str


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/mailbox.html", {"mails": mails()})


@require_safe
@never_cache
def mail(request: HttpRequest, name: str) -> HttpResponse:
    found = next((item for item in mails() if item.name == name), None)
    if found is None:
        raise Http404
    return render(request, "demo/mail.html", {"mail": found})


def mails() -> list[Mail]:
    """All that were sent, the newest first."""
    files = Path(settings.EMAIL_FILE_PATH).glob("*.log")
    in_order = sorted(files, key=lambda file: file.stat().st_mtime_ns)
    found = [mail for file in in_order for mail in _mails_in(file)]
    # A mail's date is in whole seconds; of those of one second the file tells the order.
    found.reverse()
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)


def _mails_in(file: Path) -> Iterator[Mail]:
    for number, raw in enumerate(file.read_bytes().split(END)):
        if raw.strip():
            message = message_from_bytes(raw.lstrip(b"\n"), policy=policy.default)
            assert isinstance(message, EmailMessage)
            yield _mail(f"{file.stem}-{number}", message)


def _mail(name: str, message: EmailMessage) -> Mail:
    sent_at = message["date"].datetime if message["date"] else datetime.fromtimestamp(0, UTC)
    body = message.get_body(("plain",))
    return Mail(
        name=name,
        sent_at=sent_at.replace(tzinfo=sent_at.tzinfo or UTC),
        sender=str(message["from"] or ""),
        recipient=str(message["to"] or ""),
        subject=str(message["subject"] or "(no subject)"),
        text=str(body.get_content()) if body else "",
    )
