"""Faults put into the rule on purpose: the tests of the rule must notice each one."""

import subprocess
import sys

import pytest

from tests.tracking.rule.mutation_table import MUTATIONS, Mutation
from tests.tracking.rule.mutations import ROOT, RULE, MutationError, mutated

SOURCE = (ROOT / RULE).read_text(encoding="utf-8")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_mutation_of_the_rule_fails_a_test() -> None:
    result = run("-m", "tests.tracking.rule.mutations")

    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert result.stdout.endswith(f"{len(MUTATIONS)} mutations, 0 survived\n")


def test_a_mutation_that_no_test_notices_is_reported_as_survived() -> None:
    program = """
from tests.tracking.rule.mutation_table import Mutation
from tests.tracking.rule.mutations import main
raise SystemExit(main([Mutation("harmless", "RULE_VERSION = 1", "RULE_VERSION = 2")]))
"""
    result = run("-c", program)

    assert result.returncode == 1, result.stderr
    assert result.stdout.split() == ["harmless", "SURVIVED", "1", "mutations,", "1", "survived"]


@pytest.mark.parametrize("mutation", [pytest.param(each, id=each.name) for each in MUTATIONS])
def test_a_mutation_changes_the_rule(mutation: Mutation) -> None:
    compile(mutated(SOURCE, mutation), str(RULE), "exec")

    assert mutated(SOURCE, mutation) != SOURCE


@pytest.mark.parametrize(
    "old", [pytest.param("no such text", id="nowhere"), pytest.param("return", id="often")]
)
def test_a_mutation_that_cannot_be_made_is_an_error(old: str) -> None:
    with pytest.raises(MutationError, match="not once"):
        mutated(SOURCE, Mutation("stale", old, "return None"))
