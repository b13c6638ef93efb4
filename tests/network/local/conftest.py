"""A checkout to build in, and a data folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.local import bootstrap, embedded
from tests.network.local.test_bootstrap import FAKE_PYTHON, script


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with lock files, and builders that only note what they were asked for."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "uv.lock").write_text("locked\n")
    (root / "requirements.lock").write_text(
        "django==5.2 ; sys_platform == 'linux' \\\n    --hash\n"
    )
    python = script(tmp_path / "python3", FAKE_PYTHON)
    monkeypatch.setattr(bootstrap, "_base_python", lambda: str(python))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("FAIL", "never")
    monkeypatch.setenv("FAKE_PYTHON", str(python))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return root


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that every account can reach; not made yet."""
    folder = embedded.temporary_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
