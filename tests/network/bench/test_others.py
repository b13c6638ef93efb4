"""Trackers side by side: rounds in turn, what is counted, and what is refused."""

from collections.abc import Callable
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from network.bench.load import Load, Plan, Round
from network.bench.others import affiliate_system, ours, rounds, yourls
from network.bench.others.affiliate_system import is_redirect
from network.bench.others.rounds import NotComparable, Tracker, TrackerRounds
from network.management.commands.compare import Command

PLAN = Plan([b"GET / HTTP/1.1\r\n\r\n"], is_redirect)


def tracker(name: str, recorded: Callable[[], int] = lambda: 0) -> Tracker:
    return Tracker(name, "as long as it lasts", ("127.0.0.1", 1), PLAN, recorded)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose turn it was; each round is answered at once, and recorded unless it says otherwise."""
    turns: list[str] = []

    def take_turn(one: TrackerRounds, seconds: float) -> None:
        turns.append(one.tracker.name)
        one.answers.append(100)
        one.answered_in.append(seconds)
        one.recorded_in.append(2 * seconds)

    monkeypatch.setattr(rounds, "_round", take_turn)
    return turns


def test_every_second_round_goes_back(asked: list[str]) -> None:
    rounds.measure([tracker("a"), tracker("b"), tracker("c")], rounds=3, seconds=1.0)
    assert "".join(asked) == "abc" + "abc" + "cba" + "abc"  # the first three warm up


def measured(name: str, *, answers: int, missing: int = 0) -> TrackerRounds:
    return TrackerRounds(tracker(name), [answers] * 3, [1.0] * 3, [2.0] * 3, missing)


@pytest.mark.parametrize(
    ("ours_answers", "missing", "met"),
    [
        pytest.param(600, 0, [True, True, True], id="six_times_as_many"),
        pytest.param(599, 0, [False, True, True], id="nearly_six_times"),
        pytest.param(600, 1, [True, True, False], id="one_of_theirs_is_missing"),
    ],
)
def test_ours_is_set_beside_each(ours_answers: int, missing: int, met: list[bool]) -> None:
    both = [measured("ours", answers=ours_answers), measured("x", answers=100, missing=missing)]
    assert [result.met for result in rounds.results(both)] == met


def test_the_table_has_both_speeds_and_what_lasts() -> None:
    lines = list(rounds.table([measured("ours", answers=600), measured("x", answers=100)]))
    assert lines[1].split() == ["ours", "600", "300", "1,800", "0"]
    assert lines[-1] == "x: as long as it lasts"


def test_a_round_ends_when_its_clicks_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([7, 7, 8, 12])
    monkeypatch.setattr(Load, "run", lambda self, plan, seconds: Round(answers=5, seconds=0.1))
    one = TrackerRounds(tracker("slow", lambda: next(counts)))
    rounds._round(one, 0.1)
    assert (one.answers, one.missing) == ([5], 0)
    assert one.recorded_in[0] > 0.1  # it was asked three times, with a pause


def test_wrong_answers_are_told_with_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Round(answers=5, wrong=2, first_wrong=b"HTTP/1.1 500 Oh", seconds=0.1)
    monkeypatch.setattr(Load, "run", lambda self, plan, seconds: wrong)
    with pytest.raises(NotComparable, match=r"x answered 2 requests wrongly[^$]*500 Oh"):
        rounds._round(TrackerRounds(tracker("x")), 0.1)


def test_a_redirect_to_the_shop_is_right() -> None:
    right = b"HTTP/1.1 301 Moved\r\nLocation: https://www.shop.example/\r\n\r\n"
    assert is_redirect(right)
    assert not is_redirect(right.replace(b"301", b"200"))
    assert not is_redirect(right.replace(b"shop", b"other"))


def test_what_is_missing_for_yourls_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yourls, "_which", lambda name, more: "" if "php" in name else name)
    with pytest.raises(NotComparable, match=r"needs PHP-FPM, which are not installed.*apt-get"):
        yourls._programs()


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match=r"sh -c .* failed:\nno such thing"):
        affiliate_system._run(["sh", "-c", "echo no such thing >&2; exit 1"], tmp_path)


def test_what_cannot_be_installed_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    @contextmanager
    def running() -> Any:
        yield tracker("ours")

    def start(self: Command, stack: Any, name: str, *rest: Any) -> Tracker:
        if name == "yourls":
            raise NotComparable("nginx is missing.")
        return tracker(name)

    monkeypatch.setattr(ours, "running", running)
    monkeypatch.setattr(Command, "_start", start)
    output, errors = StringIO(), StringIO()
    call_command("compare", "--rounds", "1", stdout=output, stderr=errors)
    assert "yourls is left out. nginx is missing." in errors.getvalue()
    assert "recorded clicks next to affiliate-system: 1 times as many" in output.getvalue()
    with pytest.raises(CommandError, match="nothing to compare with"):
        call_command("compare", "--only", "yourls", stdout=output, stderr=errors)


@pytest.mark.parametrize(("option", "value"), [("--rounds", "0"), ("--seconds", "nan")])
def test_comparing_is_bounded(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option):
        call_command("compare", option, value)
