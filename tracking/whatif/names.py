"""What the ids in a what-if's answer are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from network.models import Advertiser
from publishers.models import Publisher
from tracking.models import Conversion
from tracking.whatif.results import Question, Result


@dataclass(frozen=True, slots=True)
class AnswerNames:
    """Names of publishers, and order references, by their ids."""

    publishers: Mapping[int, str]
    orders: Mapping[int, str]

    def publisher(self, publisher: int | None) -> str:
        """None is nobody; a publisher that is gone is called by its id."""
        if publisher is None:
            return _("Nobody")
        return self.publishers.get(publisher) or unnamed(publisher)

    def order(self, conversion: int) -> str:
        return self.orders.get(conversion, str(conversion))


def unnamed(publisher: int) -> str:
    return _("publisher %(id)s") % {"id": publisher}


def names_of(result: Result) -> AnswerNames:
    """Of everything in the answer. Two queries."""
    publishers = {line.publisher for line in result.lines if line.publisher is not None}
    examples = [key for move in result.moves for key in move.examples]
    return AnswerNames(
        publishers=dict(Publisher.objects.filter(pk__in=publishers).values_list("pk", "name")),
        orders=dict(Conversion.objects.filter(pk__in=examples).values_list("pk", "order")),
    )


def advertisers_of(question: Question) -> dict[int, Advertiser]:
    return Advertiser.objects.in_bulk(question.changes)
