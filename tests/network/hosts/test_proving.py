"""Hosts wait, are proven, and stay in use: what is stored, and what the database refuses."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, transaction

from network.hosts import proving, tracking_hosts
from network.hosts.models import HostProof, ProofWay, TrackingHost
from network.hosts.proofs import Finding
from network.models import Advertiser, PolicyVersion
from network.outside.web import FetchProblem
from tests.support.makers import NOW, give_hosts, make_advertiser, make_user
from tests.support.other_machines import Files, Names
from tracking.clicks.snapshot import build

pytestmark = pytest.mark.django_db
HOST = "go.shop.example"
LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def shop() -> Advertiser:
    advertiser = make_advertiser()
    advertiser.domains = ["shop.example"]
    advertiser.save()
    return advertiser


def leading_here(*hosts: str) -> Names:
    return Names(dict.fromkeys(hosts or [HOST], settings.TRACKING_HOST))


def waiting(advertiser: Advertiser, host: str = HOST) -> TrackingHost:
    tracking_hosts.replace(advertiser, [host], NOW)
    return advertiser.own_hosts.get()


def used(advertiser: Advertiser) -> tuple[str, ...]:
    return build().advertisers[advertiser.pk].own_hosts


def version() -> int:
    return PolicyVersion.objects.get().version


def test_a_host_is_used_once_it_is_proven_and_not_before(shop: Advertiser) -> None:
    row = waiting(shop)
    shared = tracking_hosts.base_url(shop.pk, ())
    assert (used(shop), tracking_hosts.base_urls([shop.pk])) == ((), {shop.pk: shared})
    before, vera = version(), make_user("owner", shop)
    now = proving.check(row, LATER, leading_here(), Files(), asked_by=vera)
    assert now
    assert now.proof
    assert (now.proof.way, now.proof.proven_at, now.proof.asked_by) == ("cname", LATER, vera)
    assert version() > before
    own = tracking_hosts.base_url(shop.pk, [HOST])
    assert (used(shop), tracking_hosts.base_urls([shop.pk])) == ((HOST,), {shop.pk: own})


def test_what_does_not_prove_it_is_kept_to_be_shown_and_tells_no_process(shop: Advertiser) -> None:
    row = waiting(shop)
    before = version()
    now = proving.check(row, NOW, Names(), Files(problem=FetchProblem.NO_TLS))
    assert now
    assert (now.proof, now.checked_at, now.missing_since) == (None, NOW, None)
    assert [(answer["way"], answer["finding"]) for answer in now.answers] == [
        ("cname", "absent"),
        ("txt", "absent"),
        ("file", "no_tls"),
    ]
    assert version() == before


def test_nobody_can_have_a_host_asked_again_and_again(shop: Advertiser) -> None:
    row, names = waiting(shop), Names()
    proving.check(row, NOW, names, Files())
    asked = len(names.asked)
    with pytest.raises(proving.TooSoon):
        proving.check(row, NOW + timedelta(seconds=9), names, Files())
    assert len(names.asked) == asked
    assert proving.check(row, NOW + proving.PAUSE, names, Files())


def test_who_only_waits_keeps_the_host_from_nobody(shop: Advertiser) -> None:
    squatter = make_advertiser()
    waiting(squatter)
    proving.check(waiting(shop), NOW, leading_here(), Files())
    assert used(shop) == (HOST,)


def test_a_host_that_is_proven_is_not_anothers_even_with_proof(shop: Advertiser) -> None:
    late = waiting(make_advertiser())
    proving.check(waiting(shop), NOW, leading_here(), Files())
    texts = {f"_softclick.{HOST}": [f"softclick={late.token.hex}"]}
    now = proving.check(late, NOW, Names(texts=texts), Files())
    assert now
    assert now.proof is None
    assert now.answers[-1]["finding"] == Finding.TAKEN
    assert used(shop) == (HOST,)
    assert not HostProof.objects.filter(advertiser=late.advertiser).exists()


def test_a_cname_does_not_tell_between_two_who_name_the_domain(shop: Advertiser) -> None:
    rival = make_advertiser()
    rival.domains = ["shop.example"]
    rival.save()
    now = proving.check(waiting(rival), NOW, leading_here(), Files())
    assert now
    assert (now.proof, now.answers[0]["finding"]) == (None, Finding.SHARED)
    row = waiting(shop)
    texts = {f"_softclick.{HOST}": [f"softclick={row.token.hex}"]}
    now = proving.check(row, NOW, Names(leading_here().cnames, texts), Files())
    assert now
    assert now.proof
    assert now.proof.way == ProofWay.TXT


def test_a_proof_that_is_found_no_more_is_told_and_the_host_stays_in_use(shop: Advertiser) -> None:
    row = waiting(shop)
    proving.check(row, NOW, leading_here(), Files())
    row.refresh_from_db()
    gone = proving.check(row, LATER, Names(), Files())
    assert gone
    assert (gone.missing_since, used(shop)) == (LATER, (HOST,))
    again = proving.check(row, LATER + timedelta(days=1), Names(), Files())
    assert again
    assert again.missing_since == LATER
    back = proving.check(row, LATER + timedelta(days=2), leading_here(), Files())
    assert back
    assert (back.missing_since, HostProof.objects.count()) == (None, 1)


def test_dns_that_does_not_answer_takes_no_proof_away(shop: Advertiser) -> None:
    row = waiting(shop)
    proving.check(row, NOW, leading_here(), Files())
    row.refresh_from_db()
    now = proving.check(row, LATER, Names(fails=True), Files())
    assert now
    assert now.missing_since is None


def test_another_advertiser_who_names_the_domain_later_takes_no_proof_away(
    shop: Advertiser,
) -> None:
    row = waiting(shop)
    proving.check(row, NOW, leading_here(), Files())
    row.refresh_from_db()
    Advertiser.objects.filter(pk=make_advertiser().pk).update(domains=["shop.example"])
    now = proving.check(row, LATER, leading_here(), Files())
    assert now
    assert now.missing_since is None


def test_a_host_that_was_removed_while_others_were_asked_is_not_proven(shop: Advertiser) -> None:
    row = waiting(shop)

    class RemovedMeanwhile(Names):
        def cname(self, name: str) -> str | None:
            tracking_hosts.replace(shop, [], NOW)
            return settings.TRACKING_HOST

    assert proving.check(row, NOW, RemovedMeanwhile(), Files()) is None
    assert not HostProof.objects.exists()


def test_what_waits_is_looked_up_every_ten_minutes_and_what_is_proven_every_day(
    shop: Advertiser,
) -> None:
    tracking_hosts.replace(shop, ["a.shop.example", "b.shop.example"], NOW)
    proving.check(shop.own_hosts.get(host="a.shop.example"), NOW, leading_here(), Files())
    proving.check(shop.own_hosts.get(host="b.shop.example"), NOW, Names(), Files())
    shop.own_hosts.filter(host="a.shop.example").update(
        proof=HostProof.objects.create(
            advertiser=shop, host="a.shop.example", way="cname", proven_at=NOW
        )
    )

    def looked_up(after: timedelta) -> set[str]:
        names = Names()
        proving.check_due(NOW + after, names, Files())
        return {name for name in names.asked if not name.startswith("_")}

    assert looked_up(timedelta(minutes=9)) == set()
    assert looked_up(timedelta(minutes=10)) == {"b.shop.example"}
    assert looked_up(timedelta(hours=24)) == {"a.shop.example", "b.shop.example"}


def test_the_longest_waiting_come_first(shop: Advertiser, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [f"{letter}.shop.example" for letter in "abc"]
    tracking_hosts.replace(shop, hosts, NOW)
    for host, age in zip(hosts, (20, 40, 30), strict=True):
        row = shop.own_hosts.filter(host=host)
        row.update(checked_at=NOW - timedelta(minutes=age))
    monkeypatch.setattr(proving, "AT_ONCE", 2)
    names = Names()
    proving.check_due(NOW, names, Files())
    asked = [name for name in names.asked if name in hosts]
    assert asked == ["b.shop.example", "c.shop.example"]


def test_hosts_keep_their_proof_and_token_when_the_list_changes(shop: Advertiser) -> None:
    row = waiting(shop)
    proving.check(row, NOW, leading_here(), Files())
    new = tracking_hosts.replace(shop, ["new.shop.example", HOST], LATER)
    assert [each.host for each in new] == ["new.shop.example"]
    held = shop.own_hosts.get(host=HOST)
    assert (held.token, held.position, held.proof is not None) == (row.token, 1, True)
    assert used(shop) == (HOST,)


def test_a_name_of_this_machine_needs_no_proof_but_in_production(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waiting(shop, "track.shop.localhost").proof.way == ProofWay.LOCAL  # type: ignore[union-attr]
    proving.check_due(LATER + timedelta(days=9), names := Names(), Files())
    assert names.asked == []
    monkeypatch.setattr(settings, "PRODUCTION", True)
    assert waiting(make_advertiser(), "track.other.localhost").proof is None


def test_tokens_are_of_each_advertiser_and_host(shop: Advertiser) -> None:
    tracking_hosts.replace(shop, [HOST, "t.shop.example"], NOW)
    waiting(make_advertiser())
    assert len(set(TrackingHost.objects.values_list("token", flat=True))) == 3


@pytest.mark.parametrize(
    "change", [{"host": "x.shop.example"}, {"token": "0" * 32}], ids=["host", "token"]
)
def test_what_was_proven_is_never_made_something_else(
    shop: Advertiser, change: dict[str, str]
) -> None:
    waiting(shop)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        shop.own_hosts.update(**change)


def test_the_proof_of_one_host_proves_no_other(shop: Advertiser) -> None:
    give_hosts(make_advertiser(), HOST)
    waiting(shop, "t.shop.example")
    with pytest.raises(IntegrityError, match="of another host"), transaction.atomic():
        shop.own_hosts.update(proof=HostProof.objects.get())


def test_a_proof_is_kept_as_it_was_when_the_host_goes(shop: Advertiser) -> None:
    give_hosts(shop, HOST)
    give_hosts(shop)
    proof = HostProof.objects.get(advertiser=shop, host=HOST)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        HostProof.objects.filter(pk=proof.pk).update(way="txt")
