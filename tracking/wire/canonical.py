"""The one address of each thing on a tracking host.

Browsers send our cookies to ``/t/<advertiser>/…`` alone, compared byte by byte, and to the very
host that set them. Written in any other way the same link would reach us without them: a soft click
would not stand down, a takeover would not be seen. So whatever means a known address is led to it
first.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_ADVERTISERS = re.compile(r"/+t/+([0-9]+)/(.*)", re.IGNORECASE | re.DOTALL)
_PARTNERS = re.compile(r"/*([ca])/+([0-9]+)(?![0-9])(.*)", re.IGNORECASE | re.DOTALL)
_FILES = re.compile(
    r"/*(tag\.js|sale|forget|pixel\.gif|l)(?![a-z0-9_])(.*)",
    re.IGNORECASE | re.DOTALL | re.ASCII,  # a long s or a dotless i is no letter of these
)
_REST = re.compile(r"/+t/+0*([1-9][0-9]{0,9})(?:[^\w.].*|\.?)", re.IGNORECASE | re.DOTALL)
_FILE_NAME = re.compile(r".*\.[a-z0-9]{2,8}", re.IGNORECASE | re.DOTALL)
_CLICK = re.compile(r"/t/([1-9][0-9]{0,9})/c/([1-9][0-9]{0,9})")
_OF_ALL = frozenset({"/cread.php", "/awclick.php", "/pclick.php", "/sread.img", "/sread.php"})
_SCRIPT = re.compile(r"/[1-9][0-9]{0,9}\.js")
_SAFE_IN_PATHS = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Address:
    """What a path below ``/t/`` means: ``prefix`` is it as it is to be written, ``tail`` what is
    glued to it."""

    advertiser: str
    prefix: str
    tail: str


def click(path: str) -> tuple[int, int] | None:
    """Advertiser and publisher of a link that is written as it should be."""
    found = _CLICK.fullmatch(path)
    return (int(found[1]), int(found[2])) if found else None


def parse(path: str) -> Address | None:
    """What the path means, however it is written; None where that is nothing of an advertiser's."""
    found = _ADVERTISERS.fullmatch(path)
    if found is None:
        return None
    advertiser, rest = _decimal(found[1]), found[2]
    base = f"/t/{advertiser}/"
    if partner := _PARTNERS.fullmatch(rest):
        prefix = f"{base}{partner[1].lower()}/{_decimal(partner[2])}"
        return Address(advertiser, prefix, partner[3])
    if file := _FILES.fullmatch(rest):
        return Address(advertiser, base + file[1].lower(), file[2])
    return Address(advertiser, base, rest)


def advertiser_of(path: str) -> int | None:
    """Whose the path is where it means nothing else: what is left of a link that was cut or broken.
    A file's name is none."""
    found = _REST.fullmatch(path)
    return int(found[1]) if found and not _FILE_NAME.fullmatch(path) else None


def is_of_all(path: str) -> bool:
    """Whether the path is one of another network's, that name the advertiser elsewhere."""
    return path in _OF_ALL or _SCRIPT.fullmatch(path) is not None


def path_of(sent: str) -> str | None:
    """The path to lead to from the one that was ``sent``, escapes and all; None where that is as it
    should be, or means nothing. What is glued to an address stays, and is no reason to lead."""
    if click(sent):
        return None
    meant = parse(unquote(sent))
    if meant is None:
        return None
    written = parse(sent)
    if written and written.prefix == meant.prefix and sent.startswith(meant.prefix):
        return None
    return meant.prefix + quote(meant.tail, safe=_SAFE_IN_PATHS)


def _decimal(digits: str) -> str:
    return digits.lstrip("0") or "0"
