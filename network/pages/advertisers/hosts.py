"""An advertiser's own tracking hosts on its page: how to prove one, what was found, *Check now*."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import clock
from network.hosts import proving
from network.hosts.models import ProofWay, TrackingHost
from network.hosts.proofs import Claim, Finding
from network.models import Advertiser
from network.outside import dns
from network.outside.web import Fetcher
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import page_of

ANCHOR = "#own-hosts"

_PROVEN: Mapping[str, str | Promise] = {
    ProofWay.CNAME: _("Proven by its CNAME record"),
    ProofWay.TXT: _("Proven by a TXT record"),
    ProofWay.FILE: _("Proven by a file on it"),
    ProofWay.LOCAL: _("A name of this machine: no proof needed"),
}
_EVERYWHERE: Mapping[str, str | Promise] = {
    Finding.TAKEN: _(
        "It proves the host, but another advertiser uses it. Have it removed there first."
    ),
    Finding.UNANSWERED: _("The DNS servers did not answer. We will ask again by ourselves."),
}
_ANSWERS: Mapping[str, Mapping[str, str | Promise]] = {
    ProofWay.CNAME: {
        Finding.PROVES: _("It leads here."),
        Finding.SHARED: _(
            "It leads here. But another advertiser names this domain, too, so that the CNAME "
            "record does not tell whose host it is: add the TXT record as well."
        ),
        Finding.ABSENT: _("There is no CNAME record at this name."),
        Finding.OTHER: _("It leads to %(detail)s instead."),
    },
    ProofWay.TXT: {
        Finding.PROVES: _("The TXT record is there."),
        Finding.ABSENT: _("There is no TXT record at this name."),
        Finding.OTHER: _("The TXT record says “%(detail)s” instead."),
    },
    ProofWay.FILE: {
        Finding.PROVES: _("The file is there."),
        Finding.OTHER: _("The file says “%(detail)s” instead."),
        Finding.STATUS: _(
            "The web server answered %(detail)s. It has to answer 200 with the file; redirects are "
            "not followed."
        ),
        Finding.NO_ADDRESS: _("The host has no address."),
        Finding.NOT_PUBLIC: _("The host's address is not public, so we do not ask it."),
        Finding.UNREACHABLE: _("No web server answered by https within 5 seconds."),
        Finding.NO_TLS: _("The web server has no valid certificate for this host."),
        Finding.NO_HTTP: _("What the web server sent is not HTTP."),
        Finding.TOO_LONG: _("What the web server sent is longer than 64 kB."),
    },
}


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What one way said the last time, in words."""

    way: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownHost:
    """A host, with what to do where it is not proven."""

    row: TrackingHost
    proven: str
    """By what; empty while it waits."""
    claim: Claim
    answers: Sequence[ShownAnswer]

    @property
    def needs_proof(self) -> bool:
        return not self.row.proof_id or self.row.missing_since is not None

    @property
    def is_checked(self) -> bool:
        """Whether it makes sense to look again."""
        return self.row.proof is None or self.row.proof.way != ProofWay.LOCAL


def shown(advertiser: Advertiser) -> Sequence[ShownHost]:
    """In the order in which they are used."""
    rows = advertiser.own_hosts.select_related("proof", "proof__asked_by")
    return [
        ShownHost(
            row=row,
            proven=str(_PROVEN[row.proof.way]) if row.proof else "",
            claim=proving.claim_of(row),
            answers=[
                ShownAnswer(str(ProofWay(answer["way"]).label), words(answer))
                for answer in row.answers
            ],
        )
        for row in rows
    ]


def words(answer: Mapping[str, Any]) -> str:
    """A stored answer as a sentence."""
    finding = answer["finding"]
    text = _EVERYWHERE.get(finding) or _ANSWERS[answer["way"]][finding]
    return str(text) % {"detail": answer["detail"]}


def check_url(model_admin: ScopedAdmin[Advertiser]) -> URLPattern:
    """Where *Check now* posts the host's name."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        advertiser = model_admin.get_object(request, str(pk))
        if advertiser is None or not model_admin.managed(request, advertiser):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        host = request.POST.get("host", "")
        row = advertiser.own_hosts.filter(host=host).first()
        answered = False
        if row is None:
            _say_removed(request, host)
        else:
            answered = _check(request, model_admin, row)
        # Where the answers say more than the message on top of the page, to them.
        return redirect(page_of(advertiser) + (ANCHOR if answered else ""))

    wrapped = model_admin.admin_site.admin_view(view)
    return path("<int:pk>/own-hosts/check/", wrapped, name="network_advertiser_check_host")


def _check(request: HttpRequest, model_admin: ScopedAdmin[Advertiser], row: TrackingHost) -> bool:
    """Whether there are answers that say why it is not proven."""
    resolver, said = dns.resolver(), {"host": row.host}
    waited = row.proof_id is None
    try:
        now = proving.check(row, clock.now(), resolver, Fetcher(resolver), asked_by=person(request))
    except proving.TooSoon:
        text = gettext("%(host)s was checked a moment ago. Wait ten seconds, then check again.")
        messages.warning(request, text % said)
        return False
    if now is None:
        _say_removed(request, row.host)
    elif now.proof is None:
        text = gettext("%(host)s is not proven yet. Its answers are below.")
        messages.warning(request, text % said)
    elif now.missing_since:
        text = gettext("The proof of %(host)s is missing. Its answers are below.")
        messages.warning(request, text % said)
    else:
        messages.success(request, gettext("%(host)s is proven.") % said)
    if waited and now and now.proof:
        logged = gettext("Proved the tracking host %(host)s: %(way)s")
        way = now.proof.get_way_display()
        model_admin.log_change(request, row.advertiser, logged % {**said, "way": way})
    return now is not None and (now.proof is None or now.missing_since is not None)


def _say_removed(request: HttpRequest, host: str) -> None:
    text = gettext("“%(host)s” is not among the advertiser's tracking hosts any more.")
    messages.warning(request, text % {"host": host})
