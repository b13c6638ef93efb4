"""Changing one's own email address: the new one is confirmed by a link that is sent to it.

The link is signed, good for a day, and good for nothing once the address is another one or
somebody else's.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from network import tasks
from network.clock import to_ms
from network.models import ADDRESS_TAKEN, User

GOOD_FOR = timedelta(days=1)
_SALT = "email-change"


class AddressNotChanged(ValueError):
    """The address stays as it was; the words say why and what to do."""


def ask(user: User, address: str, now: datetime) -> None:
    """Send the link to the new address. Whether that is somebody's is found out there, not here:
    nobody learns whose addresses are known."""
    token = signing.dumps([user.pk, user.email, address, to_ms(now)], salt=_SALT)
    link = settings.SITE_URL + reverse("confirm_email", args=[token])
    text = _(
        "Hello %(username)s,\n\n"
        "confirm that this is your email address at %(site)s, within a day:\n\n%(link)s\n\n"
        "If you did not ask for this, ignore this email. Nothing changes then.\n"
    )
    known = {"username": user.get_username(), "site": settings.SITE_URL, "link": link}
    tasks.send_mail.delay(_("Confirm your email address"), text % known, address)


def read(user: User, token: str, now: datetime) -> str:
    """The address that this link confirms. Raises AddressNotChanged."""
    stale = _("This link is not valid any more. Ask for the change again on your account's page.")
    try:
        key, before, address, at_ms = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise AddressNotChanged(stale) from None
    if (key, before) != (user.pk, user.email) or at_ms < to_ms(now - GOOD_FOR):
        raise AddressNotChanged(stale)
    if User.objects.exclude(pk=user.pk).filter(email=address).exists():
        raise AddressNotChanged(str(ADDRESS_TAKEN))
    return str(address)


def confirm(user: User, token: str, now: datetime) -> str:
    """Change the address, and tell the old one of it. Raises AddressNotChanged."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before, address = user.email, read(user, token, now)
        user.email = address
        try:
            with transaction.atomic():
                user.save(update_fields=["email"])
        except IntegrityError:  # somebody was faster
            raise AddressNotChanged(str(ADDRESS_TAKEN)) from None
    if before:
        text = _(
            "Hello %(username)s,\n\n"
            "your email address at %(site)s is now %(address)s; this one is no longer used.\n\n"
            "If this was not you, write to an operator of your network at once.\n"
        )
        known = {"username": user.get_username(), "site": settings.SITE_URL, "address": address}
        tasks.send_mail.delay(_("Your email address was changed"), text % known, before)
    return address
