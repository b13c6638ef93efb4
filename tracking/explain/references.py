"""What a publisher put into its links to find its clicks again."""

from collections.abc import Collection, Iterable, Mapping

from tracking.models import Click
from tracking.rule.attribution import Click as RuleClick


def references_of(
    advertisers: Collection[int], clicks: Iterable[RuleClick]
) -> Mapping[str, Mapping[str, str]]:
    """The references of these clicks at these advertisers, by the click's id as text, as far as
    they are still kept. One query."""
    rows = Click.objects.filter(advertiser__in=advertisers, pk__in=[click.id for click in clicks])
    return {str(key): value for key, value in rows.values_list("pk", "references")}
