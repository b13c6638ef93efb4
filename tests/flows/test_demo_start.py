"""The demo as a person starts it: from nothing, in a copy of the checkout, real processes."""

import contextlib
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from network.bench import faults
from network.demo.story import cast
from tests.flows.network import WAIT_SECONDS, free_port, wait_until
from tests.flows.started import Started, copy_of_the_checkout
from tests.flows.walking import walk_the_five_steps
from tests.flows.watching import clicked, clicks_taken_in, is_back, is_said, main_process
from tests.support.other_browsers import OTHERS
from tracking.rule.attribution import Verdict

DAYS = 30
"""Long enough that most cookies have ended and most sales are closed."""
GIVEN_UP = 40
"""Days of the seeding before it, which was killed."""


@pytest.fixture(scope="module")
def one_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The module's demo, from nothing, in a second start: the first was killed while it seeded."""
    demo = Started(copy_of_the_checkout(tmp_path_factory.mktemp("demo") / "softclick"), "demo")
    kill_while_it_seeds(demo)
    demo.start("--days", str(DAYS))
    yield demo
    if demo.is_running:
        demo.stop()


def kill_while_it_seeds(demo: Started) -> None:
    with (demo.checkout / "err").open("w") as errors:
        seeding = subprocess.Popen(
            demo.command("demo", "--port", str(demo.port), "--days", str(GIVEN_UP)),
            cwd=demo.checkout,
            env=demo.environment,
            stdin=subprocess.DEVNULL,
            stderr=errors,
        )
    wait_until(lambda: f"seeding day 4 of {GIVEN_UP}" in demo.errors, "some days are there")
    seeding.kill()
    seeding.wait()


@pytest.fixture
def demo(one_demo: Started) -> Started:
    """The running demo; a test that stopped it left its data."""
    if not one_demo.is_running:
        one_demo.start()
    return one_demo


def test_everything_that_it_prints_answers(demo: Started) -> None:
    addresses = re.findall(r"http://\S+", demo.output)
    assert len(addresses) == 8 + len(cast.PEOPLE)
    for address in addresses:
        page = demo.request("GET", address.partition("#")[0])
        assert page.status_code in (200, 302), address
    assert "softclick:" not in demo.output
    assert str(demo.data / "logs") in demo.errors


def test_it_says_how_far_the_seeding_is(demo: Started) -> None:
    assert f"filling the network with {DAYS} days of life" in demo.errors
    said = re.findall(rf"seeding day (\d+) of {DAYS}$", demo.errors, re.M)
    assert said == [str(day) for day in range(3, 31, 3)]


def test_a_start_that_was_killed_while_it_seeded_has_left_nothing(demo: Started) -> None:
    assert demo.ask("SELECT array_agg(id ORDER BY id) FROM network_advertiser") == [([1, 2, 3],)]
    [(first, last)] = demo.ask("SELECT min(at), max(at) FROM tracking_conversion")
    lived = last - first  # type: ignore[operator]
    assert timedelta(days=DAYS - 3) < lived < timedelta(days=DAYS)
    assert demo.ask("SELECT to_regclass('demo_unfinished')") == [(None,)]


def test_its_days_have_been_lived_and_nothing_is_broken(demo: Started) -> None:
    verified = demo.run("verify")
    assert verified.returncode == 0, verified.stdout
    replayed = demo.run("whatif")
    assert replayed.returncode == 0, replayed.stdout
    [(sales,)] = demo.ask("SELECT count(*) FROM tracking_conversion")
    assert int(str(sales)) > 500
    judged = demo.ask(
        "SELECT DISTINCT v->>'verdict' FROM tracking_decision, jsonb_array_elements(verdicts) v"
    )
    # Whether one is contested depends on the day of the start.
    assert {verdict for (verdict,) in judged} >= set(Verdict) - {Verdict.CONTESTED}


@pytest.mark.parametrize("person", cast.PEOPLE, ids=lambda person: person.username)
def test_everybody_that_it_prints_can_sign_in(demo: Started, person: cast.Person) -> None:
    """By one click from the page that it names, and by the form."""
    page = demo.url("network", "/demo/")
    line = rf"^ +{person.username} +{page}#{person.username} +{person.role}$"
    assert re.search(line, demo.output, re.M)
    assert f'id="{person.username}"' in demo.request("GET", page).text
    clicked = demo.request("POST", f"{page}sign-in/", data={"person": person.username})
    assert clicked.status_code == 303
    assert clicked.cookies["sessionid"]

    form = demo.url("network", "/sign-in/")
    token = demo.request("GET", form).cookies["csrftoken"]
    fields = {"login": person.username, "password": cast.PASSWORD}
    answer = demo.request(
        "POST",
        form,
        headers={"Cookie": f"csrftoken={token}", "Origin": demo.url("network", "")},
        data={**fields, "csrfmiddlewaretoken": token},
    )
    assert answer.status_code == 302, answer.text
    assert answer.cookies["sessionid"]


def test_its_processes_are_separate_and_take_no_shortcut(demo: Started) -> None:
    for part in ("granian", "celery --app network.celery worker", " beat ", "manage.py drain"):
        assert demo.processes(part), part
    look = "from django.conf import settings as s; from network.celery import app;"
    look += "assert (s.INTAKE, app.conf.task_always_eager) == ('spool', False)"
    assert demo.run("shell", "-c", look).returncode == 0


def test_an_order_becomes_a_pending_commission_and_after_31_days_a_final_one(demo: Started) -> None:
    click = demo.request("GET", demo.url("track", f"/t/{cast.SHOP}/c/{cast.BLOG}"))
    assert click.status_code == 302
    token = parse_qs(urlsplit(click.headers["Location"]).query)["sclk"][0]

    ordered = demo.request("POST", demo.url("shop", "/checkout?product=stove"))
    thanks = urlsplit(ordered.headers["Location"])
    order, signed = thanks.path.rpartition("/")[2], parse_qs(thanks.query)
    report = {
        "order": order,
        "amount": signed["amount"][0],
        "currency": "GBP",
        "sig": signed["sig"][0],
        "tokens": {"hard": [token]},
    }
    content = json.dumps(report).encode()
    sent = demo.request("POST", demo.url("track", f"/t/{cast.SHOP}/sale"), content=content)
    assert sent.status_code == 204
    wait_until(lambda: commission(demo, order) == ("pending", 399, cast.BLOG), "it is pending")

    skipped = demo.request("POST", demo.url("shop", "/demo/skip"), data={"duration": "month"})
    assert skipped.status_code == 303
    wait_until(lambda: commission(demo, order) == ("final", 399, cast.BLOG), "it is final")
    assert unbalanced(demo) == []
    verified = demo.run("verify")
    assert verified.returncode == 0, verified.stdout


def commission(demo: Started, order: str) -> tuple[object, ...] | None:
    rows = demo.ask(
        "SELECT status, c.amount_minor, publisher_id FROM tracking_commission c"
        ' JOIN tracking_conversion v ON v.id = conversion_id WHERE v."order" = %s',
        order,
    )
    return rows[0] if rows else None


def unbalanced(demo: Started) -> list[tuple[object, ...]]:
    return demo.ask(
        "SELECT transaction_id, currency FROM publishers_ledgerentry"
        " GROUP BY 1, 2 HAVING sum(amount_minor) <> 0"
    )


def test_a_person_walks_the_five_steps(demo: Started, page: Page) -> None:
    """In a real browser, under the pages' own Content-Security-Policy."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    seen = page.locator("#seen")
    page.goto(demo.url("blog", "/"))
    page.click("text=Straight to the tent")
    answer(page, "Refuse")
    expect(seen).to_contain_text("An order now would be credited to nobody.")
    answer(page, "Change my mind")
    expect(seen).to_contain_text("An order now would be credited to The Trail Blog.")
    expect(done_steps(page)).to_have_count(1)

    page.click("text=Add to basket")
    page.get_by_role("button", name="Activate").click()
    expect(seen).to_contain_text("Stood down: The Trail Blog's hard cookie was live")
    page.get_by_role("button", name="Close").click()
    expect(done_steps(page)).to_have_count(2)

    page.click("text=Place order")
    expect(seen).to_contain_text("£15.12 to The Trail Blog, hard — Pending")
    expect(done_steps(page)).to_have_count(3)

    with page.expect_popup() as opened:
        page.click("text=Open it in the admin")
    expect(opened.value.locator("body")).to_contain_text("The Trail Blog")
    assert "/admin/tracking/conversion/" in opened.value.url
    opened.value.close()
    expect(done_steps(page)).to_have_count(4)

    page.locator(".steps").get_by_text("Skip 31 days").click()
    expect(seen).to_contain_text("£15.12 to The Trail Blog, hard — Final, payable on")
    expect(done_steps(page)).to_have_count(5)
    expect(seen).to_contain_text("An order now would be credited to nobody.")
    assert troubles == []


def test_the_banner_shows_what_the_tag_has_not_heard_yet(demo: Started, page: Page) -> None:
    page.route("**/tag.js", lambda route: route.abort())
    page.goto(demo.url("shop", "/"))
    answer(page, "Accept")
    answer(page, "Change my mind")


def answer(page: Page, name: str) -> None:
    """Press a button of the shop's banner."""
    page.locator("#consent").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_a_person_walks_the_five_steps_in_another_browser(
    demo: Started, name: str, tmp_path: Path
) -> None:
    with OTHERS[name](tmp_path) as browser:
        walk_the_five_steps(demo, browser)


def done_steps(page: Page) -> Locator:
    return page.locator(".steps .ticked")


def test_a_session_ends_on_every_host(demo: Started, page: Page) -> None:
    seen = page.locator("#seen")
    for host in ("track", "track.shop"):
        page.goto(demo.url(host, f"/t/{cast.SHOP}/c/{cast.EXTENSION}?consent=1"))
    answer(page, "Accept")
    expect(seen).to_contain_text("An order now would be credited to PerkPanel.")
    assert session_cookies(page) == {"_scs", "_scn", "scs-1", "scn-1"}
    assert tracking_cookies(page) == {"track.localhost", "track.shop.localhost"}

    page.click("text=End browser session")
    expect(seen).to_contain_text("An order now would be credited to nobody.")
    expect(seen).to_contain_text("its soft cookie had ended with its browser session")
    assert page.url == demo.url("shop", "/")
    assert session_cookies(page) == set()


def tracking_cookies(page: Page) -> set[str]:
    """The hosts that keep a tracking host's soft slot."""
    return {cookie["domain"] for cookie in page.context.cookies() if cookie["name"] == "scs-1"}


def session_cookies(page: Page) -> set[str]:
    """The names of the cookies that end with the browser session, on all hosts."""
    return {cookie["name"] for cookie in page.context.cookies() if cookie["expires"] == -1}


def test_a_second_start_on_the_same_folder_is_refused(demo: Started) -> None:
    refused = demo.run("demo", "--port", str(free_port()))
    assert refused.returncode == 1
    assert f"the data folder {demo.data} is in use by 'manage.py demo" in refused.stderr
    assert refused.stdout == ""


def test_a_port_in_use_is_refused(demo: Started) -> None:
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
    demo: Started, tmp_path: Path, name: str, value: str, said: str
) -> None:
    arguments = ("demo", "--port", str(free_port()))
    refused = demo.run(*arguments, SOFTCLICK_DATA=str(tmp_path / "data"), **{name: value})
    assert refused.returncode == 1
    assert said in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_whole_and_keeps_its_data(demo: Started, number: signal.Signals) -> None:
    orders = demo.ask("SELECT count(*) FROM tracking_conversion")
    assert demo.stop(number) == 128 + number
    wait_until(lambda: not demo.processes(), "every process has ended")

    demo.port = free_port()
    demo.start()
    assert demo.ask("SELECT count(*) FROM tracking_conversion") == orders
    landing = demo.ask("SELECT landing_url FROM network_advertiser WHERE id = 1")
    assert landing == [(demo.url("shop", "/"),)]
    assert demo.request("GET", demo.url("shop", "/")).status_code == 200


def test_it_starts_again_at_once_after_it_was_killed(demo: Started) -> None:
    orders = demo.ask("SELECT count(*) FROM tracking_conversion")
    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    demo.start()
    assert demo.ask("SELECT count(*) FROM tracking_conversion") == orders


def test_what_ends_is_started_again_and_nothing_is_lost(demo: Started) -> None:
    before = clicks_taken_in(demo)
    link = demo.url("track", "/t/1/c/1")
    followed = 0
    for name, part in faults.PROGRAMS.items():
        old = main_process(demo, part)
        assert old, name
        old.kill()
        # Said first: until its children have ended, too, one of them is the first of what is left.
        said = f"softclick: {name} ended (status -9); it is started again."
        wait_until(partial(is_said, demo, said), f"it is said that {name} ended")
        wait_until(partial(is_back, demo, part, old), f"{name} is back")
        followed += wait_until(lambda: clicked(demo, link), "the tracking host answers")
    wait_until(lambda: clicks_taken_in(demo) == before + followed, "every click is taken in")
    assert demo.is_running
    page = demo.url("network", "/sign-in/")
    wait_until(lambda: demo.request("GET", page).status_code == 200, "pages are there")


@pytest.mark.parametrize("name", ["tracking", "site"])
def test_a_web_worker_that_is_replaced_is_said(demo: Started, name: str) -> None:
    server = main_process(demo, faults.PROGRAMS[name])
    assert server
    wait_until(server.children, "it has workers")
    server.children()[0].kill()
    said = f"softclick: worker-1 of {name} ended; it is replaced. See "
    wait_until(partial(is_said, demo, said), f"it is said that a worker of {name} ended")
    link = demo.url("track", "/t/1/c/1")
    wait_until(lambda: clicked(demo, link), "the tracking host answers")


@pytest.mark.parametrize("name", ["tracking", "site"])
def test_a_server_whose_workers_end_again_and_again_is_started_again(
    demo: Started, name: str
) -> None:
    """The server itself gives up when a worker that it has just replaced ends, too."""
    server = main_process(demo, faults.PROGRAMS[name])
    assert server
    said = f"softclick: {name} ended (status "

    def kill_a_worker() -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            for worker in server.children():
                worker.kill()
        return is_said(demo, said)

    told = demo.errors.count(said)
    wait_until(lambda: kill_a_worker() and demo.errors.count(said) > told, f"{name} has given up")
    wait_until(partial(is_back, demo, faults.PROGRAMS[name], server), f"{name} is back")
    assert "crash loop" in (demo.data / "logs" / f"{name}.log").read_text()
    link, page = demo.url("track", "/t/1/c/1"), demo.url("network", "/sign-in/")
    wait_until(lambda: clicked(demo, link), "the tracking host answers")
    wait_until(lambda: demo.request("GET", page).status_code == 200, "pages are there")


def test_what_ends_again_and_again_ends_it_with_the_reason(demo: Started) -> None:
    assert demo.process
    part = faults.PROGRAMS["drain"]

    def drain_or_end() -> psutil.Process | bool:
        return main_process(demo, part) or not demo.is_running

    while isinstance(drain := wait_until(drain_or_end, "the drain is back"), psutil.Process):
        with contextlib.suppress(psutil.NoSuchProcess):
            drain.kill()
            drain.wait(WAIT_SECONDS)
    assert demo.process.wait(WAIT_SECONDS) == 1
    assert f"drain ended (status -9). {demo.data}/logs/drain.log ends:" in demo.errors
    wait_until(lambda: not demo.processes(), "every process has ended")


def test_fresh_starts_anew(one_demo: Started) -> None:
    demo = one_demo
    if demo.is_running:
        demo.stop()
    tokens = (demo.data / "secret-tokens").read_text()
    (demo.data / "clock").write_text("86400")
    demo.start("--fresh", "--days", "3")
    orders = demo.ask("SELECT count(*) FROM tracking_conversion WHERE \"order\" LIKE 'NO-%%'")
    assert orders == [(0,)]
    assert demo.ask("SELECT min(id) FROM network_advertiser") == [(1,)]
    assert not (demo.data / "clock").exists()
    assert (demo.data / "secret-tokens").read_text() != tokens
