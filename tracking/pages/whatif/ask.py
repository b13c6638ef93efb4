"""The what-if page: ask what other types, windows or rules would have done; and its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from network import clock
from network.models import Advertiser
from network.pages.site.admin_site import person
from network.people import access
from network.wording import joined
from publishers.models import Partnership
from tracking.pages.whatif.form import Again, WhatIfForm, ask_again, partner_rows, typed_rows
from tracking.rule.attribution import CookieType
from tracking.whatif import runs as whatif_runs
from tracking.whatif.answer import describe
from tracking.whatif.answer_csv import moves_csv, partners_csv
from tracking.whatif.models import WhatIfRun
from tracking.whatif.partners import partners_of
from tracking.whatif.question import words_of
from tracking.whatif.results import Question

RECENT = 10
TABLES = {"partners": partners_csv, "moves": moves_csv}


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """``?advertiser=1`` chooses whose sales; ``?again=<run>`` asks what a run asked, to change it.
    Posted, it starts a run and leads to it."""
    given = request.POST if request.method == "POST" else request.GET
    now = clock.now()
    before = _run_of(request, request.GET.get("again", ""))
    shops = list(access.for_staff(Advertiser.objects.order_by("name"), request.user))
    shop = _chosen(given.get("advertiser", ""), shops, before)
    page = Asking(shops, shop, before)
    if shop is None:
        return _page(request, page)
    partners = partners_of(shop, now)
    if request.method != "POST":
        again = ask_again(before.question, shop.pk, partners) if before else Again({}, (), 0)
        rows = partner_rows(partners, initial=again.rows)
        form = WhatIfForm(initial=again.fields, partners=partners, rows=rows)
        page = replace(page, left_out=again.left_out)
    elif given.get("do") == "rows":
        rows = partner_rows(partners, initial=typed_rows(given))
        form = WhatIfForm(initial=given.dict(), partners=partners, rows=rows)
    else:
        form = WhatIfForm(given, partners=partners, rows=partner_rows(partners, given))
        run = _asked(request, form, shop, now) if form.is_valid() else None
        if run:
            return HttpResponseRedirect(reverse("admin:whatif_run", args=[run.pk]))
    return _page(request, replace(page, form=form))


def _asked(
    request: HttpRequest, form: WhatIfForm, shop: Advertiser, now: datetime
) -> WhatIfRun | None:
    """None where it has to wait; the form says why."""
    try:
        return whatif_runs.start(form.question(shop, now), now, made_by=person(request))
    except whatif_runs.TooMany as error:
        form.add_error(None, str(error))
        return None


@dataclass(frozen=True, slots=True)
class Asking:
    """The page on which somebody asks: the advertisers that they see, whose sales it is about, and
    the run whose question they change."""

    shops: Sequence[Advertiser]
    shop: Advertiser | None
    again: WhatIfRun | None
    form: WhatIfForm | None = None
    left_out: int = 0

    @property
    def asked_at(self) -> int:
        """At how many advertisers the question was asked that is changed; 0: not at this one."""
        changes = self.again.question.changes if self.again else {}
        return len(changes) if self.shop and self.shop.pk in changes else 0


def _chosen(text: str, shops: Sequence[Advertiser], before: WhatIfRun | None) -> Advertiser | None:
    """The advertiser asked for; the only one where there is only one. Raises Http404 for one that
    this user does not see."""
    if not text and before is not None:
        text = str(next(iter(before.question.changes)))
    if not text:
        return shops[0] if len(shops) == 1 else None
    found = next((shop for shop in shops if str(shop.pk) == text), None)
    if found is None:
        raise Http404(_("There is no advertiser %(id)s.") % {"id": text})
    return found


def _page(request: HttpRequest, page: Asking) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("What if"),
        "advertisers": page.shops,
        "chosen": page.shop,
        "form": page.form,
        "again": page.again,
        "asked_at": page.asked_at,
        "left_out": page.left_out,
        "recent": recent(request),
        "address": reverse("admin:whatif"),
    }
    return TemplateResponse(request, "admin/whatif/ask.html", context)


@dataclass(frozen=True, slots=True)
class Asked:
    """A run in a list: what it asks, in words."""

    run: WhatIfRun
    words: str
    days: int


def recent(request: HttpRequest) -> list[Asked]:
    """What this person asked last."""
    runs = list(whatif_runs.of(person(request)).order_by("-created_at")[:RECENT])
    seen = _visible(request)
    runs = [run for run in runs if set(run.question.changes) <= seen]
    questions = [run.question for run in runs]
    return [
        Asked(run, words, (question.until - question.since).days)
        for run, question, words in zip(runs, questions, words_of(questions), strict=True)
    ]


def _visible(request: HttpRequest) -> set[int]:
    shops = access.for_staff(Advertiser.objects.all(), request.user)
    return set(shops.values_list("pk", flat=True))


def _run_of(request: HttpRequest, key: str) -> WhatIfRun | None:
    """This person's run by its id in text; None where there is none, or about what they see no
    more."""
    found = whatif_runs.find(key, person(request))
    return found if found and set(found.question.changes) <= _visible(request) else None


def _own_run(request: HttpRequest, pk: UUID) -> WhatIfRun:
    """Raises Http404 for one that somebody else asked, or about what this person sees no more."""
    run = get_object_or_404(whatif_runs.of(person(request)), pk=pk)
    if not set(run.question.changes) <= _visible(request):
        raise Http404(_("There is no such what-if."))
    return run


@require_http_methods(["GET", "HEAD", "POST"])
def run_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A what-if: how far it is, or its answer. Posted, it is cancelled, or asked again."""
    run = _own_run(request, pk)
    if request.method == "POST":
        return HttpResponseRedirect(reverse("admin:whatif_run", args=[_acted(request, run).pk]))
    told = describe(run.question, run.result, run.created_at) if _is_done(run) else None
    [words] = words_of([run.question])
    context = {
        **admin.site.each_context(request),
        "title": _("What if"),
        "subtitle": words,
        "run": run,
        "told": told,
        "days": (run.question.until - run.question.since).days,
        "shops": _shops(run.question),
        "steps": _steps(request, run.question) if told else (),
    }
    return TemplateResponse(request, "admin/whatif/run.html", context)


def _is_done(run: WhatIfRun) -> bool:
    return run.status == WhatIfRun.Status.DONE


def _acted(request: HttpRequest, run: WhatIfRun) -> WhatIfRun:
    if request.POST.get("do") == "cancel":
        whatif_runs.cancel(run)
        return run
    question, now = run.question, clock.now()
    again = Question(question.changes, now - (question.until - question.since), now)
    try:
        return whatif_runs.start(again, now, made_by=person(request))
    except whatif_runs.TooMany as error:
        messages.error(request, str(error))
        return run


def _shops(question: Question) -> str:
    names = Advertiser.objects.filter(pk__in=question.changes).order_by("name")
    return joined(list(names.values_list("name", flat=True)))


@dataclass(frozen=True, slots=True)
class Step:
    """A page on which what was asked can be made so."""

    label: str
    address: str


def _steps(request: HttpRequest, question: Question) -> list[Step]:
    """Where somebody who may can set what was asked: the confirmation, with the partners chosen;
    the advertiser's terms."""
    known, steps = access.access_of(request.user), []
    managed = {key: change for key, change in question.changes.items() if known.manages(key)}
    for kind in (CookieType.SOFT, CookieType.HARD):
        chosen = _partnerships(
            {
                key: [publisher for publisher, held in change.types.items() if held is kind]
                for key, change in managed.items()
            }
        )
        if chosen:
            query = f"?to={kind}&partners={','.join(map(str, chosen))}"
            address = reverse("admin:publishers_partnership_cookie_type") + query
            steps.append(Step(_set_to(kind, len(chosen)), address))
    for key, change in managed.items():
        if change.soft_rule or change.hard_days or change.soft_hours:
            address = reverse("admin:network_advertiser_terms", args=[key])
            steps.append(Step(_("Change the advertiser's terms…"), address))
        for partnership in _partnerships({key: list(change.own_hard_days)}):
            address = reverse("admin:publishers_partnership_terms", args=[partnership])
            steps.append(Step(_("Change the partner's terms…"), address))
    return steps


def _set_to(kind: CookieType, partners: int) -> str:
    text = (
        ngettext("Set this partner to soft…", "Set these %(number)d partners to soft…", partners)
        if kind is CookieType.SOFT
        else ngettext(
            "Set this partner to hard…", "Set these %(number)d partners to hard…", partners
        )
    )
    return text % {"number": partners}


def _partnerships(publishers: Mapping[int, Sequence[int]]) -> list[int]:
    """The ids of partnerships, of publishers by advertiser."""
    found: list[int] = []
    for advertiser, keys in publishers.items():
        rows = Partnership.objects.filter(advertiser=advertiser, publisher__in=keys)
        found += rows.order_by("publisher__name").values_list("pk", flat=True)
    return found


@require_safe
def run_csv(request: HttpRequest, pk: UUID, table: str) -> HttpResponse:
    """A table of the answer, ``partners`` or ``moves``, for a spreadsheet."""
    run = _own_run(request, pk)
    if table not in TABLES or not _is_done(run):
        raise Http404(_("There is no such table."))
    name = f"what-if-{run.created_at:%Y-%m-%d}-{table}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # With a byte-order mark: without it spreadsheets take the text for another encoding.
    written = "\ufeff" + TABLES[table](run.question, run.result)
    return HttpResponse(written, content_type="text/csv; charset=utf-8", headers=headers)
