"""What a test run prepares for the processes that it starts."""

import subprocess
import sys

import pytest

from tests.support import engines


def test_its_processes_keep_what_they_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    engines.keep_what_is_compiled()
    look = "import sys; print(sys.dont_write_bytecode)"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert (sys.dont_write_bytecode, ran.stdout) == (False, "False\n")
