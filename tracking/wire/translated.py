"""Awin's published addresses, in ours: which link, pixel or report each of them is. Pure.

Shops and publishers that have these parameters installed move by changing a host name. Names are
translated and nothing is decided here; what the values may be is said where ours are read.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote, urlencode

from tracking.clicks.targets import with_parameter
from tracking.clicks.visits import items, pairs, parameters
from tracking.rule import consent

FACE = "compatible"
"""What a translated report says of itself."""

_ID = re.compile(r"\s*0*([1-9][0-9]{0,9})(?![0-9])")
_REFERENCES = {
    f"{name}{number}": f"ref{number}" for name in ("clickref", "pref") for number in range(2, 7)
}
_OF_A_CLICK = {
    "clickref": "ref",
    "pref1": "ref",
    **_REFERENCES,
    "campaign": "campaign",
    "cons": "consent",
}
_LINKS = {"cread": ("awinmid", "awinaffid"), "awclick": ("mid", "id"), "pclick": ("m", "a")}
"""In which parameters the kinds of links have the advertiser and the publisher."""
_TARGETS = ("ued", "p")
_OF_A_REPORT = {
    "ref": "order",
    "amount": "amount",
    "cr": "currency",
    "parts": "parts",
    "vc": "voucher",
    "ch": "channel",
    "t": "test",
    "testmode": "test",
    "customeracquisition": "customer",
    "cons": "consent",
    "cks": "click",
}
_NOT_READ = frozenset(
    {"gdpr", "gdpr_consent", "platform", "linkid", "s", "v", "q", "r", "tt", "tv"}
)
"""What links carry for that network's own ends."""
_BASKET_LINE = re.compile(r"bd(?:\[[0-9]*\])?")
_PRODUCT = ("id", "name", "price", "quantity", "sku", "group", "category")
"""What stands in a basket's line, ``AW:P|advertiser|order|…``."""
_BRACKETS = re.compile(r"(?:\[|%5B){2}(.*?)(?:(?:\]|%5D){2})?", re.IGNORECASE | re.DOTALL)
"""Around targets of older links: ``p=[[https://…]]``."""


@dataclass(frozen=True, slots=True)
class TranslatedLink:
    """A link in our form. ``publisher`` is 0 where none is named."""

    advertiser: int
    publisher: int
    query: str

    @property
    def location(self) -> str:
        path = f"/t/{self.advertiser}/c/{self.publisher or ''}"
        return f"{path}?{self.query}" if self.query else path


def link(kind: str, query: str) -> TranslatedLink | None:
    """What a link of this kind (``cread``, ``awclick``, ``pclick``) means; None where it names no
    advertiser. A target is passed on as it was written: whether it was encoded is seen there."""
    said = parameters(query)
    named = _LINKS[kind]
    advertiser, publisher = (_number(said.get(name, "")) for name in named)
    if not advertiser:
        return None
    targets = () if kind == "pclick" else _TARGETS  # there p is a product of a feed
    found: list[str] = []
    is_pasted = False  # not encoded: what follows is the target's own
    for item in items(query):
        name, _, value = item.partition("=")
        if name in targets and value and not is_pasted:
            found.append(f"to={_without_brackets(value)}")
            is_pasted = "?" in value
        elif name in _OF_A_CLICK:
            found.append(f"{_OF_A_CLICK[name]}={value}")
        elif item and name not in named and (is_pasted or name not in {*_TARGETS, *_NOT_READ}):
            found.append(item)
    return TranslatedLink(advertiser, publisher, "&".join(found))


def is_strictly_necessary(query: str) -> bool:
    """Whether a link says that the shopper does not consent."""
    return consent.parse_all(value for name, value in pairs(query) if name == "cons") is False


def as_strictly_necessary(meant: TranslatedLink, landing_url: str) -> TranslatedLink:
    """The link, whose target tells the shop that the click is one of these: ``sn=1``."""
    parts = meant.query.split("&")
    targets = [item.removeprefix("to=") for item in parts if item.startswith("to=")]
    target = unquote(targets[-1]) if targets else landing_url
    try:
        marked = with_parameter(target, "sn", "1")
    except ValueError:
        return meant
    others = [item for item in parts if item and not item.startswith("to=")]
    return TranslatedLink(
        meant.advertiser, meant.publisher, "&".join([*others, f"to={quote_plus(marked)}"])
    )


def advertiser_of_report(query: str) -> int:
    """Whose the report is; 0 where it names nobody."""
    return _number(parameters(query).get("merchant", ""))


def report(query: str) -> list[tuple[str, str]]:
    """The fields of a report in our names, in their order; what has no name of ours is left out.
    It says of itself that it is translated, since amounts and groups are written differently
    there (:class:`tracking.evidence.fields.Terms`)."""
    said = list(pairs(query))
    found = [(_OF_A_REPORT[name], value) for name, value in said if name in _OF_A_REPORT]
    bought = [_product(value) for name, value in said if _BASKET_LINE.fullmatch(name)]
    if bought := list(filter(None, bought)):
        found.append(("items", json.dumps(bought)))
    return [*found, ("face", FACE)]


def pixel(advertiser: int, query: str) -> str:
    """The address of our pixel for a report."""
    return f"/t/{advertiser}/pixel.gif?{urlencode(report(query))}"


def _product(line: str) -> dict[str, str]:
    """An item of an order; empty for a line that is none."""
    mark, *parts = (part.strip() for part in line.split("|"))
    return dict(zip(_PRODUCT, parts[2:], strict=False)) if mark == "AW:P" else {}


def _number(text: str) -> int:
    found = _ID.match(text)
    return int(found[1]) if found else 0


def _without_brackets(value: str) -> str:
    found = _BRACKETS.fullmatch(value)
    return found[1] if found else value
