"""Who is in the demo: advertisers, publishers, and the people who sign in."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from network.demo.pages import places

PASSWORD = "demo"  # noqa: S105 - printed at every start; the demo runs on *.localhost only

SHOP, ROASTERY, STATIONERY = 1, 2, 3
"""The advertisers' ids; the shop's pages are served by the demo."""

BLOG, EXTENSION, CASHBACK, VOUCHERS, OVERLAY, COMPARISON, RETARGETER, APPLICANT = range(1, 9)
INFLUENCER, SEARCH, EMAIL, DISPLAY, SUBNETWORK, ALERTS = range(9, 15)
"""The publishers' ids: one of each model type. Blog, extension, cashback and overlay have pages
that are served by the demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An advertiser. Commission in per cent; windows as in its attribution terms; ``groups`` are
    commission groups besides ``DEFAULT``, with their own percentage."""

    id: int
    name: str
    currency: str
    host: str
    percent: Decimal
    network_fee_percent: Decimal
    terms: dict[str, int | str] = field(default_factory=dict)
    groups: dict[str, Decimal] = field(default_factory=dict)
    verification: str = "confirmed"
    largest_order: str = ""
    signs: bool = False
    """Whether its server signs what its pages report."""
    consent_default: str = "store"

    @property
    def landing_url(self) -> str:
        return places.url(self.host) if self.id == SHOP else f"https://{self.host}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A publisher, with the terms of its partnership at each advertiser that it works for;
    ``team`` is the company's, where several of the cast are of one."""

    id: int
    name: str
    model_type: str
    host: str
    at: dict[int, dict[str, Any]]
    team: str = ""

    @property
    def website(self) -> str:
        own = self.host in places.PUBLISHERS
        return places.url(self.host) if own else f"https://{self.host}/"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in; ``advertiser`` and ``publisher`` are ids, operators have neither."""

    username: str
    role: StrPromise
    advertiser: int | None = None
    publisher: int | None = None
    time_zone: str = "Europe/London"

    @property
    def is_operator(self) -> bool:
        return self.advertiser is None and self.publisher is None

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"


SHOPS = (
    Shop(
        id=SHOP,
        name="Nimbus Outdoor",
        currency="GBP",
        host=places.SHOP,
        percent=Decimal(8),
        network_fee_percent=Decimal(10),
        terms={"hard_days": 30, "soft_hours": 24},
        largest_order="2000.00",
        signs=True,
        consent_default="ask",
    ),
    Shop(
        id=ROASTERY,
        name="Rösterei Blum",
        currency="EUR",
        host="roesterei-blum.example",
        percent=Decimal("12.5"),
        network_fee_percent=Decimal(20),
        terms={"hard_days": 3, "soft_hours": 12, "soft_rule": "last", "validation_days": 1},
        groups={"MACHINES": Decimal(4)},
        largest_order="5000.00",
    ),
    Shop(
        id=STATIONERY,
        name="Kitsune Stationery",
        currency="JPY",
        host="kitsune-stationery.example",
        percent=Decimal(6),
        network_fee_percent=Decimal(15),
        terms={"hard_days": 14, "soft_hours": 24, "soft_rule": "sole", "validation_days": 7},
        verification="browser",
        largest_order="200000",
    ),
)

HOST_TO_COME = "go.roesterei-blum.example"
"""The roastery's own tracking host, whose CNAME still leads to the network it comes from."""
STOCK_SYSTEM = "Stock system"
"""The roastery's own, whose key approves what it has sent out."""
SECOND_CHANCE = "Second Chance Media"
"""The company with two publisher ids, an overlay and a retargeter, and one team for both."""
APPROVED: dict[str, Any] = {"status": "approved"}
PROMOTION = {
    BLOG: "Walks and gear tried on them, for people who hike on weekends; links in the articles.",
    CASHBACK: "Members get part of the commission back; links on the shop's page and by email.",
    EXTENSION: "A browser extension that shows vouchers at the checkout, to who asks for them.",
}
"""What partners say of how they promote."""
BLOGS_COMPANY = {
    "company": "Trail Blog Media Ltd",
    "country": "GB",
    "tax_id": "GB 123 4567 89",
    "contact_name": "Robin Hale",
    "contact_email": "robin@trail-blog.example",
}

PARTNERS = (
    Partner(
        id=BLOG,
        name="The Trail Blog",
        model_type="content",
        host=places.BLOG,
        at={SHOP: APPROVED, ROASTERY: APPROVED},
    ),
    Partner(
        id=EXTENSION,
        name="PerkPanel",
        model_type="extension",
        host=places.EXTENSION,
        at={SHOP: APPROVED, ROASTERY: APPROVED, STATIONERY: APPROVED},
    ),
    Partner(
        id=CASHBACK,
        name="Pennyback",
        model_type="cashback",
        host=places.CASHBACK,
        at={SHOP: {**APPROVED, "hard_days": 1}, ROASTERY: APPROVED, STATIONERY: APPROVED},
    ),
    Partner(
        id=VOUCHERS,
        name="VoucherVale",
        model_type="voucher",
        host="vouchervale.example",
        at={SHOP: {**APPROVED, "hard_days": 2}, ROASTERY: APPROVED},
    ),
    Partner(
        id=OVERLAY,
        name="Lastlook",
        model_type="overlay",
        host=places.OVERLAY,
        at={SHOP: {**APPROVED, "in_page": True}, ROASTERY: APPROVED, STATIONERY: APPROVED},
        team=SECOND_CHANCE,
    ),
    Partner(
        id=COMPARISON,
        name="GearCompare",
        model_type="comparison",
        host="gearcompare.example",
        at={SHOP: {**APPROVED, "hard_days": 5}, ROASTERY: APPROVED},
    ),
    Partner(
        id=RETARGETER,
        name="Comeback Media",
        model_type="retargeting",
        host="comeback-media.example",
        at={SHOP: APPROVED, ROASTERY: APPROVED, STATIONERY: APPROVED},
        team=SECOND_CHANCE,
    ),
    Partner(
        id=APPLICANT,
        name="Deal Radar",
        model_type="loyalty",
        host="dealradar.example",
        at={SHOP: {"status": "applied"}, ROASTERY: APPROVED},
    ),
    Partner(
        id=INFLUENCER,
        name="Maya Outside",
        model_type="influencer",
        host="maya-outside.example",
        at={SHOP: APPROVED, STATIONERY: APPROVED},
    ),
    Partner(
        id=SEARCH,
        name="Northlight Search",
        model_type="search",
        host="northlight-search.example",
        at={SHOP: {**APPROVED, "hard_days": 14}, STATIONERY: APPROVED},
    ),
    Partner(
        id=EMAIL,
        name="Weekend Letter",
        model_type="email",
        host="weekend-letter.example",
        at={SHOP: APPROVED, ROASTERY: APPROVED},
    ),
    Partner(
        id=DISPLAY,
        name="Horizon Display",
        model_type="display",
        host="horizon-display.example",
        at={SHOP: APPROVED, STATIONERY: APPROVED},
    ),
    Partner(
        id=SUBNETWORK,
        name="Meshlink",
        model_type="subnetwork",
        host="meshlink.example",
        at={SHOP: APPROVED, ROASTERY: APPROVED},
    ),
    Partner(
        id=ALERTS,
        name="Basketbell",
        model_type="other",
        host="basketbell.example",
        at={SHOP: APPROVED, STATIONERY: APPROVED},
    ),
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An advertiser's own word on a partner: ``since`` how long before now (negative: ahead of it),
    None since the partnership began."""

    advertiser: int
    publisher: int
    cookie_type: str
    reason: str
    since: timedelta | None = None


AGREED = "Agreed when the partnership began."
SET_SOFT = VOUCHERS
"""This partner of the shop was hard, and its staff set it to soft :data:`SET_SOFT_AGO`."""
SET_SOFT_AGO = timedelta(days=4)
SET_SOFT_REASON = "Voucher codes were mostly looked up at the checkout, after another partner."
TOLD = CASHBACK
"""This partner of the stationery was hard until :data:`TOLD_AGO`; its team reads why."""
TOLD_AGO = timedelta(days=11)
TOLD_REASON = "Most of your clicks came while the order was being paid, after another partner's."
COMING = RETARGETER
"""This partner of the shop, hard so far, becomes soft in :data:`COMING_IN`."""
COMING_IN = timedelta(days=9)
DISCOVERER = DISPLAY
"""This partner of the stationery is soft, although it brings shoppers that nobody else
brought."""
ASSIGNMENTS = (
    Assignment(SHOP, RETARGETER, "hard", AGREED),
    Assignment(ROASTERY, RETARGETER, "hard", AGREED),
    Assignment(ROASTERY, OVERLAY, "hard", AGREED),
    Assignment(ROASTERY, EXTENSION, "hard", AGREED),
    Assignment(STATIONERY, DISCOVERER, "soft", "New partners start soft here."),
    Assignment(SHOP, SET_SOFT, "soft", SET_SOFT_REASON, SET_SOFT_AGO),
    Assignment(STATIONERY, TOLD, "soft", TOLD_REASON, TOLD_AGO),
    Assignment(
        SHOP, COMING, "soft", "Your visitors are ours already: you show them our shop again.",
        -COMING_IN,
    ),
)  # fmt: skip

ENDED = DISPLAY
"""This partnership of the shop ended :data:`ENDED_AGO`; its links are still about."""
ENDED_AGO = timedelta(days=20)
ENDED_REASON = "The campaign is over."
APPLIED_AGO = timedelta(days=2)
"""When the applicant asked to become a partner of the shop."""

PEOPLE = (
    Person("operator", _("operator of the network")),
    Person("nimbus", _("staff of Nimbus Outdoor"), advertiser=SHOP),
    Person("blum", _("staff of Rösterei Blum"), advertiser=ROASTERY, time_zone="Europe/Berlin"),
    Person(
        "kitsune", _("staff of Kitsune Stationery"), advertiser=STATIONERY, time_zone="Asia/Tokyo"
    ),
    Person("blog", _("publisher The Trail Blog"), publisher=BLOG),
    Person("extension", _("publisher PerkPanel"), publisher=EXTENSION),
    Person("cashback", _("publisher Pennyback"), publisher=CASHBACK),
    Person("overlay", _("publishers Lastlook and Comeback Media, one team"), publisher=OVERLAY),
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What staff of the shop ask Performance again and again, and how often it is mailed."""

    name: str
    query: str
    mailed: str = ""


SAVED_REPORTS = (
    Saved(
        "Month by partner",
        "period=last_month&by=partner&then=cookie_type&compare=before",
        mailed="monthly",
    ),
    Saved("Overlays by week", "period=90&by=week&compare=before&model_type=overlay"),
)
