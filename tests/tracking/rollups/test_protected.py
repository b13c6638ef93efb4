"""Protected: what standing down kept for others, as a difference between two worlds."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from network import clock
from network.advertisers.terms import change_terms
from publishers.models import Partnership
from publishers.policy import deciding
from tests.support.browsing import Browser
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    report_sale,
)
from tests.support.makers import make_user as user
from tests.support.reading import signed_in, text
from tests.tracking.rollups.test_rollups import assert_they_are_right
from tracking.commissions.rulings import Statement
from tracking.figures import queries as reports
from tracking.figures.queries import Kept, Period, Scope, protection
from tracking.lifecycle import validation
from tracking.models import Conversion, Rollup, Validation
from tracking.rollups import writing as rollups
from tracking.rollups.protection import TermsRead
from tracking.rule.attribution import CookieType
from tracking.rule.reasons import Counted
from tracking.rule.replay import Change
from tracking.spool import intake
from tracking.whatif import runs
from tracking.whatif.results import Question, Tally

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PERIOD = Period.up_to(NOW + 2 * HOUR, 90 * DAY)


class World:
    """A shop that pays 8 %, with a blog and a review site (hard), an overlay and an extension
    (soft); its sales are of £100."""

    def __init__(self, **terms: Any) -> None:
        self.shop = make_advertiser(**terms)
        self.blog, self.review = (
            make_partner(self.shop, make_publisher(name), "hard") for name in ("Blog", "Review")
        )
        self.overlay, self.extension = (
            make_partner(self.shop, make_publisher(name), "soft")
            for name in ("Overlay", "Extension")
        )

    def sell(self, *clicks: Partnership | None, order: str = "") -> Conversion:
        """A sale at :data:`NOW` after clicks a minute apart; None closes the browser."""
        shopper = Shopper()
        for number, partner in enumerate(clicks):
            if partner is None:
                shopper.end_session()
            else:
                shopper.follow(partner, NOW - (len(clicks) - number) * MINUTE)
        return shopper.buy(self.shop, NOW, amount="100.00", order=order)


@pytest.fixture
def world() -> World:
    return World()


def told(kept: list[Kept]) -> dict[str, tuple[int, int]]:
    """Sales and commission by the partner's name."""
    names = dict(Partnership.objects.values_list("publisher", "publisher__name"))
    return {names[row.publisher]: (row.sales, row.commission_minor) for row in kept}


def protected() -> dict[str, tuple[int, int]]:
    return told(list(protection(Scope(), PERIOD).protected))


def left_to_others() -> dict[str, tuple[int, int]]:
    return told(list(protection(Scope(), PERIOD).left_to_others))


CASES = [
    pytest.param(["blog", "overlay"], {"Blog": "Overlay"}, id="soft_stood_down"),
    pytest.param(["overlay", "blog"], {}, id="soft_was_overwritten_and_would_be_as_hard"),
    pytest.param(["blog"], {}, id="no_soft_click"),
    pytest.param(["blog", "review"], {}, id="hard_after_hard"),
    pytest.param(["blog", "overlay", "review"], {}, id="a_hard_click_came_after"),
    pytest.param(["blog", "overlay", "blog"], {}, id="its_own_click_came_after"),
    pytest.param(["blog", "review", "overlay"], {"Review": "Overlay"}, id="kept_for_the_last"),
    pytest.param(
        ["blog", "overlay", "extension"], {"Blog": "Extension"}, id="two_stood_down_counts_once"
    ),
    pytest.param(["overlay", "extension"], {"Overlay": "Extension"}, id="soft_kept_for_soft"),
    pytest.param(["overlay", "overlay"], {}, id="its_own_soft_cookie"),
    pytest.param(["overlay"], {}, id="soft_is_paid"),
    pytest.param(["overlay", None], {}, id="nobody_is_paid"),
    pytest.param(["blog", None, "overlay"], {"Blog": "Overlay"}, id="days_later"),
]


@pytest.mark.parametrize(("clicks", "kept"), CASES)
def test_what_is_protected(world: World, clicks: list[str | None], kept: dict[str, str]) -> None:
    """By whom it is paid, and by whom it was left."""
    world.sell(*(getattr(world, name) if name else None for name in clicks))
    assert protected() == dict.fromkeys(kept, (1, 800))
    assert left_to_others() == dict.fromkeys(kept.values(), (1, 800))


def test_a_window_is_that_of_the_time_of_the_click(world: World) -> None:
    """The overlay's hard cookie would have lived for a day when it was clicked: too short."""
    own = make_partner(world.shop, make_publisher("Short"), "soft", hard_days=1)
    shopper = Shopper()
    shopper.follow(world.blog, NOW - 20 * DAY)
    shopper.follow(own, NOW - 3 * DAY)
    deciding.change_terms(own, {"hard_days": 30}, NOW - 2 * DAY, made_by=None)
    change_terms(world.shop, {"hard_days": 40}, NOW - 2 * DAY, made_by=None)
    shopper.buy(world.shop, NOW)
    assert protected() == {}, "it would have gone to nobody"
    shopper.follow(own, NOW + MINUTE)
    shopper.buy(world.shop, NOW + 2 * MINUTE)
    assert set(protected()) == {"Blog"}


def test_an_activation_from_the_page_is_no_hard_click(world: World) -> None:
    """Only soft partners may activate from the page; nothing changes when its record comes late."""
    inside = make_partner(world.shop, make_publisher("Inside"), "soft", in_page=True)
    browser = Browser(world.shop)
    browser.click(world.blog.publisher, NOW - 2 * MINUTE)
    late = browser.click(inside.publisher, NOW - MINUTE, in_page=True, lost=True)
    browser.buy("1", NOW)
    assert set(protected()) == {"Blog"}, "the token does not say how the click was made"
    with transaction.atomic():
        intake.store([late.record], NOW)
    assert protected() == {}
    assert_they_are_right()


def decline(world: World, conversion: Conversion) -> None:
    staff = user("owner", world.shop)
    action, code = Validation.Action.DECLINE, Validation.Code.CANCELLED
    statement = Statement(action=action, made_by=staff, code=code)
    validation.validate(conversion.advertiser_id, conversion.pk, statement, NOW)


def approve(world: World, conversion: Conversion) -> None:
    staff = user("owner", world.shop)
    statement = Statement(action=Validation.Action.APPROVE, made_by=staff)
    validation.validate(conversion.advertiser_id, conversion.pk, statement, NOW)


def close(world: World, conversion: Conversion) -> None:
    assert finalise(NOW + 40 * DAY)


@pytest.mark.parametrize(
    ("happens", "kept"),
    [
        pytest.param(approve, {"Blog": (1, 800)}, id="approved"),
        pytest.param(close, {"Blog": (1, 800)}, id="final"),
        pytest.param(decline, {}, id="declined"),
    ],
)
def test_it_follows_the_sale(
    world: World,
    happens: Callable[[World, Conversion], None],
    kept: dict[str, tuple[int, int]],
) -> None:
    happens(world, world.sell(world.blog, world.overlay))
    assert protected() == kept
    assert_they_are_right()


def some_traffic(world: World, random: Random) -> None:
    """Journeys of every mixture, over weeks, with browsers that close in between."""
    partners = (world.blog, world.review, world.overlay, world.extension)
    for number in range(40):
        shopper, at = Shopper(), NOW - timedelta(days=random.uniform(1, 20))
        for _ in range(random.randint(1, 5)):
            shopper.follow(random.choice(partners), at)
            at += timedelta(hours=random.choice((0.01, 0.2, 3, 30)))
            if random.random() < 0.2:
                shopper.end_session()
        sale = {"order": str(number), "amount": f"{random.randint(10, 200)}.00"}
        report_sale(world.shop, min(at, NOW), sale, from_cookies=shopper.cookies)


@pytest.mark.parametrize("rule", ["first", "last", "sole"])
def test_it_is_the_difference_of_two_worlds(rule: str) -> None:
    """As recorded, less all soft partners hard: for those whose clicks are hard in both."""
    world = World(soft_rule=rule, hard_days=5)
    some_traffic(world, Random(rule))
    soft = {row.publisher_id: CookieType.HARD for row in (world.overlay, world.extension)}
    question = Question({world.shop.pk: Change(soft)}, PERIOD.since, PERIOD.until)
    result = runs.ask(question)
    found = {row.publisher: row for row in protection(Scope(), PERIOD).protected}
    for partner in (world.blog, world.review):
        line = next(each for each in result.lines if each.publisher == partner.publisher_id)
        row = found[partner.publisher_id]
        assert Tally(row.sales, row.commission_minor) == line.before - line.after
    by_source: Counter[int] = Counter()
    for move in result.moves:
        if move.source is not None and move.target is not None:
            by_source[move.source] += move.tally.sales
    assert {key: row.sales for key, row in found.items()} == by_source


def test_it_is_less_than_the_sum_of_what_was_stood_down_for(world: World) -> None:
    for _ in range(3):
        world.sell(world.blog, world.overlay, world.extension)
    stood_down = Rollup.objects.filter(counted=Counted.STOOD_DOWN_SALE)
    assert sum(row.count for row in stood_down) == 6
    assert protected() == {"Blog": (3, 2400)}


def test_a_scope_sees_its_own_only(world: World) -> None:
    world.sell(world.blog, world.overlay)
    other = make_advertiser()
    partners = [make_partner(other, row.publisher) for row in (world.review, world.blog)]
    soft = make_partner(other, world.overlay.publisher, "soft")
    for partner in partners:
        shopper = Shopper()
        shopper.follow(partner, NOW - MINUTE)
        shopper.follow(soft, NOW)
        shopper.buy(other, NOW)
    scope = Scope(advertisers=frozenset({world.shop.pk}))
    (row,) = protection(scope, PERIOD).protected
    assert (row.advertiser, row.publisher) == (world.shop.pk, world.blog.publisher_id)
    own = protection(Scope(publishers=frozenset({world.blog.publisher_id})), PERIOD)
    assert {(row.advertiser, row.publisher) for row in own.protected} == {
        (shop.pk, world.blog.publisher_id) for shop in (world.shop, other)
    }
    assert own.left_to_others == []


def test_terms_are_read_once(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plain, protecting = world.sell(world.blog), world.sell(world.blog, world.overlay)
    rows = Conversion.objects.select_related("decision", "commission")
    plain, protecting = rows.get(pk=plain.pk), rows.get(pk=protecting.pk)
    terms = TermsRead()
    with django_assert_num_queries(0):
        rollups.contributions_of(plain, terms)
    with django_assert_num_queries(2):
        rollups.contributions_of(protecting, terms)
    with django_assert_num_queries(0):
        rollups.contributions_of(protecting, terms)


def test_one_query_tells_it(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    world.sell(world.blog, world.overlay)
    with django_assert_num_queries(1):
        assert reports.protection(Scope(), PERIOD).protected


class TestPages:
    def test_the_home_tells_how_much_for_whom_and_leads_to_the_sales(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW)
        for clicks in (("blog", "overlay"), ("review", "extension"), ("blog", "extension")):
            world.sell(*(getattr(world, name) for name in clicks))
        staff = signed_in(user("owner", world.shop))
        page = staff.get("/admin/")
        days = "since=2026-02-11&until=2026-03-12"
        assert "£24.00 3 sales kept for 2 partners because 2 soft partners stood down" in text(page)
        for partner, part, sales in (
            (world.blog, "protected", 2),
            (world.review, "protected", 1),
            (world.extension, "left_to_others", 2),
        ):
            query = f"advertiser={world.shop.pk}&partner={partner.publisher_id}-{part}&{days}"
            address = f"/admin/tracking/conversion/?{query}"
            link = f'<a href="{address.replace("&", "&amp;")}">{sales}</a>'
            assert link in page.content.decode()
            assert staff.get(address).context["cl"].result_count == sales

    def test_nobody_elses_is_told(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW)
        world.sell(world.blog, world.overlay)
        assert "kept for" not in text(signed_in(user("owner", make_advertiser())).get("/admin/"))

    def test_a_publisher_sees_its_own_and_never_whom_it_was_kept_from(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW)
        world.sell(world.blog, world.overlay)
        for partner, sees in ((world.blog, True), (world.overlay, False), (world.review, False)):
            member = signed_in(user("member", partner.publisher))
            page = text(member.get(f"/dashboard/{partner.publisher_id}/"))
            assert ("Protected £8.00 1 sale kept for you" in page) is sees
            assert ("Overlay" in page) is (partner == world.overlay)
