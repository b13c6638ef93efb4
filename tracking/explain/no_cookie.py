"""A publisher's clicks that took no cookie: why, and what can be done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from network.models import Advertiser
from tracking.clicks.models import WITHOUT_COOKIE
from tracking.conversions.journeys import LOOK_BACK, as_click
from tracking.explain import rivals
from tracking.explain.rivals import ModelTypes
from tracking.explain.sentences import target_text, uncounted_text, verdict_sentence
from tracking.models import Click
from tracking.rule.attribution import Click as RuleClick
from tracking.rule.attribution import Judged, Sale, Verdict, resolve
from tracking.rule.reasons import ClickReason
from tracking.rule.tokens import lowest_id

STOOD_DOWN = "stood_down"
MOST_OF_JOURNEYS = 2_000
"""More clicks are not read for one page; what its clicks stood down for is then not said."""

REASONS: Mapping[str, Promise] = {
    STOOD_DOWN: gettext_lazy("Stood down for a live cookie"),
    ClickReason.NOT_PARTNER: gettext_lazy("Not an approved partner"),
    ClickReason.NO_CONSENT: gettext_lazy("No consent"),
    ClickReason.STUFFED: gettext_lazy("Not opened as a page"),
    ClickReason.REPEAT: gettext_lazy("Repeated within a second"),
    ClickReason.BOT: gettext_lazy("Known bot"),
    ClickReason.PREFETCH: gettext_lazy("Fetched in advance of a click"),
    ClickReason.HEAD: gettext_lazy("Only checked whether the link exists"),
    ClickReason.INVALID_SIGNATURE: gettext_lazy("Invalid signature"),
    ClickReason.ADVERTISER_CLOSED: gettext_lazy("Programme closed"),
}
"""Every reason, short, in the order in which a list offers them."""

REMEDIES: Mapping[ClickReason, Promise] = {
    ClickReason.NOT_PARTNER: gettext_lazy(
        "Apply to the programme under Programmes. Clicks count once you are approved."
    ),
    ClickReason.NO_CONSENT: gettext_lazy("Once the visitor has agreed, add consent=1 to the link."),
    ClickReason.STUFFED: gettext_lazy(
        "Let the visitor open the link as a page of its own, with a plain link. Images, frames and "
        "requests from scripts set no cookie; activating inside the shop's page needs the "
        "advertiser's permission."
    ),
    ClickReason.REPEAT: gettext_lazy(
        "Nothing: the first of the two clicks counts. If it happens often, a script on your page "
        "opens the link twice."
    ),
    ClickReason.BOT: gettext_lazy("Nothing: a bot buys nothing."),
    ClickReason.PREFETCH: gettext_lazy("Nothing: when the visitor clicks, that click counts."),
    ClickReason.HEAD: gettext_lazy("Nothing: it was a link checker, not a visitor."),
    ClickReason.INVALID_SIGNATURE: gettext_lazy(
        "Copy the link again from Links, and change none of its parts."
    ),
    ClickReason.ADVERTISER_CLOSED: gettext_lazy("Remove the programme's links from your pages."),
}
BY_OWN = gettext_lazy("Nothing: your own earlier click keeps the cookie.")
BY_ANOTHER = gettext_lazy(
    "A soft click overwrites nothing. It sets the cookie for visitors that you bring first."
)


@dataclass(frozen=True, slots=True)
class NoCookie:
    """One click: why it took no cookie, and what can be done. ``target_said`` is what was
    wrong with its target, if anything."""

    at: datetime
    programme: Advertiser
    why: str
    remedy: str
    references: Mapping[str, str] = field(default_factory=dict)
    target_said: str = ""


def without_cookie(clicks: QuerySet[Click], reason: str = "") -> QuerySet[Click]:
    """Of these clicks those that took no cookie, or those of one of :data:`REASONS`."""
    clicks = clicks.filter(WITHOUT_COOKIE)
    if reason == STOOD_DOWN:
        return clicks.filter(reason="")
    return clicks.filter(reason=reason) if reason else clicks


def told(rows: Sequence[Click], publisher: int, now: datetime) -> list[NoCookie]:
    """The publisher's clicks in words, in two queries. The rows need their ``advertiser``."""
    stood_down = [row for row in rows if not row.reason]
    journeys = _journeys(stood_down)
    known = rivals.model_types({row.advertiser_id for row in stood_down}, publisher, now)
    found = []
    for row in rows:
        if row.reason:
            said = uncounted_text(row.reason), str(REMEDIES[ClickReason(row.reason)])
        else:
            before = journeys[row.advertiser_id, row.journey]
            said = _stood_down(row, before, known.get(row.advertiser_id, {}))
        found.append(_told(row, *said))
    return found


def _told(row: Click, why: str, remedy: str) -> NoCookie:
    return NoCookie(
        at=row.at,
        programme=row.advertiser,
        why=why,
        remedy=remedy,
        references=row.references,
        target_said=target_text(row.target_reason),
    )


def _stood_down(row: Click, journey: Sequence[RuleClick], known: ModelTypes) -> tuple[str, str]:
    """For whose claim, by the journey as it was then."""
    click = as_click(row)
    before = [item for item in journey if item.at <= click.at and item.id != click.id]
    verdicts = resolve([*before, click], Sale(at=click.at)).verdicts
    judged = next(item for item in verdicts if item.click.id == click.id)
    if judged.verdict is not Verdict.STOOD_DOWN:
        judged = Judged(click, Verdict.STOOD_DOWN)
    names = rivals.names(before, known, click.publisher)
    is_own = judged.by is not None and judged.by.publisher == click.publisher
    return verdict_sentence(judged, names), str(BY_OWN if is_own else BY_ANOTHER)


def _journeys(rows: Sequence[Click]) -> Mapping[tuple[int, int], Sequence[RuleClick]]:
    """The clicks of these clicks' journeys, by advertiser and journey. One query."""
    found: dict[tuple[int, int], list[RuleClick]] = defaultdict(list)
    wanted: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.journey:
            wanted[row.advertiser_id].add(row.journey)
    if not wanted:
        return found
    some = Q()
    for advertiser, journeys in wanted.items():
        some |= Q(advertiser=advertiser, journey__in=sorted(journeys))
    oldest, newest = min(row.id for row in rows), max(row.id for row in rows)
    since = (oldest.int >> 80) - int(LOOK_BACK / timedelta(milliseconds=1))
    clicks = Click.objects.filter(some, id__gte=lowest_id(since), id__lte=newest)
    several = list(clicks.order_by("-id")[: MOST_OF_JOURNEYS + 1])
    for row in several if len(several) <= MOST_OF_JOURNEYS else ():
        found[row.advertiser_id, row.journey].append(as_click(row))
    return found
