"""What a publisher may know of another one: never the name, and its model type only where enough
partners of the advertiser share it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from publishers.cookie_types.current import with_current
from publishers.models import ModelType, Partnership, PartnershipTerms
from tracking.explain.sentences import ANOTHER, Names
from tracking.rule.attribution import Click

ENOUGH_ALIKE = 3
"""A rival's model type is told only when so many other partners of the advertiser share it."""

ModelTypes = Mapping[int, str]
"""The model types now of an advertiser's other approved partners, by publisher."""


def model_types(advertisers: Collection[int], own: int, now: datetime) -> Mapping[int, ModelTypes]:
    """By advertiser, in one query."""
    partnerships = Partnership.objects.filter(advertiser__in=advertisers).exclude(publisher=own)
    approved = {"status_now": PartnershipTerms.Status.APPROVED}
    columns = ("advertiser_id", "publisher_id", "model_type_now")
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for row in with_current(partnerships, now).filter(**approved).values(*columns):
        found[row["advertiser_id"]][row["publisher_id"]] = row["model_type_now"]
    return found


def names(clicks: Iterable[Click], known: ModelTypes, own: int) -> Names:
    """Rivals by their model type where enough partners share it, else "another partner"."""
    counts = Counter(known.values())
    rivals = {click.publisher for click in clicks} - {own}
    return Names({rival: _name(known.get(rival), counts) for rival in rivals}, own=own)


def _name(model_type: str | None, counts: Mapping[str, int]) -> str:
    if not model_type or model_type == ModelType.OTHER or counts[model_type] < ENOUGH_ALIKE:
        return ANOTHER
    label = ModelType(model_type).label.lower()
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label} partner"
