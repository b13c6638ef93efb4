"""What becomes of a started network's programs, and of clicks meanwhile."""

import contextlib

import httpx
import psutil
import psycopg

from tests.flows.started import Started


def main_process(demo: Started, part: str) -> psutil.Process | None:
    """The first of a program's processes; the others are its children."""
    found = {process.pid: process for process in demo.processes(part)}
    firsts = [process for process in found.values() if process.ppid() not in found]
    return firsts[0] if firsts else None


def clicks_taken_in(demo: Started) -> int:
    """0 while PostgreSQL is away."""
    with contextlib.suppress(psycopg.OperationalError):
        [(count,)] = demo.ask("SELECT count(*) FROM tracking_click")
        return int(str(count))
    return 0


def is_back(demo: Started, part: str, old: psutil.Process) -> bool:
    new = main_process(demo, part)
    return new is not None and new.pid != old.pid


def is_said(demo: Started, text: str) -> bool:
    return text in demo.errors


def clicked(demo: Started, link: str) -> int:
    """How many clicks were answered: one, or none while the port is taken by nobody."""
    with contextlib.suppress(httpx.TransportError):
        return int(demo.request("GET", link).status_code == 302)
    return 0
