"""What a what-if asks, in words: ``CouponCat and DealBar soft, a cookie period of 14 days``."""

from collections.abc import Mapping, Sequence

from network.dates import counted
from publishers.models import Publisher
from tracking.attribution import CookieType, SoftRule
from tracking.whatif import Change
from tracking.whatif_results import Question
from tracking.whatif_told import joined

MOST_NAMED = 4
SOFT_RULES: Mapping[SoftRule, str] = {
    SoftRule.FIRST: "a soft click overwriting nothing",
    SoftRule.LAST: "a later soft click taking over from a soft one",
    SoftRule.SOLE: "soft clicks paid only where no other partner's window is open",
}


def words_of(questions: Sequence[Question]) -> list[str]:
    """Each question's changes in words. One query for all of them."""
    changes = [change for question in questions for change in question.changes.values()]
    publishers = {key for change in changes for key in (*change.types, *change.own_hard_days)}
    names = dict(Publisher.objects.filter(pk__in=publishers).values_list("pk", "name"))
    return [_words(question, names) for question in questions]


def _words(question: Question, names: Mapping[int, str]) -> str:
    found = [clause for change in question.changes.values() for clause in clauses(change, names)]
    return joined(found) or "nothing changed"


def clauses(change: Change, names: Mapping[int, str]) -> list[str]:
    """Each change of one advertiser; publishers without a name are called by their id."""
    found = []
    for kind in (CookieType.SOFT, CookieType.HARD):
        partners = sorted(_name(key, names) for key, held in change.types.items() if held is kind)
        if partners:
            found.append(f"{listed(partners)} {kind.value}")
    if change.soft_rule:
        found.append(SOFT_RULES[change.soft_rule])
    if change.hard_days:
        found.append(f"a cookie period of {counted(change.hard_days, 'day')}")
    for key, days in sorted(change.own_hard_days.items()):
        period = f"{counted(days, 'day')} for" if days else "the general cookie period for"
        found.append(f"{period} {_name(key, names)}")
    if change.soft_hours:
        found.append(f"soft cookies of {counted(change.soft_hours, 'hour')} at most")
    return found


def _name(publisher: int, names: Mapping[int, str]) -> str:
    return names.get(publisher, f"publisher {publisher}")


def listed(partners: Sequence[str]) -> str:
    """Names, the first of them where they are many: ``A, B, C and 12 more``."""
    if len(partners) > MOST_NAMED:
        more = len(partners) - MOST_NAMED + 1
        return f"{', '.join(partners[: MOST_NAMED - 1])} and {more} more"
    return joined(partners)
