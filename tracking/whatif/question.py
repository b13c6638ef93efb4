"""What a what-if asks, in words: ``CouponCat: soft; Cookie period: 14 days``."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from network.models import AttributionTerms
from network.wording import counted, some_of
from publishers.models import Publisher
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif.names import unnamed
from tracking.whatif.results import Question


def words_of(questions: Sequence[Question]) -> list[str]:
    """Each question's changes in words. One query for all of them."""
    changes = [change for question in questions for change in question.changes.values()]
    publishers = {key for change in changes for key in (*change.types, *change.own_hard_days)}
    names = dict(Publisher.objects.filter(pk__in=publishers).values_list("pk", "name"))
    return [_words(question, names) for question in questions]


def _words(question: Question, names: Mapping[int, str]) -> str:
    """What is asked at several advertisers is said once."""
    changes = list(question.changes.values())
    windows = [part for change in changes for part in _windows(change, names)]
    return "; ".join([*_types(changes, names), *dict.fromkeys(windows)]) or _("Nothing changed")


def _types(changes: Sequence[Change], names: Mapping[int, str]) -> list[str]:
    found = []
    kinds = {CookieType.SOFT: _("%(partners)s: soft"), CookieType.HARD: _("%(partners)s: hard")}
    for kind, text in kinds.items():
        held = {key for change in changes for key, asked in change.types.items() if asked is kind}
        if held:
            found.append(text % {"partners": some_of(_name(key, names) for key in held)})
    return found


def _windows(change: Change, names: Mapping[int, str]) -> list[str]:
    found = []
    if change.soft_rule:
        found.append(str(AttributionTerms.SoftRule(change.soft_rule).label))
    if change.hard_days:
        found.append(_("Cookie period: %(days)s") % {"days": counted(change.hard_days, "day")})
    for key, days in sorted(change.own_hard_days.items()):
        found.append(_own_days(_name(key, names), days))
    if change.soft_hours:
        hours = counted(change.soft_hours, "hour")
        found.append(_("Soft cookies: %(hours)s at most") % {"hours": hours})
    return found


def _own_days(partner: str, days: int | None) -> str:
    """None: the advertiser's cookie period."""
    if days is None:
        return _("Cookie period of %(partner)s: the advertiser's") % {"partner": partner}
    text = _("Cookie period of %(partner)s: %(days)s")
    return text % {"partner": partner, "days": counted(days, "day")}


def _name(publisher: int, names: Mapping[int, str]) -> str:
    return names.get(publisher) or unnamed(publisher)
