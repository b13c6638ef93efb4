"""Documents that must keep up with the code."""

import re

import pytest

from network.local.bootstrap import ROOT
from network.local.machine import OFF_SWITCH
from tests.conftest import TrackingClient
from tests.support.makers import make_advertiser, make_partner, make_publisher

FROM_THE_SERVER = {"server", "date", "content-length", "transfer-encoding"}


def test_every_variable_that_settings_read_is_documented_and_no_other() -> None:
    source = (ROOT / "network" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_host|_database)\(\s*"([A-Z_]+)"', source)) | {OFF_SWITCH}
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.M)
    assert len(read) > 15
    assert sorted(documented) == sorted(read)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("A hard click", "/t/{shop}/c/{publisher}"),
        ("The sale, by pixel", "/t/{shop}/pixel.gif?order=1&amount=1"),
        ("An amount that is none", "/t/{shop}/pixel.gif?order=1&amount=1e5"),
        ("An advertiser that does not exist", "/t/999999/c/1"),
    ],
)
def test_the_transcript_shows_the_headers_of_today(
    tracking_client: TrackingClient, title: str, path: str
) -> None:
    shop, publisher = make_advertiser(), make_publisher()
    make_partner(shop, publisher, "hard")
    answer = tracking_client.get(path.format(shop=shop.id, publisher=publisher.id))
    transcript = (ROOT / "docs/transcripts/click-and-pixel.md").read_text()
    step = transcript[transcript.index(title) :].split("```")[1]
    shown = set(re.findall(r"^([a-z-]+):", step, re.M)) - FROM_THE_SERVER
    assert shown == set(answer.headers) - FROM_THE_SERVER
    assert f"HTTP/1.1 {answer.status_code} " in step


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []
