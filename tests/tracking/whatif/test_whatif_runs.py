"""What-ifs as work: asked, counted page by page, resumed, cancelled; and what they answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.databases import plan_without_others
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.what_ifs import counted
from tracking.commissions.rulings import Statement
from tracking.lifecycle import validation
from tracking.models import Conversion, Validation
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif import sales as whatif_sales
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Move, PartnerLine, Question, Tally

pytestmark = pytest.mark.django_db

SINCE = NOW - timedelta(days=30)


@dataclass
class World:
    shop: Advertiser
    blog: Partnership
    overlay: Partnership

    def sell(self, at: datetime, *partners: Partnership, amount: str = "100.00") -> Conversion:
        """A sale right after clicks of these, a minute apart."""
        shopper = Shopper()
        for number, partner in enumerate(partners):
            shopper.follow(partner, at - timedelta(minutes=len(partners) - number))
        return shopper.buy(self.shop, at, amount=amount)

    def question(self, **kinds: CookieType) -> Question:
        types = {getattr(self, name).publisher_id: kind for name, kind in kinds.items()}
        return Question({self.shop.id: Change(types)}, SINCE, NOW)


@pytest.fixture
def world() -> World:
    shop = make_advertiser()
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"), "hard")
    return World(shop, blog, overlay)


@pytest.fixture
def sold(world: World) -> World:
    """Two sales that the overlay takes from the blog, one that it brings alone, one of the blog."""
    for days in (3, 2):
        world.sell(NOW - timedelta(days=days), world.blog, world.overlay)
    world.sell(NOW - timedelta(days=4), world.overlay, amount="50.00")
    world.sell(NOW - timedelta(days=5), world.blog, amount="10.00")
    return world


def soft_overlay(world: World) -> tuple[tuple[PartnerLine, ...], tuple[Move, ...]]:
    """What the sales of ``sold`` would have been with a soft overlay, by hand: 8 % each."""
    shop, blog, overlay = world.shop.id, world.blog.publisher_id, world.overlay.publisher_id
    newest = Conversion.objects.filter(at__gte=NOW - timedelta(days=3)).order_by("-at")
    examples = tuple(newest.values_list("pk", flat=True))
    return (
        (
            PartnerLine(shop, blog, Tally(1, 80), Tally(3, 1680)),
            PartnerLine(shop, overlay, Tally(3, 2000), Tally(1, 400)),
        ),
        (Move(shop, overlay, blog, Tally(2, 1600), examples),),
    )


def test_a_page_reads_its_own_rows_only(sold: World) -> None:
    """Of decisions and commissions, too: else each page reads those of all others."""
    with CaptureQueriesContext(connection) as asked:
        runs.ask(sold.question(overlay=CookieType.SOFT))
    [page] = [one["sql"] for one in asked if '"tracking_decision"."inputs"' in one["sql"]]
    plan_without_others(
        *("tracking_conversion_pkey", "decision_sequence", "tracking_commission_conversion_id_key")
    )
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "nestloop"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("EXPLAIN " + page)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert plan.count("Index Cond: ((conversion_id >= ") == 2, plan
    assert plan.count("(id >= ") == 1, plan


def test_it_says_who_would_have_been_paid_instead(sold: World) -> None:
    result = runs.ask(sold.question(overlay=CookieType.SOFT))
    assert (result.sales, result.differing) == (4, 2)
    assert (result.lines, result.moves) == soft_overlay(sold)


@pytest.mark.parametrize("page", [1, 2, 3, 4, 100])
def test_a_run_answers_the_same_in_pages_of_any_length(
    sold: World, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif_sales, "PAGE", page)
    question = sold.question(overlay=CookieType.SOFT)
    run = runs.start(question, NOW, made_by=make_user("operator"))
    assert (run.status, run.counted, run.total) == ("waiting", 0, 4)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("done", 4)
    assert run.question == question
    assert (run.result.lines, run.result.moves) == soft_overlay(sold)


def test_sales_of_one_moment_are_all_replayed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif_sales, "PAGE", 2)
    at = NOW - timedelta(days=2)
    for _ in range(5):
        world.sell(at, world.blog, world.overlay)
    assert runs.ask(world.question(overlay=CookieType.SOFT)).differing == 5


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What happens after each page: ``cancel``, ``die``, or nothing."""
    after: list[str] = []
    monkeypatch.setattr(whatif_sales, "PAGE", 1)
    move_on = runs._move_on

    def interrupted(run: WhatIfRun, *step: object) -> bool:
        moved = move_on(run, *step)  # type: ignore[arg-type]
        event = after.pop(0) if after else ""
        if event == "cancel":
            assert runs.cancel(run)
        if event == "die":
            raise SystemExit
        return moved

    monkeypatch.setattr(runs, "_move_on", interrupted)
    return iter([after])


def test_a_run_that_is_cancelled_stops_there(sold: World, steps: Iterator[list[str]]) -> None:
    next(steps).extend(["", "cancel"])
    run = runs.start(sold.question(overlay=CookieType.SOFT), NOW, made_by=make_user("operator"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("cancelled", 2)
    assert not runs.cancel(run)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("cancelled", 2)


def test_a_run_whose_worker_died_goes_on_where_it_was(
    sold: World, steps: Iterator[list[str]]
) -> None:
    next(steps).extend(["", "die"])
    run = runs.start(sold.question(overlay=CookieType.SOFT), NOW, made_by=make_user("operator"))
    with pytest.raises(SystemExit):
        runs.work(run.pk, lambda: NOW)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("counting", 2)
    assert runs.resume_stalled(NOW + timedelta(seconds=50)) == 0
    assert runs.resume_stalled(NOW + timedelta(seconds=70)) == 1
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("done", 4)
    assert (run.result.lines, run.result.moves) == soft_overlay(sold)


@pytest.mark.parametrize(
    ("moved", "to"),
    [
        pytest.param(2, NOW - timedelta(days=4, minutes=1), id="a_counted_one_further_back"),
        pytest.param(5, NOW - timedelta(days=1), id="one_to_count_before_those_counted"),
    ],
)
def test_a_sale_whose_time_moves_between_two_pages_counts_once(
    sold: World, monkeypatch: pytest.MonkeyPatch, moved: int, to: datetime
) -> None:
    """As when an earlier, or a more trusted, report of its order joins."""
    monkeypatch.setattr(whatif_sales, "PAGE", 1)
    sale = Conversion.objects.filter(at=NOW - timedelta(days=moved))
    move_on = runs._move_on

    def meanwhile(*args: object) -> bool:
        sale.update(at=to)
        return move_on(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "_move_on", meanwhile)
    run = counted(
        runs.start(sold.question(overlay=CookieType.SOFT), NOW, made_by=make_user("operator"))
    )
    assert (run.status, run.counted) == ("done", 4)
    assert {line.publisher: line.before.sales for line in run.result.lines} == {
        sold.blog.publisher_id: 1,
        sold.overlay.publisher_id: 3,
    }


def test_a_sale_that_is_declined_between_two_pages_is_left_out(
    sold: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif_sales, "PAGE", 1)
    replay_page = whatif_sales.replay_page
    declined = Conversion.objects.get(at=NOW - timedelta(days=2)).commission

    def meanwhile(*args: object) -> object:
        declined.status, declined.decline_reason = "declined", "by_advertiser"
        declined.save()
        return replay_page(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "replay_page", meanwhile)
    result = runs.ask(sold.question(overlay=CookieType.SOFT))
    assert (result.sales, result.differing) == (3, 1)


def test_of_two_workers_one_stops_and_no_sale_counts_twice(
    sold: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif_sales, "PAGE", 1)
    run = runs.start(sold.question(overlay=CookieType.SOFT), NOW, made_by=make_user("operator"))
    replay_page, inner = whatif_sales.replay_page, [True]

    def beside_another(*args: object) -> object:
        if inner.pop() if inner else False:
            runs.work(run.pk)
        return replay_page(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "replay_page", beside_another)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.counted) == ("done", 4)
    assert (run.result.lines, run.result.moves) == soft_overlay(sold)


def test_a_run_that_fails_says_so(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ValueError("a damaged decision")

    monkeypatch.setattr(runs, "replay_page", broken)
    run = runs.start(sold.question(), NOW, made_by=make_user("operator"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "ValueError('a damaged decision')")


def test_the_same_question_is_the_same_run_for_a_while(sold: World) -> None:
    asker, other = make_user("operator"), make_user("operator")
    first = runs.start(sold.question(overlay=CookieType.SOFT), NOW, made_by=asker)
    later = Question(
        first.question.changes, SINCE + timedelta(minutes=4), NOW + timedelta(minutes=4)
    )

    def again(now: datetime, question: Question = later, person: object = asker) -> WhatIfRun:
        return runs.start(question, now, made_by=person)  # type: ignore[arg-type]

    assert again(NOW + timedelta(minutes=4)) == first
    assert again(NOW + timedelta(minutes=4), person=other) != first
    assert again(NOW + timedelta(minutes=4), sold.question(blog=CookieType.SOFT)) != first
    assert again(NOW + timedelta(minutes=6)) != first
    runs.cancel(first)
    assert again(NOW + timedelta(minutes=4)) != first
    assert list(runs.of(other)) == list(WhatIfRun.objects.filter(made_by=other))


def test_of_a_person_so_many_are_counted_at_once(sold: World) -> None:
    asker = make_user("operator")

    def ask(number: int) -> WhatIfRun:
        later = timedelta(minutes=10 * number)
        question = Question(sold.question().changes, SINCE + later, NOW + later)
        return runs.start(question, NOW + later, made_by=asker)

    first, *_ = [ask(number) for number in range(runs.MOST_OF_PERSON)]
    with pytest.raises(runs.TooMany, match="3 of your what-ifs are still being counted"):
        ask(runs.MOST_OF_PERSON)
    runs.work(first.pk)
    assert ask(runs.MOST_OF_PERSON)


def test_over_an_advertisers_sales_so_many_are_counted_at_once(sold: World) -> None:
    for _ in range(runs.MOST_AT_ADVERTISER):
        runs.start(sold.question(), NOW, made_by=make_user("operator"))
    with pytest.raises(runs.TooMany, match="6 what-ifs over this advertiser's sales"):
        runs.start(sold.question(), NOW, made_by=make_user("operator"))
    elsewhere = Question({make_advertiser().pk: Change()}, SINCE, NOW)
    assert runs.start(elsewhere, NOW, made_by=make_user("operator"))


def test_old_runs_are_forgotten(sold: World) -> None:
    runs.start(sold.question(), NOW, made_by=make_user("operator"))
    runs.resume_stalled(NOW + timedelta(days=29))
    assert WhatIfRun.objects.count() == 1
    runs.resume_stalled(NOW + timedelta(days=31))
    assert WhatIfRun.objects.count() == 0


def test_over_no_sales_it_answers_nothing(world: World) -> None:
    result = runs.ask(world.question(overlay=CookieType.SOFT))
    assert (result.sales, result.differing, result.lines, result.moves) == (0, 0, (), ())


def test_a_period_without_length_is_refused(world: World) -> None:
    question = Question(world.question().changes, NOW, NOW)
    with pytest.raises(ValidationError, match="at least one day"):
        runs.start(question, NOW, made_by=make_user("operator"))


def test_what_staff_declined_is_left_out(sold: World) -> None:
    manager = make_user("manager", sold.shop)
    declined = Conversion.objects.get(at=NOW - timedelta(days=2))
    reason = Statement(
        made_by=manager, action=Validation.Action.DECLINE, code=Validation.Code.FRAUD
    )
    validation.validate(declined.advertiser_id, declined.pk, reason, NOW)
    result = runs.ask(sold.question(overlay=CookieType.SOFT))
    assert (result.sales, result.differing) == (3, 1)


def test_only_sales_of_the_period_count_and_only_clicks_of_it_change(sold: World) -> None:
    shopper = Shopper()
    shopper.follow(sold.blog, SINCE - timedelta(hours=2))
    shopper.follow(sold.overlay, SINCE - timedelta(hours=1))
    shopper.buy(sold.shop, SINCE + timedelta(hours=1))  # its clicks were made before
    sold.sell(SINCE - timedelta(seconds=1), sold.blog, sold.overlay)
    sold.sell(NOW, sold.blog, sold.overlay)
    result = runs.ask(sold.question(overlay=CookieType.SOFT))
    assert (result.sales, result.differing) == (5, 2)


def test_from_nobody_is_priced_by_the_rate_of_its_time(world: World) -> None:
    """A soft overlay whose session had ended is paid nothing, and 8 % had it been hard."""
    overlay = make_partner(world.shop, make_publisher("Soft", model_type="overlay"))
    shopper = Shopper()
    shopper.follow(overlay, NOW - timedelta(days=1))
    shopper.end_session()
    sale = shopper.buy(world.shop, NOW - timedelta(hours=20), amount="100.00")
    hard = Change({overlay.publisher_id: CookieType.HARD})
    result = runs.ask(Question({world.shop.id: hard}, SINCE, NOW))
    assert result.moves == (
        Move(world.shop.id, None, overlay.publisher_id, Tally(1, 800), (sale.pk,)),
    )
    assert result.lines == (
        PartnerLine(world.shop.id, overlay.publisher_id, Tally(), Tally(1, 800)),
        PartnerLine(world.shop.id, None, Tally(1, 0), Tally()),
    )


def test_nothing_is_written_but_the_run(sold: World) -> None:
    before = list(Conversion.objects.order_by("pk").values())
    runs.ask(sold.question(overlay=CookieType.SOFT))
    assert list(Conversion.objects.order_by("pk").values()) == before


def test_each_advertiser_is_asked_for_itself(sold: World) -> None:
    other = make_advertiser(currency="EUR")
    partner = make_partner(other, sold.overlay.publisher, "hard")
    blog = make_partner(other, sold.blog.publisher, "hard")
    shopper = Shopper()
    shopper.follow(blog, NOW - timedelta(days=2))
    shopper.follow(partner, NOW - timedelta(days=1))
    shopper.buy(other, NOW - timedelta(hours=3), amount="10.00")
    changes = {
        sold.shop.id: Change({sold.overlay.publisher_id: CookieType.SOFT}),
        other.id: Change(soft_rule=SoftRule.SOLE),
    }
    result = runs.ask(Question(changes, SINCE, NOW))
    assert result.of(sold.shop.id).differing == 2
    assert result.of(other.id).differing == 0
    assert result.of(other.id).sales == 1
