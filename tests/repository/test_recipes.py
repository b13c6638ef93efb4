"""The recipes for ``sig`` say, and do, what the product verifies."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from network.local.bootstrap import ROOT
from tracking.evidence import signing

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
RECIPES = dict(re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs/signing.md").read_text(), re.DOTALL))
SAID = re.compile(r'^(?://|#) sig\("(.*?)", "(.*?)", "(.*?)", "(.*?)", "(.*?)"\) is "(.*?)"$', re.M)
SALES = (
    pytest.param(("10023", "49.90", "GBP", ""), id="usual"),
    pytest.param(("10023", "10.00", "", ""), id="without_a_currency"),
    pytest.param(("Bestellung für Jörg 🎈", "10.00", "EUR", ""), id="not_ascii"),
    pytest.param(("1", "30.00", "EUR", "A:10.00|B:20.00"), id="parts"),
)


@dataclass(frozen=True)
class Language:
    """How a program of a recipe is run: what goes before and behind it, so that it prints the
    ``sig`` of its five arguments, without an end of line."""

    program: str
    suffix: str
    behind: str
    before: str = ""


LANGUAGES = {
    "php": Language("php", ".php", "echo sig(...array_slice($argv, 1));", "<?php\n"),
    "python": Language(sys.executable, ".py", "import sys\nprint(sig(*sys.argv[1:]), end='')"),
    "javascript": Language("node", ".cjs", "process.stdout.write(sig(...process.argv.slice(2)));"),
    "ruby": Language("ruby", ".rb", "print sig(*ARGV)"),
    "java": Language("java", ".java", ""),
}
MAIN_OF_JAVA = """class Main {
    public static void main(String[] a) throws Exception {
        System.out.print(Signing.sig(a[0], a[1], a[2], a[3], a[4]));
    }
}
class Signing"""


def program_in(language: str) -> str:
    text = RECIPES[language].replace("class Signing", MAIN_OF_JAVA)
    return f"{LANGUAGES[language].before}{text}\n{LANGUAGES[language].behind}\n"


def test_there_is_a_recipe_in_each_language() -> None:
    assert set(RECIPES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_recipe_says_it_gives_is_what_the_product_verifies(language: str) -> None:
    [(key, *fields, sig)] = SAID.findall(RECIPES[language])
    assert key == KEY
    assert sig == signing.sign("|".join(fields), key)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sale", SALES)
def test_a_recipe_signs_as_the_product_verifies(
    language: str, sale: tuple[str, ...], tmp_path: Path
) -> None:
    run = LANGUAGES[language]
    interpreter = shutil.which(run.program)
    if interpreter is None:
        pytest.skip(f"no {run.program} here")
    path = tmp_path / f"recipe{run.suffix}"
    path.write_text(program_in(language))
    done = subprocess.run(
        [interpreter, str(path), KEY, *sale],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode() == signing.sign("|".join(sale), KEY)
