"""What the demo's shops sell. Prices in minor units of their currencies."""

from dataclasses import dataclass

from network.money import Money

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
        "Fell two-person tent",
        "Pitches in four minutes, stands in a gale, and packs to the size of a loaf.",
        18900,
        "moss",
        "M32 10 8 52h48zM32 26l9 26H23z",
        ("Two people, one porch", "1.9 kg with pegs", "Flysheet to 4,000 mm"),
    ),
    Product(
        "rucksack",
        "Cairn 32-litre rucksack",
        "A back that breathes, a lid that stays dry, and room for a night away.",
        8950,
        "rust",
        "M20 20a12 12 0 0 1 24 0v34H20zm4 16h16v12H24z",
        ("32 litres, 980 g", "Rain cover in the base", "Sleeve for three litres of water"),
    ),
    Product(
        "stove",
        "Ember gas stove",
        "Boils half a litre in under three minutes and weighs less than an apple.",
        4990,
        "ember",
        "M32 8c8 12 14 17 14 28a14 14 0 0 1-28 0c0-7 4-10 7-16 2 5 4 6 7-12zM14 54h36v4H14z",
        ("Folds to the size of a matchbox", "Fits every screw cartridge", "83 g"),
    ),
    Product(
        "lamp",
        "Glow head lamp",
        "Three hundred lumens, a red light for the map, and a week on one charge.",
        3450,
        "sun",
        "M6 28h10v8H6zm42 0h10v8H48zM32 18a14 14 0 1 1 0 28 14 14 0 0 1 0-28"
        "zm0 7a7 7 0 1 0 0 14 7 7 0 0 0 0-14z",
        ("300 lumens, 70 metres", "USB-C, two hours to full", "Rain-proof (IPX4)"),
    ),
    Product(
        "flask",
        "Tarn steel flask",
        "Tea that is still hot at the top, and water that is still cold on the way down.",
        2795,
        "tarn",
        "M24 6h16v8H24zm-2 10h20c3 3 4 6 4 10v26a6 6 0 0 1-6 6H24a6 6 0 0 1-6-6V26c0-4 1-7 4-10z"
        "m2 14h16v14H24z",
        ("750 ml", "Hot for 18 hours", "Cup for a lid"),
    ),
    Product(
        "mat",
        "Drift sleeping mat",
        "Ten centimetres of air between you and the ground; up in a dozen breaths.",
        7600,
        "dusk",
        "M6 46h50v5H6zM42 20a13 13 0 1 1 0 26 13 13 0 0 1 0-26m0 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16"
        "m0 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8",
        ("R-value 4.2", "460 g", "Packs to 22 by 10 cm"),
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
