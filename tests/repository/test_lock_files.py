"""``uv.lock`` and ``requirements.lock``: one set of packages, from the public index only."""

import re
import tomllib
from typing import Any
from urllib.parse import urlsplit

import pytest

from network.local.bootstrap import ROOT

PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
RENEW = "run: python3 manage.py lock"


@pytest.fixture(scope="module")
def packages() -> list[dict[str, Any]]:
    """What uv locked, without the project itself."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return [package for package in locked if "registry" in package["source"]]


@pytest.fixture(scope="module")
def requirements() -> str:
    return (ROOT / "requirements.lock").read_text()


def _files(package: dict[str, Any]) -> list[dict[str, str]]:
    source = [package["sdist"]] if "sdist" in package else []
    return [*package.get("wheels", []), *source]


def test_pip_gets_just_what_uv_locked(packages: list[dict[str, Any]], requirements: str) -> None:
    blocks = re.findall(r"^([\w.-]+)==(\S+)(.*(?:\n    .*)*)", requirements, re.MULTILINE)
    exported = {
        (name, version, *sorted(re.findall(r"--hash=(\S+)", rest)))
        for name, version, rest in blocks
    }
    locked = {
        (package["name"], package["version"], *sorted(file["hash"] for file in _files(package)))
        for package in packages
    }
    assert exported == locked, RENEW


def test_uv_locked_what_the_project_asks_for(packages: list[dict[str, Any]]) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    project = next(package for package in locked if package["name"] == "softclick")
    asked = {
        "": wanted["project"]["dependencies"],
        **wanted["dependency-groups"],
    }
    recorded = {
        "": project["metadata"]["requires-dist"],
        **project["metadata"]["requires-dev"],
    }
    for group, specifiers in asked.items():
        names = {re.split(r"[^\w.-]", each)[0].lower() for each in specifiers}
        assert {each["name"] for each in recorded[group]} == names, RENEW


def test_every_package_comes_from_the_public_index(packages: list[dict[str, Any]]) -> None:
    urls = [package["source"]["registry"] for package in packages]
    urls += [file["url"] for package in packages for file in _files(package)]
    assert {urlsplit(url).hostname for url in urls} == PUBLIC_HOSTS
    hosts = re.findall(r"\w+://([^/\"]+)", (ROOT / "uv.lock").read_text())
    assert set(hosts) == PUBLIC_HOSTS


def test_the_export_names_no_index_and_no_host(requirements: str) -> None:
    assert "://" not in requirements
    assert not re.findall(r"^-", requirements, re.MULTILINE)


def test_every_package_has_a_wheel(packages: list[dict[str, Any]]) -> None:
    """The environment is built without compilers."""
    assert [package["name"] for package in packages if not package.get("wheels")] == []
