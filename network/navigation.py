"""What the admin's sidebar leads to, grouped by what people look for.

A page of one's own appears there with an :class:`Entry` that names its URL; one whose URL is not
there yet is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from network.access import Access


@dataclass(frozen=True, slots=True)
class Entry:
    """A page for those who see rows of ``model`` in the admin; without one, for everybody there.
    ``icon`` is the name of a Material symbol."""

    title: str
    icon: str
    url: str
    model: str = ""
    operators_only: bool = False

    def is_for(self, access: Access) -> bool:
        if self.operators_only:
            return access.operator
        return not self.model or access.sees_in_admin(apps.get_model(self.model))


def _list(title: str, icon: str, model: str, *, operators_only: bool = False) -> Entry:
    """The list of a model."""
    url = f"admin:{model.replace('.', '_')}_changelist"
    return Entry(title, icon, url, model, operators_only)


GROUPS: Sequence[tuple[str, Sequence[Entry]]] = (
    ("", (Entry("Home", "home", "admin:index"),)),
    (
        "Partners",
        (
            _list("Partners", "handshake", "publishers.partnership"),
            _list("Model types", "category", "publishers.modeltypecookietype"),
        ),
    ),
    (
        "Sales",
        (
            _list("Sales", "shopping_bag", "tracking.conversion"),
            _list("Commissions", "payments", "tracking.commission"),
            Entry("Simulator", "science", "admin:simulator"),
        ),
    ),
    (
        "Tracking",
        (
            _list("Clicks", "ads_click", "tracking.click"),
            _list("Reports", "receipt_long", "tracking.report"),
            _list("Sales without a click", "link_off", "tracking.unattributedsales"),
        ),
    ),
    (
        "Ledger",
        (
            _list("Accounts", "account_balance", "publishers.ledgeraccount"),
            _list("Transactions", "swap_horiz", "publishers.ledgertransaction"),
        ),
    ),
    ("Terms", (_list("Advertisers and terms", "storefront", "network.advertiser"),)),
    (
        "Network",
        (
            _list("Publishers", "campaign", "publishers.publisher", operators_only=True),
            _list("People", "group", "network.user", operators_only=True),
            _list("Spools", "dns", "tracking.spoolhost", operators_only=True),
            _list("Set aside", "report", "tracking.setaside", operators_only=True),
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
    found = []
    for title, entries in GROUPS:
        items = list(_items(entries, path, access))
        if items:
            found.append(Group(title, items))
    return found


def _items(entries: Iterable[Entry], path: str, access: Access) -> Iterable[Item]:
    for entry in entries:
        address = _address(entry.url)
        if address and entry.is_for(access):
            yield Item(entry.title, entry.icon, address, _is_active(address, path))


def _address(url: str) -> str:
    try:
        return reverse(url)
    except NoReverseMatch:
        return ""


def _is_active(address: str, path: str) -> bool:
    return path == address or (address != reverse("admin:index") and path.startswith(address))
