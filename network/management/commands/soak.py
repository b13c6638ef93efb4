"""``manage.py soak``: use a network while its processes are killed."""

import math
import shutil
import socket
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.bench.soak import PAGES_PER_SECOND, Outcome, SoakPlan, percentile, soak
from network.bench.stage import StageError
from network.local.processes import ProcessError, stop_on_signals

MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Start a demo in a folder that is thrown away, let shoppers follow links and buy while its "
        "processes and engines are killed and frozen, and compare what is recorded in the end with "
        "what the shoppers were told: every acknowledged click once, every acknowledged order with "
        "its amount, credited by the rule, and verify clean. Ends with status 1, and keeps the "
        "folder, when something is not so. Touches no other network."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=float, default=5.0, help="for how long (5)")
        parser.add_argument(
            "--seed", type=int, default=1, help="what shoppers do and what is killed (1)"
        )
        parser.add_argument("--shoppers", type=int, default=4, help="how many at once (4)")

    def handle(self, *args: Any, **options: Any) -> None:
        is_kept = False
        try:
            plan = _plan(options)
            with stop_on_signals():
                outcome = soak(plan, _free_port(), self._tell)
            is_kept = bool(outcome.broken)
        except (StageError, ProcessError) as error:
            is_kept = True
            raise CommandError(f"{error}\n{_where()}") from error
        finally:
            if not is_kept:
                shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        self._print(plan, outcome)

    def _tell(self, line: str) -> None:
        self.stderr.write(f"softclick: {line}")

    def _print(self, plan: SoakPlan, outcome: Outcome) -> None:
        diary = outcome.diary
        self.stdout.write(
            f"{plan.minutes:g} minutes, seed {plan.seed}: {diary.clicks:,} clicks and "
            f"{diary.orders:,} orders acknowledged, {diary.unanswered:,} requests not answered. "
            f"{outcome.inflicted.total()} faults; nobody was answered for {diary.silence:.1f} s at "
            "most."
        )
        for fault, times in sorted(outcome.inflicted.items()):
            self.stdout.write(f"  {times:>4} x {fault}")
        if waits := outcome.waits_while_hung:
            p50, p99 = (f"{percentile(waits, share) * 1_000:,.1f}" for share in (0.5, 0.99))
            self.stdout.write(
                f"While PostgreSQL was frozen and {PAGES_PER_SECOND} pages a second were opened: "
                f"{len(waits):,} clicks, p50 {p50} ms, p99 {p99} ms, {waits.count(math.inf)} not "
                "answered."
            )
        if not outcome.broken:
            self.stdout.write("Nothing was lost, doubled or credited wrongly.")
            return
        shown = "\n".join(outcome.broken[:MOST_SHOWN])
        raise CommandError(f"{len(outcome.broken):,} things are wrong:\n{shown}\n{_where()}")


def _plan(options: Mapping[str, Any]) -> SoakPlan:
    plan = SoakPlan(options["minutes"], options["seed"], options["shoppers"])
    if not 0.1 <= plan.minutes <= 10_000:
        raise CommandError("--minutes: between 0.1 and 10,000.")
    if not 1 <= plan.shoppers <= 64:
        raise CommandError("--shoppers: between 1 and 64.")
    return plan


def _where() -> str:
    return f"The folder is kept: {settings.DATA_DIR}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
