"""What the admin's sidebar leads to, grouped by what people look for.

A page of one's own appears there with an :class:`Entry` that names its URL; one whose URL is not
there yet is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from network.people.access import Access


@dataclass(frozen=True, slots=True)
class Entry:
    """A page for those who see rows of ``model`` in the admin; without one, for everybody there.
    ``icon`` is the name of a Material symbol."""

    title: StrPromise
    icon: str
    url: str
    model: str = ""
    operators_only: bool = False

    def is_for(self, access: Access) -> bool:
        if self.operators_only:
            return access.operator
        return not self.model or access.sees_in_admin(apps.get_model(self.model))


def _list(title: StrPromise, icon: str, model: str, *, operators_only: bool = False) -> Entry:
    """The list of a model."""
    url = f"admin:{model.replace('.', '_')}_changelist"
    return Entry(title, icon, url, model, operators_only)


GROUPS: Sequence[tuple[StrPromise | str, Sequence[Entry]]] = (
    (
        "",
        (
            Entry(_("Home"), "home", "admin:index"),
            Entry(_("Performance"), "monitoring", "admin:performance"),
        ),
    ),
    (
        _("Partners"),
        (
            _list(_("Partners"), "handshake", "publishers.partnership"),
            Entry(
                _("Applications"),
                "pending_actions",
                "admin:applications",
                "publishers.partnership",
            ),
            _list(_("Model type defaults"), "category", "publishers.modeltypecookietype"),
            Entry(_("What if"), "alt_route", "admin:whatif"),
        ),
    ),
    (
        _("Sales"),
        (
            _list(_("Sales"), "shopping_bag", "tracking.conversion"),
            _list(_("Commissions"), "payments", "tracking.commission"),
            Entry(_("Simulator"), "science", "admin:simulator"),
        ),
    ),
    (
        _("Tracking"),
        (
            _list(_("Clicks"), "ads_click", "tracking.click"),
            _list(_("Incoming reports"), "receipt_long", "tracking.report"),
            _list(_("Unattributed sales"), "link_off", "tracking.unattributedsales"),
        ),
    ),
    (
        _("Ledger"),
        (
            _list(_("Ledger accounts"), "account_balance", "publishers.ledgeraccount"),
            _list(_("Ledger transactions"), "swap_horiz", "publishers.ledgertransaction"),
        ),
    ),
    (
        _("Terms"),
        (
            _list(_("Advertisers and terms"), "storefront", "network.advertiser"),
            Entry(_("Team"), "group", "admin:own_staff"),
        ),
    ),
    (
        _("Network"),
        (
            _list(_("Publishers"), "campaign", "publishers.publisher", operators_only=True),
            _list(_("Teams"), "groups", "publishers.team", operators_only=True),
            _list(_("Invitations"), "mail", "publishers.invitation", operators_only=True),
            _list(_("Users"), "group", "network.user", operators_only=True),
            Entry(_("Health"), "monitor_heart", "admin:tracking_health", operators_only=True),
            _list(_("Spool hosts"), "dns", "tracking.spoolhost", operators_only=True),
            _list(_("Records set aside"), "report", "tracking.setaside", operators_only=True),
            _list(_("Mails of notices"), "mail", "publishers.noticemail", operators_only=True),
            _list(_("Audit log"), "history", "admin.logentry", operators_only=True),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the sidebar; the ``active`` one leads to where the reader is."""

    title: str
    icon: str
    address: str
    active: bool

    def for_theme(self) -> dict[str, Any]:
        """As the admin's theme reads it."""
        return {
            "title": self.title,
            "icon": self.icon,
            "link": self.address,
            "active": self.active,
            "has_permission": True,
        }


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: Sequence[Item]


def sidebar(path: str, access: Access) -> list[Group]:
    """The groups that hold anything for this person, who reads the page at ``path``."""
    there = _addresses(get_urlconf(), get_script_prefix())
    shown = [
        (title, [entry for entry in entries if entry.url in there and entry.is_for(access)])
        for title, entries in GROUPS
    ]
    near = {there[entry.url] for _, entries in shown for entry in entries}
    here = _here(path, near, there["admin:index"])
    return [
        Group(str(title), [_item(entry, there[entry.url], here) for entry in entries])
        for title, entries in shown
        if entries
    ]


def _item(entry: Entry, address: str, here: str) -> Item:
    return Item(str(entry.title), entry.icon, address, active=address == here)


def _here(path: str, addresses: Iterable[str], index: str) -> str:
    """The address nearest to the page: the longest that the path begins with."""
    near = [
        address
        for address in addresses
        if path.startswith(address) and (path == index or address != index)
    ]
    return max(near, key=len, default="")


@cache
def _addresses(urlconf: str | None, prefix: str) -> Mapping[str, str]:
    """Of the entries, by their URLs' names; those of pages that are not there yet are left out.
    Looked up once for all requests: each frame of the admin needs all of them."""
    found = {}
    for group in GROUPS:
        for entry in group[1]:
            with suppress(NoReverseMatch):
                found[entry.url] = reverse(entry.url)
    return found
