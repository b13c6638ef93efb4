"""How the demo fills an empty network."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from network import clock
from network.demo.pages import controls
from network.demo.story import cast, seed, stories
from network.demo.story.life import Life, Span
from network.management.commands import demo
from tests.support.makers import NOW
from tracking.clicks import partitions
from tracking.commissions import decisions
from tracking.models import Click, Commission, Conversion


@pytest.fixture
def no_partition_stays(db: None) -> Iterator[None]:
    """What a test commits is taken out of the tables afterwards, but partitions are tables: they
    would tell later tests since when clicks are kept."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass FROM pg_inherits"
            " WHERE inhparent = 'tracking_click'::regclass AND inhrelid <> %s::regclass",
            [partitions.DEFAULT],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def told() -> list[tuple[object, ...]]:
    """The whole story: every sale with its verdicts and what it earned whom."""
    rows: list[tuple[object, ...]] = []
    for conversion in Conversion.objects.select_related("decision").order_by("order"):
        assert conversion.decision
        commission = Commission.objects.filter(conversion=conversion).first()
        earned = commission and (
            commission.publisher_id,
            commission.amount_minor,
            commission.status,
            commission.closes_at,
        )
        verdicts = tuple(
            (judged.click.publisher, judged.verdict)
            for judged in decisions.judged_clicks(conversion.decision)
        )
        rows.append((conversion.order, conversion.amount_minor, verdicts, earned))
    return rows


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_partition_stays")
def test_an_interrupted_seeding_is_thrown_away_and_the_next_tells_the_same_story(
    demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = Span(NOW, 2)
    with monkeypatch.context() as patch:
        patch.setattr(Life, "finish", interrupted_on(NOW))
        with pytest.raises(KeyboardInterrupt):
            seed.seed(span)
    assert seed.is_unfinished()
    assert Click.objects.exists()
    seed.seed(span)
    first = told()
    assert len(first) > 10
    assert not seed.is_unfinished()

    seed.start_over()
    assert seed.is_empty()
    seed.seed(span)
    assert told() == first


def interrupted_on(end: datetime) -> Callable[[Life, datetime], None]:
    def finish(life: Life, ends: datetime) -> None:
        if ends == end:
            raise KeyboardInterrupt

    return finish


def test_the_clock_and_spool_of_an_earlier_network_are_forgotten(
    demo_settings: Settings,
) -> None:
    clock.skip(timedelta(days=31))
    demo_settings.SPOOL_DIR.mkdir()
    (demo_settings.SPOOL_DIR / "1.segment").write_bytes(b"an old click")
    seed.clear_leftovers()
    assert controls.ahead() == ""
    assert not demo_settings.SPOOL_DIR.exists()


def test_stories_happen_in_order_and_not_in_the_future() -> None:
    start = NOW - timedelta(days=seed.DAYS)
    steps = stories.steps(start, NOW)
    times = [step.at for step in steps]
    assert times == sorted(times)
    assert times[0] >= start
    assert times[-1] < NOW
    assert steps == stories.steps(start, NOW)


def test_by_itself_the_demo_lives_ninety_days_of_some_two_thousand_sales() -> None:
    assert demo.Command().create_parser("manage.py", "demo").parse_args([]).days == 90
    steps = stories.steps(NOW - timedelta(days=90), NOW)
    clicks = [step.shopper for step in steps if isinstance(step.move, stories.Follow)]
    led = set(clicks)
    sales = [step for step in steps if isinstance(step.move, stories.Buy) and step.shopper in led]
    assert 10_000 < len(clicks) < 14_000
    assert 1_800 < len(sales) < 3_000


def test_the_stories_have_the_rhythm_of_a_shop() -> None:
    """Evenings, Sundays, growth, and a sale."""
    steps = stories.steps(NOW - timedelta(days=84), NOW)
    clicks = [step.at for step in steps if step.advertiser == cast.SHOP]
    by_hour = Counter(at.hour for at in clicks)
    assert by_hour[20] > 3 * by_hour[4]
    by_weekday = Counter(at.weekday() for at in clicks if NOW - at < timedelta(days=21))
    assert by_weekday[6] == max(by_weekday.values())
    first, last = (sum(abs(NOW - at - age) < timedelta(days=14) for at in clicks) for age in AGES)
    assert last > 1.2 * first


AGES = timedelta(days=70), timedelta(days=14)
