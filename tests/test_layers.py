"""The layers' contract covers every module; import-linter (``.ci/run layers``) checks it."""

import tomllib
from pathlib import Path

from network.bootstrap import ROOT

PACKAGES = ("network", "publishers", "tracking")
OUTSIDE = {
    # What must be there before Django is: the way in, the engines, the settings.
    "network.bootstrap",
    "network.embedded",
    "network.engine_account",
    "network.engine_hold",
    "network.engine_remains",
    "network.guard",
    "network.processes",
    "network.secret_store",
    "network.servers",
    "network.settings",
    *(f"{package}.apps" for package in PACKAGES),
    *(f"{package}.migrations" for package in PACKAGES),
}


def contract(words: str) -> dict[str, list[str]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return next(each for each in settings["contracts"] if words in each["name"])


def modules() -> set[str]:
    """Modules and sub-packages at the top of each package."""
    found = {path for package in PACKAGES for path in (ROOT / package).iterdir()}
    return {
        dotted(path) for path in found if path.suffix == ".py" or (path / "__init__.py").exists()
    }


def dotted(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def test_every_module_is_of_the_domain_or_delivers_it() -> None:
    lists = contract("Nothing in the domain")
    domain, delivery = set(lists["source_modules"]), set(lists["forbidden_modules"])
    names = modules() - {f"{package}.__init__" for package in PACKAGES}
    assert not domain & delivery
    assert names == domain | delivery | OUTSIDE
