"""What the admin's sidebar leads to, grouped by what people look for.

A page of one's own appears there with an :class:`Entry` that names its URL; one whose URL is not
there yet is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.urls import NoReverseMatch, reverse
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


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: Sequence[Item]


def sidebar(path: str, access: Access) -> list[Group]:
    """The groups that hold anything for this person, who reads the page at ``path``."""
    shown = [
        (title, [entry for entry in entries if _address(entry) and entry.is_for(access)])
        for title, entries in GROUPS
    ]
    here = _here(path, [entry for _, entries in shown for entry in entries])
    return [
        Group(str(title), [_item(entry, active=entry is here) for entry in entries])
        for title, entries in shown
        if entries
    ]


def _item(entry: Entry, *, active: bool) -> Item:
    return Item(str(entry.title), entry.icon, _address(entry), active)


def _here(path: str, entries: Iterable[Entry]) -> Entry | None:
    """The entry nearest to the page: the one with the longest address that the path begins with."""
    index = reverse("admin:index")
    near = [
        entry
        for entry in entries
        if path.startswith(_address(entry)) and (path == index or _address(entry) != index)
    ]
    return max(near, key=lambda entry: len(_address(entry)), default=None)


def _address(entry: Entry) -> str:
    """Empty for a page that is not there yet."""
    try:
        return reverse(entry.url)
    except NoReverseMatch:
        return ""
