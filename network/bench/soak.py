"""A network that is used while its processes are killed, and what it has recorded afterwards."""

import http.client
import math
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import environ
from django.conf import settings
from django.db import connection

from network import clock
from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.bench import faults
from network.bench.shoppers import Diary, Recorded, Shopper, SoakedPartner, SoakedShop, differences
from network.bench.stage import StageError
from network.local.bootstrap import ROOT
from network.local.hold import read_owner
from network.local.processes import Program, Supervisor, tail
from network.models import Advertiser
from publishers.models import ModelType
from publishers.policy import deciding
from tracking.models import Click, Commission, Conversion, SpoolHost

SHOPS = 3
MODEL_TYPES = (ModelType.CONTENT, ModelType.CASHBACK, ModelType.EXTENSION, ModelType.OVERLAY)
STARTED = "Ctrl-C stops everything"
STARTS_WITHIN_SECONDS = 300.0
SETTLES_WITHIN_SECONDS = 900.0
STOPS_WITHIN_SECONDS = 50.0
LOOK_EVERY_SECONDS = 0.2
IN_FORCE_AFTER_SECONDS = 20.0
"""What is set up is known to every process by then."""
PAUSE_SECONDS = (2.0, 6.0)
"""Between two faults: the network gives up on what dies more than five times a minute."""
WINDOWS = timedelta(days=32)
PAGES_PER_SECOND = 20
"""Of the site, while PostgreSQL is frozen: clicks must not wait behind people who open pages."""
PAGE_WITHIN_SECONDS = 20.0
HUNG_P99_SECONDS = 1.0
"""Ten times what docs/performance.md promises: what else the machine does is not known."""
HUNG = faults.Fault("postgres", "freeze")
Tell = Callable[[str], object]


@dataclass(slots=True)
class Outcome:
    """What came of it; ``broken`` has a line for everything that must not be."""

    diary: Diary
    inflicted: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    hung: list[tuple[float, float]] = field(default_factory=list)
    """When PostgreSQL was frozen (monotonic)."""

    @property
    def waits_while_hung(self) -> list[float]:
        """How many seconds the clicks took that were asked for while PostgreSQL was frozen."""
        return self.diary.waits_within(self.hung)


def percentile(waits: Sequence[float], share: float) -> float:
    """Of waits in order; 0 for none."""
    return waits[min(len(waits) - 1, int(len(waits) * share))] if waits else 0.0


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """``seed`` decides what shoppers do and what is killed when; not how they meet."""

    minutes: float
    seed: int
    shoppers: int


def soak(plan: SoakPlan, port: int, tell: Tell) -> Outcome:
    """Run a network in this process's data folder, use it and disturb it for so long, wait until
    all of it is final, and compare. Raises StageError when it does not start or does not settle."""
    with _network(port) as demo:
        _join(demo)
        shops = _found()
        tell(f"{SHOPS} shops with {len(MODEL_TYPES)} partners each are there.")
        time.sleep(IN_FORCE_AFTER_SECONDS)
        outcome = _use(plan, port, shops, tell)
        _settle(shops, tell)
        outcome.broken += differences(outcome.diary, _recorded(shops))
        outcome.broken += _verified()
        outcome.broken += _waited(outcome.waits_while_hung)
        return outcome


# --- The network ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Demo:
    supervisor: Supervisor
    log: Path


@contextmanager
def _network(port: int) -> Iterator[_Demo]:
    """It ends with this process, whatever ends that."""
    settings.DATA_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    log = settings.DATA_DIR / "demo.log"
    log.unlink(missing_ok=True)
    command = (sys.executable, str(ROOT / "manage.py"), "demo", "--days", "1", f"--port={port}")
    program = Program("demo", command, log, folder=ROOT, grace_seconds=STOPS_WITHIN_SECONDS)
    with Supervisor() as supervisor:
        supervisor.start(program)
        try:
            yield _Demo(supervisor, log)
        finally:
            connection.close()


def _join(demo: _Demo) -> None:
    """Let this process's models speak to its database, once it is there."""
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while STARTED not in demo.log.read_text(errors="replace"):
        if demo.supervisor.wait(LOOK_EVERY_SECONDS) or time.monotonic() > until:
            raise StageError(f"the network does not start. {demo.log} ends:\n{tail(demo.log)}")
    owner = read_owner(settings.DATA_DIR)
    assert owner
    assert owner.database_url
    connection.close()
    connection.settings_dict.update(environ.Env.db_url_config(owner.database_url))


def _found() -> tuple[SoakedShop, ...]:
    since = clock.now() - timedelta(days=1)
    return tuple(_shop(number, since) for number in range(1, SHOPS + 1))


def _shop(number: int, since: datetime) -> SoakedShop:
    advertiser = create_advertiser(
        NewAdvertiser(
            name=f"Soaked shop {number}",
            currency="GBP",
            landing_url="https://www.shop.example/",
            domains=["shop.example"],
            consent_default="store",
            verification=Advertiser.Verification.BROWSER,
            percent=Decimal(8),
        ),
        since,
    )
    partners = []
    for model_type in MODEL_TYPES:
        publisher = deciding.create_publisher(f"{model_type} {number}", model_type, since)
        partnership = deciding.create_partnership(
            advertiser, publisher, since, made_by=None, status="approved"
        )
        is_hard = model_type in (ModelType.CONTENT, ModelType.CASHBACK)
        partners.append(SoakedPartner(partnership.publisher_id, is_hard))
    return SoakedShop(advertiser.id, tuple(partners))


# --- Use and disturbance ----------------------------------------------------------------------


def _use(plan: SoakPlan, port: int, shops: tuple[SoakedShop, ...], tell: Tell) -> Outcome:
    outcome, is_over = Outcome(Diary()), threading.Event()
    connection.close()  # its server is killed, too
    with ThreadPoolExecutor(plan.shoppers) as threads:
        running = [
            threads.submit(
                Shopper(
                    ("127.0.0.1", port),
                    f"{settings.TRACKING_HOST}:{port}",
                    shops,
                    f"S{number}",
                    random.Random(f"{plan.seed} {number}"),  # noqa: S311
                    outcome.diary,
                ).shop_until,
                is_over,
            )
            for number in range(1, plan.shoppers + 1)
        ]
        try:
            _disturb(plan, port, outcome, tell)
        finally:
            is_over.set()
    for each in running:
        each.result()
    return outcome


def _await_answers(diary: Diary) -> None:
    """Raises NotBack where no shopper gets one."""
    began = time.monotonic()
    while diary.answered_at < began:
        if time.monotonic() - began > faults.BACK_WITHIN_SECONDS:
            raise faults.NotBack("no shopper is answered.")
        time.sleep(LOOK_EVERY_SECONDS)


@contextmanager
def _crowd_at_pages(port: int) -> Iterator[None]:
    """As many people open a page every second, whatever becomes of it, until the block ends."""
    is_over = threading.Event()

    def open_page() -> None:
        site = http.client.HTTPConnection("127.0.0.1", port, timeout=PAGE_WITHIN_SECONDS)
        headers = {"Host": f"{settings.SITE_HOST}:{port}", "Cookie": f"sessionid={'a' * 32}"}
        with suppress(OSError, http.client.HTTPException), closing(site):
            site.request("GET", "/", headers=headers)
            site.getresponse().read()

    def come(people: ThreadPoolExecutor) -> None:
        while not is_over.wait(1 / PAGES_PER_SECOND):
            people.submit(open_page)

    with ThreadPoolExecutor(PAGES_PER_SECOND * 10) as people:
        coming = threading.Thread(target=come, args=(people,))
        coming.start()
        try:
            yield
        finally:
            is_over.set()
            coming.join()


def _disturb(plan: SoakPlan, port: int, outcome: Outcome, tell: Tell) -> None:
    chance = random.Random(plan.seed)  # noqa: S311
    processes = faults.Processes(settings.DATA_DIR)
    started = time.monotonic()
    for fault in faults.in_turn(chance):
        if time.monotonic() - started >= plan.minutes * 60:
            return
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        try:
            if fault == HUNG:
                _await_answers(outcome.diary)  # what was killed before may be starting still
            with _crowd_at_pages(port) if fault == HUNG else nullcontext():
                began = time.monotonic()
                seconds = processes.inflict(fault)
        except faults.NotBack as error:
            outcome.broken.append(str(error))
            return
        if fault == HUNG:
            outcome.hung.append((began, began + faults.FROZEN_SECONDS))
        outcome.inflicted[str(fault)] += 1
        diary, passed = outcome.diary, time.monotonic() - started
        tell(
            f"{passed:.0f} of {plan.minutes * 60:.0f} s: {diary.clicks:,} clicks, "
            f"{diary.orders:,} orders; {fault}, back after {seconds:.1f} s."
        )


# --- Afterwards -------------------------------------------------------------------------------


def _settle(shops: tuple[SoakedShop, ...], tell: Tell) -> None:
    """Wait until all that was accepted is recorded, and after the windows everything is final.
    Raises StageError."""
    tell("waiting until everything is recorded.")
    now = clock.now()
    _await(lambda: not SpoolHost.objects.filter(drained_to__lte=now).exists(), "recorded")
    tell("waiting until everything is final.")
    clock.skip(WINDOWS)
    ours = Commission.objects.filter(advertiser__in=[shop.advertiser for shop in shops])
    pending = ours.filter(status=Commission.Status.PENDING)
    _await(lambda: not pending.exists(), "final")


def _await(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise StageError(f"not within {SETTLES_WITHIN_SECONDS:.0f} s: everything is {what}.")
        time.sleep(LOOK_EVERY_SECONDS)


def _recorded(shops: tuple[SoakedShop, ...]) -> Recorded:
    ids = [shop.advertiser for shop in shops]
    clicks = Counter(Click.objects.filter(advertiser__in=ids).values_list("id", flat=True))
    paid = {
        commission.conversion_id: commission.publisher_id
        for commission in Commission.objects.filter(advertiser__in=ids)
    }
    sales = {
        (sale.advertiser_id, sale.order): (paid.get(sale.id), sale.amount_minor)
        for sale in Conversion.objects.filter(advertiser__in=ids)
    }
    return Recorded(clicks, sales)


def _waited(waits: Sequence[float]) -> Iterator[str]:
    """What must not be of the clicks while PostgreSQL was frozen."""
    if refused := waits.count(math.inf):
        yield f"{refused} of {len(waits)} clicks had no answer while PostgreSQL was frozen."
    elif (p99 := percentile(waits, 0.99)) > HUNG_P99_SECONDS:
        yield f"A click in a hundred took {p99:.1f} s while PostgreSQL was frozen."


def _verified() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "manage.py"), "verify"]
    done = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        yield f"verify: {done.stdout}{done.stderr}"
