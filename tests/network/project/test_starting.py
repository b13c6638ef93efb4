"""What a process of the network loads before it works, and what it then finds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from network.local.bootstrap import ROOT
from tests.network.project.test_checks import production

PAGES = "network.pages.site.admin_site"
API = ("ninja", "pydantic", "tracking.api.urls")
SET_UP = "import django; django.setup()"
CELERY = "from network.celery import app; app.loader.init_worker()"


def started(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **production(), "SOFTCLICK_NO_BOOTSTRAP": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "loading",
    [
        pytest.param(SET_UP, id="django"),
        pytest.param(CELERY, id="worker"),
        pytest.param(f"{SET_UP}; import tracking.management.commands.drain", id="drain"),
        pytest.param(f"{SET_UP}; import network.project.web", id="tracking"),
    ],
)
def test_who_serves_no_pages_loads_neither_them_nor_the_api(loading: str) -> None:
    spared = (PAGES, *API)
    look = f"import sys; print({{*{spared}, 'tracking.models'}} & {{*sys.modules}})"
    asked = started("-c", f"{loading}; {look}")
    assert asked.stdout == "{'tracking.models'}\n", asked.stderr


def test_the_pages_are_loaded_with_the_urls() -> None:
    look = "from django.contrib import admin; print(len(admin.site._registry))"
    asked = started("-c", f"{SET_UP}; import network.urls; {look}")
    assert int(asked.stdout) > 10, asked.stderr


def test_a_worker_that_mails_a_saved_report_finds_who_writes_it() -> None:
    look = "from network.saved_reports.sending import _composer; print(_composer('performance'))"
    asked = started("-c", f"{CELERY}; {look}")
    assert "compose" in asked.stdout, asked.stderr


def test_the_check_looks_at_the_pages() -> None:
    look = "from django.core.checks import run_checks; run_checks(tags=['admin'])"
    asked = started("-c", f"{SET_UP}; {look}; import sys; print({PAGES!r} in sys.modules)")
    assert asked.stdout == "True\n", asked.stderr


def test_a_drain_does_not_start_with_a_mistake(tmp_path: Path) -> None:
    refused = started("manage.py", "drain", "--once", DEBUG="1", SPOOL_DIR=str(tmp_path))
    assert refused.returncode == 1
    assert "softclick.E004" in refused.stderr
    assert "Traceback" not in refused.stderr
