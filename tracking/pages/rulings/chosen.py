"""The orders that staff chose: which they are, what the page showed of each, and what each is by
now."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import money
from network.pages.site.admin_site import ScopedAdmin
from tracking.commissions.settling import commission_of
from tracking.commissions.standing import Outdated
from tracking.explain.explanations import state_of_sale
from tracking.models import Conversion

MOST = 100
"""Changed together: a page of the list."""
_NUMBER = re.compile("[0-9]{1,18}")


def chosen(request: HttpRequest, model_admin: ScopedAdmin[Conversion]) -> QuerySet[Conversion]:
    """``?sales=1,2``: those of them that this person may read."""
    ids = request.GET.get("sales", "").split(",")[:MOST]
    wanted = [int(text) for text in ids if _NUMBER.fullmatch(text)]
    rows = model_admin.get_queryset(request).filter(pk__in=wanted)
    return rows.prefetch_related("reports").order_by("pk")


def ask(page: str, ids: Sequence[int], **more: str) -> HttpResponseRedirect:
    """To the page about the orders that were selected in the list: no more than a page of them."""
    about = {**more, "sales": ",".join(str(key) for key in ids[:MOST])}
    if len(ids) > MOST:
        about["of"] = str(len(ids))
    return HttpResponseRedirect(f"{reverse(f'admin:{page}')}?{urlencode(about, safe=',')}")


def left_out(request: HttpRequest, shown: int) -> list[str]:
    """``?of=240``: that more were selected than there are on the page."""
    text = request.GET.get("of", "")
    if not _NUMBER.fullmatch(text) or int(text) <= shown:
        return []
    said = ngettext(
        "You selected %(all)s orders. This page is about the first %(shown)s; the other one stays "
        "as it is.",
        "You selected %(all)s orders. This page is about the first %(shown)s; the others stay as "
        "they are.",
        int(text) - shown,
    )
    return [said % {"all": int(text), "shown": shown}]


def by_sale(was_shown: Sequence[str]) -> Mapping[int, str]:
    """What the page has sent back of each sale."""
    firsts = ((text.partition(" ")[0], text) for text in was_shown)
    return {int(first): text for first, text in firsts if _NUMBER.fullmatch(first)}


class Outdatings:
    """Collects which of several sales are not what the page showed, and ``says`` of each what it is
    now."""

    def __init__(self, says: Callable[[Conversion], str]) -> None:
        self._says, self._said = says, list[str]()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """While one of them is changed."""
        try:
            yield
        except Outdated as error:
            self._said.append(self._says(error.conversion))

    def refuse(self) -> None:
        """Say what each of these is now, and change none. Raises ValidationError."""
        if self._said:
            raise ValidationError(self._said)


@contextmanager
def as_shown(says: Callable[[Conversion], str]) -> Iterator[None]:
    """While one sale is changed. Raises ValidationError where it is not what the page showed."""
    outdatings = Outdatings(says)
    with outdatings.noted():
        yield
    outdatings.refuse()


def what_it_is_now(sale: Conversion) -> str:
    found = commission_of(sale)
    known: dict[str, Any] = {
        "order": sale.order,
        "amount": money.display(sale.amount_minor, sale.currency),
        "state": state_of_sale(sale),
    }
    if found is None:
        said = _(
            "Order %(order)s has changed since this page was opened: it is now %(amount)s, "
            "credited to nobody, and its state is “%(state)s”. Look at it again, then decide."
        )
        return said % known
    said = _(
        "Order %(order)s has changed since this page was opened: it is now %(amount)s, with "
        "%(commission)s for %(partner)s, and its state is “%(state)s”. Look at it again, then "
        "decide."
    )
    earned = money.display(found.amount_minor, found.currency)
    return said % {**known, "commission": earned, "partner": found.publisher}
