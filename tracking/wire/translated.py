"""Awin's published addresses, in ours: which link, pixel or report each of them is. Pure.

Shops and publishers that have these parameters installed move by changing a host name. Names are
translated and nothing is decided here; what the values may be is said where ours are read.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_plus, urlencode

from tracking.clicks import pasting
from tracking.clicks.redirect import MAX_REFERENCE
from tracking.clicks.targets import MAX_LOCATION, escaped, with_parameter
from tracking.clicks.visits import PARAMETERS, items, pairs, parameters
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
_NONE = "too-long"
"""Leads to the landing page and is recorded as a bad target, as one of ours that is too long."""
_LINE_END = re.compile(r"[\r\n]+")
_BASKET_LINE = re.compile(r"bd(?:\[[0-9]*\])?")
_PRODUCT = ("id", "name", "price", "quantity", "sku", "group", "category")
"""What stands in a basket's line, ``AW:P|advertiser|order|…``."""
_BRACKETS = re.compile(r"(?:\[|%5B){2}(.*?)(?:(?:\]|%5D){2})?", re.IGNORECASE | re.DOTALL)
"""Around targets of older links: ``p=[[https://…]]``."""


@dataclass(frozen=True, slots=True)
class TranslatedLink:
    """A link in our form. ``publisher`` is 0 where none is named; ``said`` is what stands in its
    query, as it was written. ``is_strictly_necessary``: it says that the shopper does not
    consent."""

    advertiser: int
    publisher: int
    said: tuple[str, ...]
    is_strictly_necessary: bool

    def location(self, landing_url: str) -> str:
        """The link's address. None is longer than those that our own links lead to: the partner's
        references are cut as ours are, and a target that is too long all the same is a bad one."""
        target = _target(self.said)
        own = [item for item in self.said if _name(item) in PARAMETERS - {"to"}]
        said = self.said
        if self.is_strictly_necessary:
            target = _marked(target or landing_url) or target
            said = _with_target(own, target)
        cut = [_cut(item) for item in own]
        answers = [item for item in cut if _name(item) == "consent"]
        shorter = (
            _with_target(cut, target),
            _with_target(cut, _NONE),
            _with_target(answers, _NONE),
        )
        addresses = map(self._address, (said, *shorter))
        return next(address for address in addresses if len(address) <= MAX_LOCATION)

    def _address(self, said: Sequence[str]) -> str:
        path = f"/t/{self.advertiser}/c/{self.publisher or ''}"
        query = escaped("&".join(said))
        return f"{path}?{query}" if query else path


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
    refused = consent.parse_all(value for name, value in pairs(query) if name == "cons") is False
    return TranslatedLink(advertiser, publisher, tuple(found), refused)


def advertiser_of_report(query: str) -> int:
    """Whose the report is; 0 where it names nobody."""
    return _number(parameters(query).get("merchant", ""))


def report(query: str) -> list[tuple[str, str]]:
    """The fields of a report in our names, in their order; what has no name of ours is left out.
    It says of itself that it is translated, since amounts and groups are written differently
    there (:class:`tracking.evidence.fields.Terms`)."""
    said = list(pairs(query))
    found = [(_OF_A_REPORT[name], value) for name, value in said if name in _OF_A_REPORT]
    lines = [value for name, value in said if _BASKET_LINE.fullmatch(name)]
    if bought := products("\n".join(lines)):
        found.append(("items", json.dumps(bought)))
    return [*found, ("face", FACE)]


def products(basket: str) -> list[dict[str, str]]:
    """The items in the lines of a basket, as ``static/tracking/awin.js`` reads them in a page
    (``tests/support/baskets.json``)."""
    read = [_product(line) for line in _LINE_END.split(basket)]
    return [product for product in read if product]


def pixel(advertiser: int, query: str) -> str:
    """The address of our pixel for a report; empty where it would be longer than any that we lead
    to, also without what was bought."""
    said = report(query)
    for fields in (said, [(name, value) for name, value in said if name != "items"]):
        address = f"/t/{advertiser}/pixel.gif?{urlencode(fields)}"
        if len(address) <= MAX_LOCATION:
            return address
    return ""


def _product(line: str) -> dict[str, str]:
    """An item of an order, without what is empty; empty for a line that is none."""
    mark, *parts = (part.strip() for part in line.split("|"))
    said = zip(_PRODUCT, parts[2:], strict=False) if mark == "AW:P" else ()
    return {name: value for name, value in said if value}


def _target(said: Sequence[str]) -> str:
    """The target that a link means, in full and decoded; empty where it has none."""
    has_one = any(_name(item) == "to" for item in said)
    return pasting.read(said, PARAMETERS).target if has_one else ""


def _with_target(said: Sequence[str], target: str) -> tuple[str, ...]:
    return (*said, f"to={quote_plus(target)}") if target else tuple(said)


def _marked(target: str) -> str:
    """The target that tells the shop that the click is strictly necessary, by ``sn=1``; empty for
    what is no address."""
    try:
        return with_parameter(target, "sn", "1")
    except ValueError:
        return ""


def _name(item: str) -> str:
    return item.partition("=")[0]


def _cut(item: str) -> str:
    """A parameter of a link, no longer than it is kept."""
    name, _, value = item.partition("=")
    return f"{name}={quote_plus(unquote_plus(value)[:MAX_REFERENCE])}"


def _number(text: str) -> int:
    found = _ID.match(text)
    return int(found[1]) if found else 0


def _without_brackets(value: str) -> str:
    found = _BRACKETS.fullmatch(value)
    return found[1] if found else value
