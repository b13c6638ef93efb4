"""Pages of a list by key and not by number: the last one is as quick as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

PAGE_SIZE = 50
INVALID_POSITION = _("Invalid page position.")

Row = TypeVar("Row")
OtherRow = TypeVar("OtherRow")
ModelRow = TypeVar("ModelRow", bound=Model)


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """One page of a list, with the queries that lead to the next older one, if there is any, and to
    the first."""

    rows: Sequence[Row]
    older: str
    newest: str

    def of(self, rows: Sequence[OtherRow]) -> "ListPage[OtherRow]":
        """The same page, each row as it is shown."""
        return ListPage(rows, self.older, self.newest)


def page_of(
    request: HttpRequest,
    rows: QuerySet[ModelRow],
    *,
    size: int | None = None,
    skip: int = 0,
    position: Callable[[Sequence[ModelRow]], object] = lambda shown: shown[-1].pk,
) -> ListPage[ModelRow]:
    """The first ``size`` of ``rows`` after ``skip``; ``PAGE_SIZE`` of them without a ``size``.
    ``position`` is where the page after those shown begins: ``before`` in its address."""
    size = size or PAGE_SIZE
    found = list(rows[skip : skip + size + 1])
    shown = found[:size]
    kept = _kept(request)
    older = urlencode({**kept, "before": str(position(shown))}) if len(found) > size else ""
    return ListPage(shown, older, urlencode(kept))


def empty_page(request: HttpRequest) -> ListPage[Any]:
    """The page of a filter that is not valid."""
    return ListPage((), "", urlencode(_kept(request)))


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if name != "before"}
