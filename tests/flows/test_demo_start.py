"""The demo as a person starts it: from nothing, in a copy of the checkout, real processes."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import psycopg
import pytest
from playwright.sync_api import Page, expect

from network.bootstrap import ROOT
from network.demo import cast
from network.engine_hold import read_owner
from tests.flows.network import NAVIGATION, free_port, wait_until

STARTED = "Ctrl-C stops everything"
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "staticfiles", "screenshots")


@dataclass
class Demo:
    """A demo in a copy of the checkout, which can be started, stopped and started again."""

    checkout: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def data(self) -> Path:
        return self.checkout / ".data"

    @property
    def environment(self) -> dict[str, str]:
        """A fresh shell's: without what this test run's own engines have set."""
        ours = ("DATABASE_URL", "REDIS_URL", "SOFTCLICK_", "DJANGO_", "PYTEST_", "SPOOL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "SOFTCLICK_NO_BOOTSTRAP": "1", "SOFTCLICK_MARK": str(self.checkout)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]

    def start(self, *arguments: str) -> None:
        """Start it, and wait until it has printed everything."""
        with (self.checkout / "out").open("w") as out, (self.checkout / "err").open("w") as err:
            self.process = subprocess.Popen(
                self.command("demo", "--port", str(self.port), *arguments),
                cwd=self.checkout,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
            )
        wait_until(lambda: STARTED in self.errors or not self.is_running, "the demo starts", 180)
        assert self.is_running, self.errors

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.checkout,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does. Gives its exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(60)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def output(self) -> str:
        return (self.checkout / "out").read_text()

    @property
    def errors(self) -> str:
        return (self.checkout / "err").read_text()

    def processes(self) -> list[psutil.Process]:
        """Every process that was started by it, however indirectly: they inherit a mark."""
        return [process for process in psutil.process_iter() if self._is_marked(process)]

    def _is_marked(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return bool(process.environ().get("SOFTCLICK_MARK") == str(self.checkout))
        return False

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of its database."""
        owner = read_owner(self.data)
        assert owner
        assert owner.database_url
        with psycopg.connect(owner.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **options: object
    ) -> httpx.Response:
        """Ask one of its hosts; no name is looked up."""
        parts = urlsplit(url)
        here = parts._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        sent = {**NAVIGATION, **(headers or {}), "Host": parts.netloc}
        return httpx.request(method, here, headers=sent, trust_env=False, **options)  # type: ignore[arg-type]

    def url(self, host: str, path: str) -> str:
        return f"http://{host}.localhost:{self.port}{path}"


@pytest.fixture(scope="module")
def one_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The module's demo, which is started from nothing when a test first asks for it."""
    checkout = tmp_path_factory.mktemp("demo") / "softclick"
    shutil.copytree(ROOT, checkout, ignore=LEFT_OUT)
    demo = Demo(checkout)
    yield demo
    if demo.is_running:
        demo.stop()


@pytest.fixture
def demo(one_demo: Demo) -> Demo:
    """The running demo; a test that stopped it left its data."""
    if not one_demo.is_running:
        one_demo.start()
    return one_demo


def test_everything_that_it_prints_answers(demo: Demo) -> None:
    addresses = re.findall(r"http://\S+", demo.output)
    assert len(addresses) == 7
    for address in addresses:
        assert demo.request("GET", address).status_code in (200, 302), address
    assert "softclick:" not in demo.output
    assert str(demo.data / "logs") in demo.errors


@pytest.mark.parametrize("person", cast.PEOPLE, ids=lambda person: person.username)
def test_everybody_that_it_prints_can_sign_in(demo: Demo, person: cast.Person) -> None:
    assert re.search(rf"^ +{person.username} +{cast.PASSWORD} +{person.role}$", demo.output, re.M)
    page = demo.url("network", "/sign-in/")
    form = demo.request("GET", page)
    token = form.cookies["csrftoken"]
    answer = demo.request(
        "POST",
        page,
        headers={"Cookie": f"csrftoken={token}", "Origin": demo.url("network", "")},
        data={
            "username": person.username,
            "password": cast.PASSWORD,
            "csrfmiddlewaretoken": token,
        },
    )
    assert answer.status_code == 302, answer.text
    assert answer.cookies["sessionid"]


def test_its_processes_are_separate_and_take_no_shortcut(demo: Demo) -> None:
    lines = [" ".join(process.cmdline()) for process in demo.processes()]
    for part in ("granian", "celery --app network.celery worker", " beat ", "manage.py drain"):
        assert any(part in line for line in lines), part
    look = "from django.conf import settings as s; from network.celery import app;"
    look += "assert (s.INTAKE, app.conf.task_always_eager) == ('spool', False)"
    assert demo.run("shell", "-c", look).returncode == 0


def test_an_order_becomes_a_pending_commission_and_after_31_days_a_final_one(demo: Demo) -> None:
    click = demo.request("GET", demo.url("track", f"/t/{cast.SHOP}/c/{cast.BLOG}"))
    assert click.status_code == 302
    token = parse_qs(urlsplit(click.headers["Location"]).query)["sclk"][0]

    ordered = demo.request("POST", demo.url("shop", "/checkout?product=stove"))
    order = ordered.headers["Location"].rpartition("/")[2].partition("?")[0]
    report = f'{{"order": "{order}", "amount": "49.90", "tokens": {{"hard": ["{token}"]}}}}'
    sent = demo.request("POST", demo.url("track", f"/t/{cast.SHOP}/sale"), content=report.encode())
    assert sent.status_code == 204
    wait_until(lambda: commission(demo, order) == ("pending", 399, cast.BLOG), "it is pending")

    skipped = demo.request("POST", demo.url("shop", "/demo/skip"), data={"duration": "month"})
    assert skipped.status_code == 303
    wait_until(lambda: commission(demo, order) == ("final", 399, cast.BLOG), "it is final")
    assert unbalanced(demo) == []
    verified = demo.run("verify")
    assert verified.returncode == 0, verified.stdout


def commission(demo: Demo, order: str) -> tuple[object, ...] | None:
    rows = demo.ask(
        "SELECT status, c.amount_minor, publisher_id FROM tracking_commission c"
        ' JOIN tracking_conversion v ON v.id = conversion_id WHERE v."order" = %s',
        order,
    )
    return rows[0] if rows else None


def unbalanced(demo: Demo) -> list[tuple[object, ...]]:
    return demo.ask(
        "SELECT transaction_id, currency FROM publishers_ledgerentry"
        " GROUP BY 1, 2 HAVING sum(amount_minor) <> 0"
    )


def test_a_person_clicks_through_the_shop(demo: Demo, page: Page) -> None:
    """In a real browser: the strip names who would be paid, and the session ends on both hosts."""
    seen = page.locator("#seen")
    page.goto(demo.url("extension", "/"))
    page.click("text=Activate cashback")
    expect(seen).to_contain_text("An order now would pay PerkPanel.")
    assert session_cookies(page) == {"_scs", "_scn", "__Secure-scs-1", "__Secure-scn-1"}

    page.click("text=End browser session")
    expect(seen).to_contain_text("An order now would pay nobody.")
    expect(seen).to_contain_text("its soft cookie had ended with its browser session")
    assert page.url == demo.url("shop", "/")
    assert session_cookies(page) == set()

    page.goto(demo.url("blog", "/"))
    page.click("text=Straight to the tent")
    expect(seen).to_contain_text("An order now would pay The Trail Blog.")
    page.click("text=Add to basket")
    page.click("text=Place order")
    expect(seen).to_contain_text("£15.12 to The Trail Blog, hard — Pending")
    page.click("text=Skip 31 days")
    expect(seen).to_contain_text(
        "£15.12 to The Trail Blog, hard — Final, payable on", timeout=30_000
    )
    expect(seen).to_contain_text("An order now would pay nobody.")


def session_cookies(page: Page) -> set[str]:
    """The names of the cookies that end with the browser session, on all hosts."""
    return {cookie["name"] for cookie in page.context.cookies() if cookie["expires"] == -1}


def test_a_second_start_on_the_same_folder_is_refused(demo: Demo) -> None:
    refused = demo.run("demo", "--port", str(free_port()))
    assert refused.returncode == 1
    assert f"the data folder {demo.data} is in use by 'manage.py demo" in refused.stderr
    assert refused.stdout == ""


def test_a_port_in_use_is_refused(demo: Demo) -> None:
    refused = demo.run("demo", "--port", str(demo.port), SOFTCLICK_NO_BOOTSTRAP="0")
    assert refused.returncode == 1
    assert f"port {demo.port} is in use" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("SITE_HOST", "network.example", "'network.example' is not", id="host"),
        pytest.param("INTAKE", "direct", "INTAKE=direct", id="direct_intake"),
    ],
)
def test_a_start_with_other_settings_is_refused(
    demo: Demo, tmp_path: Path, name: str, value: str, said: str
) -> None:
    arguments = ("demo", "--port", str(free_port()))
    refused = demo.run(*arguments, SOFTCLICK_DATA=str(tmp_path / "data"), **{name: value})
    assert refused.returncode == 1
    assert said in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_whole_and_keeps_its_data(demo: Demo, number: signal.Signals) -> None:
    orders = demo.ask("SELECT count(*) FROM tracking_conversion")
    assert demo.stop(number) == 128 + number
    wait_until(lambda: not demo.processes(), "every process has ended", 20)

    demo.port = free_port()
    demo.start()
    assert demo.ask("SELECT count(*) FROM tracking_conversion") == orders
    landing = demo.ask("SELECT landing_url FROM network_advertiser WHERE id = 1")
    assert landing == [(demo.url("shop", "/"),)]
    assert demo.request("GET", demo.url("shop", "/")).status_code == 200


def test_the_end_of_one_of_its_processes_ends_it_with_the_reason(demo: Demo) -> None:
    drain = next(process for process in demo.processes() if "drain" in process.cmdline())
    drain.kill()
    assert demo.process
    assert demo.process.wait(60) == 1
    assert f"drain ended (status -9). {demo.data}/logs/drain.log ends:" in demo.errors
    wait_until(lambda: not demo.processes(), "every process has ended", 20)


def test_it_starts_again_at_once_after_it_was_killed(demo: Demo) -> None:
    orders = demo.ask("SELECT count(*) FROM tracking_conversion")
    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    demo.start()
    assert demo.ask("SELECT count(*) FROM tracking_conversion") == orders


def test_fresh_starts_anew(demo: Demo) -> None:
    demo.stop()
    tokens = (demo.data / "secret-tokens").read_text()
    (demo.data / "clock").write_text("86400")
    demo.start("--fresh")
    orders = demo.ask("SELECT count(*) FROM tracking_conversion WHERE \"order\" LIKE 'NO-%%'")
    assert orders == [(0,)]
    assert demo.ask("SELECT min(id) FROM network_advertiser") == [(1,)]
    assert not (demo.data / "clock").exists()
    assert (demo.data / "secret-tokens").read_text() != tokens
