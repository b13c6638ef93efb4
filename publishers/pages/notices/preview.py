"""What partners will read of a change, as the page that makes it shows it before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.wording import some_of
from publishers.models import Partnership
from publishers.notices.choices import unheard
from publishers.notices.words import MailText
from publishers.notices.writing import Preview, unreached


@dataclass(frozen=True, slots=True)
class ShownPreview:
    """What some partners will read: ``names`` says which."""

    names: str
    mail: MailText | None
    titles: Sequence[str]


def shown(
    found: Sequence[Preview], named: Callable[[Sequence[Partnership]], str]
) -> list[ShownPreview]:
    return [ShownPreview(named(one.partnerships), one.mail, one.titles) for one in found]


def names(rows: Sequence[Partnership]) -> str:
    """Of partners of one advertiser."""
    return some_of(row.publisher.name for row in rows)


def shop_names(rows: Sequence[Partnership]) -> str:
    """Of partnerships of one publisher."""
    return some_of(
        _("%(publisher)s at %(shop)s") % {"publisher": row.publisher, "shop": row.advertiser}
        for row in rows
    )


def reach(
    found: Sequence[Preview], named: Callable[[Sequence[Partnership]], str] = names
) -> list[str]:
    """How many partners are told by these, and which of them no email reaches. At most three
    queries for each."""
    told = [row for one in found if one.mail for row in one.partnerships]
    if not told:
        return []
    said = [
        ngettext("%(count)d partner is told.", "%(count)d partners are told.", len(told))
        % {"count": len(told)}
    ]
    if away := unreached(told):
        text = ngettext(
            "%(names)s has nobody with an account, so no email goes there. The notice waits on "
            "its page.",
            "%(names)s have nobody with an account, so no email goes there. The notices wait on "
            "their pages.",
            len(away),
        )
        said.append(text % {"names": named(away)})
    if deaf := [row for one in found if one.mail for row in unheard(one.partnerships, one.mailed)]:
        said.append(switched_off(named(deaf), len(deaf)))
    return said


def switched_off(names: str, count: int) -> str:
    """That no email goes to these partners, by their own choice."""
    text = ngettext(
        "%(names)s switched off emails about this. The notice waits on its page.",
        "%(names)s switched off emails about this. The notices wait on their pages.",
        count,
    )
    return text % {"names": names}


def reason_so_far(text: str) -> str:
    """What stands for a reason that is not written yet."""
    return text.strip() or _("(the reason that you give)")
