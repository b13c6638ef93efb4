"""Documents that must keep up with the code."""

import re

from network.bootstrap import OFF_SWITCH, ROOT


def test_every_variable_that_settings_read_is_documented_and_no_other() -> None:
    source = (ROOT / "network" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_host)\(\s*"([A-Z_]+)"', source)) | {OFF_SWITCH}
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.M)
    assert len(read) > 15
    assert sorted(documented) == sorted(read)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []
