"""What the demo's shop sells. Prices in minor units of its currency."""

from dataclasses import dataclass

from network.money import Money

CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Product:
    """``drawing`` is the ``d`` of an SVG path in a box of 64 by 64; ``hue`` its colour."""

    slug: str
    name: str
    text: str
    price_minor: int
    hue: int
    drawing: str

    @property
    def price(self) -> Money:
        return Money(self.price_minor, CURRENCY)


PRODUCTS = (
    Product(
        "tent",
        "Fell two-person tent",
        "Pitches in four minutes, stands in a gale, and packs to the size of a loaf.",
        18900,
        150,
        "M32 10 8 52h48zM32 26l9 26H23z",
    ),
    Product(
        "rucksack",
        "Cairn 32-litre rucksack",
        "A back that breathes, a lid that stays dry, and room for a night away.",
        8950,
        25,
        "M20 20a12 12 0 0 1 24 0v34H20zm4 16h16v12H24z",
    ),
    Product(
        "stove",
        "Ember gas stove",
        "Boils half a litre in under three minutes and weighs less than an apple.",
        4990,
        5,
        "M32 8c8 12 14 17 14 28a14 14 0 0 1-28 0c0-7 4-10 7-16 2 5 4 6 7-12zM14 54h36v4H14z",
    ),
    Product(
        "lamp",
        "Glow head lamp",
        "Three hundred lumens, a red light for the map, and a week on one charge.",
        3450,
        45,
        "M6 28h10v8H6zm42 0h10v8H48zM32 18a14 14 0 1 1 0 28 14 14 0 0 1 0-28"
        "zm0 7a7 7 0 1 0 0 14 7 7 0 0 0 0-14z",
    ),
)
BY_SLUG = {product.slug: product for product in PRODUCTS}
