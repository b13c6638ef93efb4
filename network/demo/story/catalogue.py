"""What the demo's shops sell. Prices in minor units of their currencies."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from network.money import Money, plain

CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Product:
    """``drawing`` is the ``d`` of an SVG path in a box of 64 by 64; ``tone`` names its colours."""

    slug: str
    name: str
    text: str
    price_minor: int
    tone: str
    drawing: str
    facts: tuple[str, ...] = ()

    @property
    def price(self) -> Money:
        return Money(self.price_minor, CURRENCY)


PRODUCTS = (
    Product(
        "tent",
        _("Fell two-person tent"),
        _("Pitches in four minutes, stands in a gale, and packs to the size of a loaf."),
        18900,
        "moss",
        "M32 10 8 52h48zM32 26l9 26H23z",
        (_("Two people, one porch"), _("1.9 kg with pegs"), _("Flysheet to 4,000 mm")),
    ),
    Product(
        "rucksack",
        _("Cairn 32-litre rucksack"),
        _("A back that breathes, a lid that stays dry, and room for a night away."),
        8950,
        "rust",
        "M20 20a12 12 0 0 1 24 0v34H20zm4 16h16v12H24z",
        (_("32 litres, 980 g"), _("Rain cover in the base"), _("Sleeve for three litres of water")),
    ),
    Product(
        "stove",
        _("Ember gas stove"),
        _("Boils half a litre in under three minutes and weighs less than an apple."),
        4990,
        "ember",
        "M32 8c8 12 14 17 14 28a14 14 0 0 1-28 0c0-7 4-10 7-16 2 5 4 6 7-12zM14 54h36v4H14z",
        (_("Folds to the size of a matchbox"), _("Fits every screw cartridge"), _("83 g")),
    ),
    Product(
        "lamp",
        _("Glow head lamp"),
        _("Three hundred lumens, a red light for the map, and a week on one charge."),
        3450,
        "sun",
        "M6 28h10v8H6zm42 0h10v8H48zM32 18a14 14 0 1 1 0 28 14 14 0 0 1 0-28"
        "zm0 7a7 7 0 1 0 0 14 7 7 0 0 0 0-14z",
        (_("300 lumens, 70 metres"), _("USB-C, two hours to full"), _("Rain-proof (IPX4)")),
    ),
    Product(
        "flask",
        _("Tarn steel flask"),
        _("Tea that is still hot at the top, and water that is still cold on the way down."),
        2795,
        "tarn",
        "M24 6h16v8H24zm-2 10h20c3 3 4 6 4 10v26a6 6 0 0 1-6 6H24a6 6 0 0 1-6-6V26c0-4 1-7 4-10z"
        "m2 14h16v14H24z",
        (_("750 ml"), _("Hot for 18 hours"), _("Cup for a lid")),
    ),
    Product(
        "mat",
        _("Drift sleeping mat"),
        _("Ten centimetres of air between you and the ground; up in a dozen breaths."),
        7600,
        "dusk",
        "M6 46h50v5H6zM42 20a13 13 0 1 1 0 26 13 13 0 0 1 0-26m0 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16"
        "m0 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8",
        (_("R-value 4.2"), _("460 g"), _("Packs to 22 by 10 cm")),
    ),
)
BY_SLUG = {product.slug: product for product in PRODUCTS}

PRICES = {
    "GBP": tuple(product.price_minor for product in PRODUCTS),
    "EUR": (890, 1150, 1390, 1690, 2450, 3900),
    "JPY": (480, 880, 1320, 2400, 3600, 7800),
}
"""Prices at the shops of the seeded life, by currency."""
MACHINE_MINOR = 64900
"""The roastery's espresso machine, in its commission group ``MACHINES``."""
_SOLD = {("GBP", product.price_minor): product for product in PRODUCTS}


def item_of(price_minor: int, quantity: int, currency: str) -> dict[str, object]:
    """A row of a basket, as the shops' pages report it."""
    product = _SOLD.get((currency, price_minor))
    named = (
        {"sku": product.slug, "name": product.name, "category": "Outdoor"}
        if product
        else {"sku": f"A-{price_minor}"}
    )
    return {**named, "price": plain(price_minor, currency), "quantity": quantity}


def machine() -> dict[str, object]:
    """The espresso machine, as the roastery's page reports it."""
    price = plain(MACHINE_MINOR, "EUR")
    return {"sku": "machine", "name": "Espresso machine", "group": "MACHINES", "price": price}
