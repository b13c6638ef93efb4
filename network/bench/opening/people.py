"""Who opens pages, and which: every list of staff and of publishers, with each of its filters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from django.conf import settings
from django.test import Client
from django.urls import reverse

from network.models import StaffMembership, User
from publishers.models import Partnership, Publisher
from publishers.teams.models import TeamMembership
from tracking.models import Click, Commission, Conversion

OPERATORS = "publishers_publisher"
"""A list that only operators see."""
LISTS = (
    "tracking_conversion",
    "tracking_commission",
    "tracking_click",
    "tracking_report",
    "publishers_partnership",
    "publishers_publisher",
    "publishers_ledgeraccount",
    "publishers_ledgertransaction",
)
DASHBOARD = (
    "dashboard",
    "sales",
    "clicks",
    "sales_elsewhere",
    "clicks_without_cookie",
    "programmes",
    "links",
    "notices",
)
_CHOICE = re.compile(r'href="(\?[^"#]+)"')
_LEFT_OUT = re.compile(r"\?(o=|p=(?!2$)|.*\bcount=all)")
"""Counting all of a list; other orders, and pages further on than the second: how many there are
depends on the rows."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page as somebody opens it; the name says which and by whom."""

    name: str
    client: Client
    address: str


class Readers:
    """An operator, the staff of one advertiser, and a publisher's team; their pages are those of
    both sizes, as they are found when there are few rows."""

    def __init__(self, shop: int) -> None:
        publisher = Publisher.objects.order_by("pk")[0]
        staff = User.objects.create_user("bench-staff", "staff@shop.example", None)
        StaffMembership.objects.create(
            user=staff, advertiser_id=shop, role=StaffMembership.Role.OWNER
        )
        team = User.objects.create_user("bench-team", "team@publisher.example", None)
        TeamMembership.objects.create(
            user=team, team=publisher.team, role=TeamMembership.Role.OWNER
        )
        operator = User.objects.create_superuser("bench-operator", "o@network.example", None)
        self._shop, self._publisher = shop, publisher
        self._operator, self._staff, self._team = map(_client, (operator, staff, team))

    def pages(self) -> Iterator[Opened]:
        yield from self._of_staff("operator", self._operator)
        yield from self._of_staff("staff", self._staff)
        for name in DASHBOARD:
            address = reverse(name, args=[self._publisher.pk])
            yield from _with_choices(f"publisher: {name}", self._team, address)
        sale = Commission.objects.filter(publisher=self._publisher).order_by("-pk")[0]
        address = reverse("sale", args=[self._publisher.pk, sale.pk])
        yield Opened("publisher: sale", self._team, address)

    def _of_staff(self, who: str, client: Client) -> Iterator[Opened]:
        yield Opened(f"{who}: home", client, reverse("admin:index"))
        for name in LISTS:
            if client is not self._operator and name == OPERATORS:
                continue
            address = reverse(f"admin:{name}_changelist")
            yield from _with_choices(f"{who}: {name}", client, address)
        for model, row in (
            ("conversion", Conversion.objects.filter(advertiser=self._shop)),
            ("click", Click.objects.filter(advertiser=self._shop)),
        ):
            address = reverse(f"admin:tracking_{model}_change", args=[row.order_by("-pk")[0].pk])
            yield Opened(f"{who}: a {model}", client, address)
        partner = Partnership.objects.filter(advertiser=self._shop).order_by("pk")[0]
        address = reverse("admin:publishers_partnership_change", args=[partner.pk])
        yield Opened(f"{who}: a partner", client, address)


def _client(user: User) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(user)
    return client


def _with_choices(name: str, client: Client, address: str) -> Iterator[Opened]:
    """The list, and with each of the filters that it offers."""
    yield Opened(name, client, address)
    found = _CHOICE.findall(client.get(address).content.decode())
    choices = sorted({unescape(choice) for choice in found})
    for choice in choices:
        if _LEFT_OUT.match(choice) is None:
            yield Opened(f"{name} {choice}", client, address + choice)
