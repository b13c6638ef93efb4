"""What proves that a host is an advertiser's, and what is said of what does not."""

from dataclasses import replace

import pytest

from network.hosts.models import ProofWay
from network.hosts.proofs import Claim, Finding, HostAnswer, ask
from network.outside.dns import DnsResolver
from network.outside.web import FetchProblem, WebAnswer
from tests.support import dns_server, web_server
from tests.support.other_machines import Files, Names

HOST, HERE = "go.shop.example", "track.network.example"
CLAIM = Claim(advertiser=7, host=HOST, token="0123abcd", leads_to=HERE)
RECORD, VALUE = "_softclick.go.shop.example", "softclick=0123abcd"
FILE = "go.shop.example/.well-known/softclick-7.txt"
CNAME, TXT, A_FILE = ProofWay.CNAME, ProofWay.TXT, ProofWay.FILE


def said(claim: Claim, names: Names | None = None, files: Files | None = None) -> list[HostAnswer]:
    return list(ask(claim, names or Names(), files or Files()))


@pytest.mark.parametrize(
    ("names", "files", "way"),
    [
        pytest.param(Names({HOST: HERE}), Files(), CNAME, id="cname"),
        pytest.param(
            Names({HOST: "a.cdn.example", "a.cdn.example": HERE}), Files(), CNAME, id="by_a_detour"
        ),
        pytest.param(Names(texts={RECORD: ["other", f" {VALUE} "]}), Files(), TXT, id="txt"),
        pytest.param(Names(), Files({FILE: WebAnswer(200, b"0123abcd\r\n")}), A_FILE, id="file"),
    ],
)
def test_each_way_proves_the_host(names: Names, files: Files, way: ProofWay) -> None:
    assert said(CLAIM, names, files)[-1] == HostAnswer(way, Finding.PROVES)


def test_nobody_else_is_asked_once_it_is_proven() -> None:
    names = Names({HOST: HERE})
    assert len(said(CLAIM, names)) == 1
    assert names.asked == [HOST]


@pytest.mark.parametrize(
    ("names", "finding", "detail"),
    [
        pytest.param(Names(), Finding.ABSENT, "", id="none"),
        pytest.param(
            Names({HOST: "a.example", "a.example": "b.example"}),
            Finding.OTHER,
            "b.example",
            id="elsewhere",
        ),
        pytest.param(Names({HOST: f"x.{HERE}"}), Finding.OTHER, f"x.{HERE}", id="below_ours"),
        pytest.param(Names({HOST: HOST}), Finding.ABSENT, "", id="to_itself"),
        pytest.param(Names(fails=True), Finding.UNANSWERED, "", id="no_answer"),
    ],
)
def test_a_cname_that_proves_nothing(names: Names, finding: Finding, detail: str) -> None:
    assert said(CLAIM, names)[0] == HostAnswer(CNAME, finding, detail)


@pytest.mark.parametrize(
    ("texts", "finding", "detail"),
    [
        pytest.param([], Finding.ABSENT, "", id="none"),
        pytest.param(["softclick=0123abce"], Finding.OTHER, "softclick=0123abce", id="anothers"),
        pytest.param(["0123abcd"], Finding.OTHER, "0123abcd", id="without_its_name"),
        pytest.param(["\x00<b>" + 99 * "x"], Finding.OTHER, " <b>" + 76 * "x", id="junk"),
    ],
)
def test_a_txt_record_that_proves_nothing(texts: list[str], finding: Finding, detail: str) -> None:
    assert said(CLAIM, Names(texts={RECORD: texts}))[1] == HostAnswer(TXT, finding, detail)


def test_a_txt_record_at_the_host_itself_proves_nothing() -> None:
    found = said(CLAIM, Names(texts={HOST: [VALUE]}))
    assert Finding.PROVES not in {answer.finding for answer in found}


@pytest.mark.parametrize(
    ("answer", "finding", "detail"),
    [
        pytest.param(WebAnswer(404, b"0123abcd"), Finding.STATUS, "404", id="not_found"),
        pytest.param(WebAnswer(302, b"0123abcd"), Finding.STATUS, "302", id="redirect"),
        pytest.param(WebAnswer(200, b"0123abcde"), Finding.OTHER, "0123abcde", id="another_text"),
        pytest.param(
            WebAnswer(200, b"no /.well-known/softclick-7.txt here"),
            Finding.OTHER,
            "no /.well-known/softclick-7.txt here",
            id="a_server_that_repeats_what_it_is_asked",
        ),
        pytest.param(
            WebAnswer(200, b"\xff"), Finding.OTHER, "\N{REPLACEMENT CHARACTER}", id="bytes"
        ),
    ],
)
def test_a_file_that_proves_nothing(answer: WebAnswer, finding: Finding, detail: str) -> None:
    assert said(CLAIM, files=Files({FILE: answer}))[2] == HostAnswer(A_FILE, finding, detail)


@pytest.mark.parametrize("problem", FetchProblem)
def test_why_no_file_could_be_read_is_said(problem: FetchProblem) -> None:
    assert said(CLAIM, files=Files(problem=problem))[2].finding == problem.value


def test_where_two_advertisers_name_the_domain_only_what_names_one_of_them_proves() -> None:
    shared = replace(CLAIM, is_shared=True)
    leads_here = Names({HOST: HERE})
    assert said(shared, leads_here)[0] == HostAnswer(CNAME, Finding.SHARED)
    leads_here.texts = {RECORD: [VALUE]}
    assert said(shared, leads_here)[-1] == HostAnswer(TXT, Finding.PROVES)


@pytest.mark.parametrize(
    ("records", "served", "way"),
    [
        pytest.param({(HOST, "CNAME"): [f"{HERE}."]}, b"", CNAME, id="cname"),
        pytest.param({(RECORD, "TXT"): [f'"{VALUE}"']}, b"", TXT, id="txt"),
        pytest.param({}, b"HTTP/1.1 200 OK\r\n\r\n0123abcd\n", A_FILE, id="file"),
    ],
)
def test_real_servers_prove_it(
    records: dict[tuple[str, str], list[str]], served: bytes, way: ProofWay
) -> None:
    with dns_server.serving(records) as asks, web_server.serving(served, b" ") as web:
        found = ask(CLAIM, DnsResolver(asks), web.fetcher)
    assert found[-1] == HostAnswer(way, Finding.PROVES)
    assert len(web.heads) == (1 if way == A_FILE else 0)
