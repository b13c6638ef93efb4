"""What a publisher may know of another one: never the name, and its model type only where enough
partners of the advertiser share it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publishers.cookie_types.current import with_current
from publishers.models import ModelType, Partnership, PartnershipTerms
from tracking.explain.sentences import Names, another
from tracking.rule.attribution import Click

ENOUGH_ALIKE = 3
"""A rival's model type is shown only when so many other partners of the advertiser share it."""

_ALIKE: Mapping[ModelType, Promise] = {
    ModelType.CONTENT: gettext_lazy("a content partner"),
    ModelType.INFLUENCER: gettext_lazy("an influencer partner"),
    ModelType.COMPARISON: gettext_lazy("a comparison partner"),
    ModelType.CASHBACK: gettext_lazy("a cashback partner"),
    ModelType.LOYALTY: gettext_lazy("a loyalty partner"),
    ModelType.VOUCHER: gettext_lazy("a voucher partner"),
    ModelType.EMAIL: gettext_lazy("an email partner"),
    ModelType.SEARCH: gettext_lazy("a search partner"),
    ModelType.DISPLAY: gettext_lazy("a display partner"),
    ModelType.RETARGETING: gettext_lazy("a retargeting partner"),
    ModelType.OVERLAY: gettext_lazy("an overlay partner"),
    ModelType.EXTENSION: gettext_lazy("an extension partner"),
    ModelType.SUBNETWORK: gettext_lazy("a subnetwork partner"),
}
"""What a rival of a model type is called; :attr:`ModelType.OTHER` says too little to be told."""

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
    """Rivals by their model type if enough partners share it, else "another partner"."""
    counts = Counter(known.values())
    rivals = {click.publisher for click in clicks} - {own}
    return Names({rival: _name(known.get(rival), counts) for rival in rivals}, own=own)


def _name(model_type: str | None, counts: Mapping[str, int]) -> str:
    if not model_type or model_type == ModelType.OTHER or counts[model_type] < ENOUGH_ALIKE:
        return another()
    return str(_ALIKE[ModelType(model_type)])
