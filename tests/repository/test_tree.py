"""What must not be in the tree: addresses of one machine or one index, private keys."""

import re
import subprocess

import pytest

from network.local.bootstrap import ROOT

MUST_NOT_OCCUR = {
    "a package index other than the public default": re.compile(
        rb"https?://(?!pypi\.org/)[^\s\"'<>]+/simple\b"
    ),
    "a path of one machine": re.compile(rb"(?<![\w.])/(?:root|home/\w+|Users/\w+|work)/[\w.]+"),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("what", MUST_NOT_OCCUR)
def test_the_tree_is_free_of(what: str, tracked: list[str]) -> None:
    assert len(tracked) > 100
    found = [
        f"{name}: {match[0][:80]!r}"
        for name in tracked
        if (ROOT / name).is_file()
        for match in MUST_NOT_OCCUR[what].finditer((ROOT / name).read_bytes())
    ]
    assert found == []


def test_the_image_takes_no_secret_and_no_environment(tracked: list[str]) -> None:
    """What is not named is left out, such as .env, .data, .git and .venv; what is named is
    committed."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    of_the_tree = {name.partition("/")[0] for name in tracked}
    assert named
    assert not [name for name in named if name not in of_the_tree or name.startswith(".")]
