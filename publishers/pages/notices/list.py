"""A publisher's notices: what its advertisers and the network have decided about it, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from network import clock
from network.models import Advertiser
from network.pages.site.admin_site import person
from network.people import access
from publishers.models import Notice, Partnership, Publisher
from publishers.notices import states as notice_states
from publishers.notices.reading import mark_read, unread
from publishers.notices.states import State
from publishers.notices.words import Words, words
from publishers.pages.dashboard.frame import team_page
from publishers.pages.dashboard.paging import ListPage, empty_page, page_of
from publishers.partnerships.standing import standings

PAGE_SIZE = 20
COMING = "coming"


class NoticeFilter(forms.Form):
    """``before`` is the notice after which an older page begins."""

    programme = forms.ModelChoiceField(
        Advertiser.objects.none(),
        label=gettext_lazy("Programme"),
        required=False,
        empty_label=gettext_lazy("All programmes"),
    )
    about = forms.ChoiceField(
        label=gettext_lazy("About"),
        required=False,
        choices=[
            ("", gettext_lazy("Everything")),
            *Notice.Event.choices,
            (COMING, gettext_lazy("Still to come")),
        ],
    )
    before = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Any, publisher: Publisher) -> None:
        super().__init__(data, label_suffix="")
        choice = self.fields["programme"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Advertiser.objects.filter(partnerships__publisher=publisher)

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNotice:
    """A notice as it stands on the page."""

    notice: Notice
    words: Words
    is_new: bool
    state: State
    programme: str

    @property
    def type_badge(self) -> str:
        """The cookie type that it leads to, if that is what it is about."""
        is_void = self.state.is_void or self.notice.facts["cancelled"]
        if is_void or self.notice.event != Notice.Event.COOKIE_TYPE:
            return ""
        return str(self.notice.facts["to"]["type"])


@team_page
def notices(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = NoticeFilter(request.GET, publisher)
    page = _page(request, publisher, chosen)
    context |= {"filter": chosen, "page": page, "shown": page.rows}
    status = 200 if chosen.is_valid() else 400
    response = render(request, "publishers/dashboard/notices.html", context, status=status)
    newest = Notice.objects.filter(publisher=publisher).values_list("pk", flat=True).first()
    if request.method == "GET" and newest and not chosen.is_narrowed:
        mark_read(person(request), publisher, newest)
    return response


def _page(
    request: HttpRequest, publisher: Publisher, chosen: NoticeFilter
) -> ListPage[ShownNotice]:
    if not chosen.is_valid():
        return empty_page(request)
    rows = access.for_publisher(Notice.objects.all(), publisher.pk).filter(**_lookups(chosen))
    if chosen.cleaned_data["about"] == COMING:
        rows = rows.filter(pk__in=notice_states.coming(rows, clock.now()))
    page = page_of(request, rows.select_related("advertiser", "partnership"), size=PAGE_SIZE)
    return page.of(_shown(request, publisher, page.rows))


def _lookups(chosen: NoticeFilter) -> Mapping[str, Any]:
    data, about = chosen.cleaned_data, chosen.cleaned_data["about"]
    lookups = {
        "advertiser": data["programme"],
        "pk__lt": data["before"],
        "event": about if about != COMING else None,
    }
    return {name: value for name, value in lookups.items() if value}


def _shown(request: HttpRequest, publisher: Publisher, rows: Sequence[Notice]) -> list[ShownNotice]:
    now, new = clock.now(), set(unread(person(request), publisher).values_list("pk", flat=True))
    standing = standings({row.partnership for row in rows}, now)
    states = notice_states.states(rows, now)
    return [
        ShownNotice(
            notice=row,
            words=words(row),
            is_new=row.pk in new,
            state=states[row.pk],
            programme=_programme(row.partnership, joined=standing[row.partnership_id].is_approved),
        )
        for row in rows
    ]


def _programme(partnership: Partnership, *, joined: bool) -> str:
    """The programme's address on the team's pages."""
    name = "programmes" if joined else "applied_programmes"
    page = reverse(name, args=[partnership.publisher_id])
    return f"{page}#programme-{partnership.advertiser_id}"
