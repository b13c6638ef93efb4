"""What a what-if asks, in words: ``CouponCat and DealBar soft, a cookie period of 14 days``."""

from collections.abc import Mapping, Sequence

from network.wording import counted, joined, some_of
from publishers.models import Publisher
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif.results import Question

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
    """What is asked at several advertisers is said once."""
    changes = list(question.changes.values())
    rest = [clause for change in changes for clause in _windows(change, names)]
    return joined([*_types(changes, names), *dict.fromkeys(rest)]) or "nothing changed"


def _types(changes: Sequence[Change], names: Mapping[int, str]) -> list[str]:
    found = []
    for kind in (CookieType.SOFT, CookieType.HARD):
        held = {key for change in changes for key, asked in change.types.items() if asked is kind}
        if held:
            found.append(f"{some_of(_name(key, names) for key in held)} {kind.value}")
    return found


def _windows(change: Change, names: Mapping[int, str]) -> list[str]:
    found = []
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
    """A publisher without a name is called by its id."""
    return names.get(publisher, f"publisher {publisher}")
