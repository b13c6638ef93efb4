"""The list of partners asks as many queries for 2,000 partners as for 3, and stays right."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from publishers.models import (
    CookieTypeAssignment,
    Partnership,
    PartnershipTerms,
    Publisher,
    PublisherModelType,
)
from publishers.pages.partners.columns import COLUMNS
from publishers.partnerships.suggestions import ADVISED, Seen
from publishers.teams.models import Team
from tests.support.makers import NOW, SET_UP, make_advertiser, make_user
from tests.support.reading import signed_in
from tracking.figures.queries import PartnerFigures, Period, annotate_partners
from tracking.models import Rollup
from tracking.rollups import writing as rollups
from tracking.rollups.contributions import Amounts, Key, hour_of, median_of, time_step
from tracking.rule.reasons import Counted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PARTNERS = "/admin/publishers/partnership/"
SIZES = (3, 60, 2_000)
LOOKS = (
    *("", "?suggested=any", "?cookie_type=hard", "?cookie_type=soft", "?cookie_type=changing"),
    *("?sales=few", "?model_type=content", "?q=Partner"),
    *("?o=-1", f"?o=-{len(COLUMNS) - 2}", f"?o=-{len(COLUMNS) - 1}"),
)
MADE = (
    *(Publisher, PublisherModelType, Partnership, PartnershipTerms),
    *(CookieTypeAssignment, Rollup),
)


class Crowd:
    """A shop with so many partners: every third is soft, every tenth becomes soft tomorrow; each
    has touched some sales, at random."""

    def __init__(self, number: int) -> None:
        self.shop = make_advertiser()
        self.random = Random(number)
        made = {"starts_at": SET_UP, "created_at": SET_UP}
        team = Team.objects.create(name="All of them", created_at=SET_UP)
        publishers = Publisher.objects.bulk_create(
            Publisher(name=f"Partner {number} {index:04}", team=team, created_at=SET_UP)
            for index in range(number)
        )
        PublisherModelType.objects.bulk_create(
            PublisherModelType(publisher=row, model_type="content", **made) for row in publishers
        )
        self.partners = Partnership.objects.bulk_create(
            Partnership(advertiser=self.shop, publisher=row, created_at=SET_UP)
            for row in publishers
        )
        PartnershipTerms.objects.bulk_create(
            PartnershipTerms(
                advertiser=self.shop,
                publisher_id=row.publisher_id,
                partnership=row,
                status="approved",
                **made,
            )
            for row in self.partners
        )
        self._assign(self.partners[::3], SET_UP)
        self._assign(self.partners[1::10], NOW + timedelta(days=1))
        self.counted: dict[Key, Amounts] = {}
        self.seen = {row.pk: self._trade(index, row) for index, row in enumerate(self.partners)}
        rollups.add(self.counted)
        look_over(*MADE)

    def _assign(self, partners: list[Partnership], starts_at: datetime) -> None:
        CookieTypeAssignment.objects.bulk_create(
            CookieTypeAssignment(
                advertiser=self.shop,
                publisher_id=row.publisher_id,
                partnership=row,
                cookie_type="soft",
                starts_at=starts_at,
                created_at=SET_UP,
                reason="Agreed",
            )
            for row in partners
        )

    def _trade(self, index: int, row: Partnership) -> Seen:
        """A life for the rollups, and what the rule sees of it."""
        touched, late = self.random.randint(1, 90), self.random.random()
        step = time_step(1_000 * self.random.choice((5, 40, 300, 3_000)))

        def key(counted: Counted, step: int = 0) -> Key:
            return Key(
                hour=hour_of(NOW - timedelta(hours=1 + index % 2_000)),
                advertiser=row.advertiser_id,
                publisher=row.publisher_id,
                cookie_type="hard",
                counted=counted,
                time_step=step,
            )

        after = int(touched * late)
        self.counted.update(
            {
                key(Counted.TOUCHED, step): Amounts(touched),
                key(Counted.AFTER_OTHER): Amounts(after),
                key(Counted.TAKEN_OVER): Amounts(after, 100 * after, self.random.randint(0, 9_999)),
                key(Counted.SALE_FINAL): Amounts(touched, 100 * touched, 8 * touched),
            }
        )
        median = median_of({step: touched})
        assert median
        return Seen(
            is_soft=index % 3 == 0,
            is_changing=index % 10 == 1 and index % 3 != 0,
            is_approved=True,
            touched=touched,
            share_after_other=after / touched,
            median_seconds=median.total_seconds(),
        )


def look_over(*models: type[Model]) -> None:
    """Have PostgreSQL see how many rows there are, as it does by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in models)}")


def staff(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop))


def queries(client: Client, query: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{PARTNERS}{query}").status_code == 200
    return len(captured)


def test_no_look_takes_more_queries_for_more_partners() -> None:
    counted = []
    for size in SIZES:
        client = staff(Crowd(size).shop)
        counted.append({query: queries(client, query) for query in LOOKS})
    few, more, many = counted
    assert more == many
    assert all(few[query] <= more[query] for query in LOOKS), "without anybody some are left out"
    assert max(many.values()) <= 20


def test_an_index_alone_answers_for_every_figure() -> None:
    """Looking into the rollups themselves takes ten times as long."""
    annotated = annotate_partners(Partnership.objects.all(), Period.up_to(NOW, timedelta(90)))
    figures = annotated.values_list(*PartnerFigures.__dataclass_fields__)
    with connection.cursor() as cursor:  # No other way is left, whatever the planner knows.
        cursor.execute("ALTER TABLE tracking_rollup DROP CONSTRAINT tracking_rollup_pkey")
        cursor.execute("DROP INDEX rollup_advertiser, rollup_fresh")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    scans = re.findall(r"(\w+\b.* Scan)\b.* on tracking_rollup", figures.explain())
    assert len(scans) >= 6
    assert set(scans) == {"Index Only Scan"}


TABS: dict[str, Callable[[Seen], bool]] = {
    "?suggested=any": lambda seen: seen.advice in ADVISED,
    "?cookie_type=soft": lambda seen: seen.is_soft,
    "?cookie_type=changing": lambda seen: seen.is_changing,
    "?sales=few": lambda seen: seen.touched < 30,
}


def test_tabs_and_orders_of_2000_are_those_of_the_figures() -> None:
    crowd = Crowd(2_000)
    client = staff(crowd.shop)
    for query, expected in TABS.items():
        found = client.get(f"{PARTNERS}{query}").context["cl"]
        wanted = {key for key, seen in crowd.seen.items() if expected(seen)}
        assert 20 < len(wanted) < 2_000
        assert set(found.queryset.values_list("pk", flat=True)) == wanted, query
        assert found.result_count == len(wanted)
    columns = [name for name in COLUMNS if name != "advertiser"]
    orders: dict[str, Callable[[Seen], float]] = {
        "touched": lambda seen: seen.touched,
        "after_someone_else": lambda seen: seen.share_after_other or 0.0,
        "click_to_sale": lambda seen: seen.median_seconds or 0.0,
        "suggestion": lambda seen: seen.advice,
    }
    for name, value in orders.items():
        rows = client.get(f"{PARTNERS}?o=-{columns.index(name) + 1}").context["cl"].result_list
        shown = [value(crowd.seen[row.pk]) for row in rows]
        every = sorted((value(seen) for seen in crowd.seen.values()), reverse=True)
        assert shown == pytest.approx(every[: len(shown)], rel=1e-6)
