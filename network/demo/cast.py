"""Who is in the demo: advertisers, publishers, and how to sign in as somebody of theirs."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from network.demo import places

PASSWORD = "demo"  # noqa: S105 - printed at every start; the demo runs on *.localhost only

SHOP, ROASTERY = 1, 2
"""The advertisers' ids; the shop's pages are served by the demo."""

BLOG, EXTENSION, CASHBACK, VOUCHERS, OVERLAY, COMPARISON, RETARGETER, APPLICANT = range(1, 9)
"""The publishers' ids; blog and extension have pages that are served by the demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An advertiser. Commission in per cent; windows as in its attribution terms."""

    id: int
    name: str
    currency: str
    host: str
    percent: Decimal
    network_fee_percent: Decimal
    terms: dict[str, int | str] = field(default_factory=dict)

    @property
    def landing_url(self) -> str:
        return places.url(self.host) if self.id == SHOP else f"https://{self.host}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A publisher, with the terms of its partnership at each advertiser that it works for."""

    id: int
    name: str
    model_type: str
    host: str
    at: dict[int, dict[str, object]]

    @property
    def website(self) -> str:
        own = self.host in (places.BLOG, places.EXTENSION)
        return places.url(self.host) if own else f"https://{self.host}/"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in; ``advertiser`` and ``publisher`` are ids, operators have neither."""

    username: str
    role: str
    advertiser: int | None = None
    publisher: int | None = None

    @property
    def is_operator(self) -> bool:
        return self.advertiser is None and self.publisher is None


SHOPS = (
    Shop(
        id=SHOP,
        name="Nimbus Outdoor",
        currency="GBP",
        host=places.SHOP,
        percent=Decimal(8),
        network_fee_percent=Decimal(10),
        terms={"hard_days": 30, "soft_hours": 24},
    ),
    Shop(
        id=ROASTERY,
        name="Rösterei Blum",
        currency="EUR",
        host="roesterei-blum.example",
        percent=Decimal("12.5"),
        network_fee_percent=Decimal(20),
        terms={"hard_days": 3, "soft_hours": 12, "soft_rule": "last", "validation_days": 1},
    ),
)

APPROVED: dict[str, object] = {"status": "approved"}
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
        at={SHOP: APPROVED},
    ),
    Partner(
        id=CASHBACK,
        name="Pennyback",
        model_type="cashback",
        host="pennyback.example",
        at={SHOP: {**APPROVED, "hard_days": 1}, ROASTERY: APPROVED},
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
        host="lastlook.example",
        at={SHOP: {**APPROVED, "in_page": True}},
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
        at={SHOP: APPROVED},
    ),
    Partner(
        id=APPLICANT,
        name="Deal Radar",
        model_type="loyalty",
        host="dealradar.example",
        at={SHOP: {"status": "applied"}},
    ),
)

SET_SOFT = VOUCHERS
"""This partner of the shop was hard, and its staff set it to soft :data:`SET_SOFT_AGO`."""
SET_SOFT_AGO = timedelta(days=4)
SET_SOFT_REASON = "Voucher codes were mostly looked up at the checkout, after another partner."

PEOPLE = (
    Person("operator", "operator of the network"),
    Person("nimbus", "staff of Nimbus Outdoor", advertiser=SHOP),
    Person("blum", "staff of Rösterei Blum", advertiser=ROASTERY),
    Person("blog", "publisher The Trail Blog", publisher=BLOG),
    Person("extension", "publisher PerkPanel", publisher=EXTENSION),
)
