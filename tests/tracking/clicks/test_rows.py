"""Rows of clicks, as they are written."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from tests.support.makers import make_advertiser, make_partner, make_publisher
from tracking.clicks import rows
from tracking.models import Click, Rollup
from tracking.rule.attribution import CookieType

AWKWARD = ["a,b", 'a"b', "a\rb", "a\nb", "a\r\nb", "\\.", "\\N", " ", "ä", "a\tb"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [rows.FEW, rows.FEW + 1])
def test_text_comes_back_as_it_was_written(number: int) -> None:
    """As values of a statement, and by ``COPY``."""
    partner = make_partner(make_advertiser(), make_publisher(), "hard")
    at = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
    clicks = [
        Click(
            id=uuid7(),
            advertiser_id=partner.advertiser_id,
            publisher_id=partner.publisher_id,
            at=at,
            cookie_type=CookieType.HARD,
            window_minutes=60,
            journey=index + 1,
            session=1,
            campaign=AWKWARD[index % len(AWKWARD)],
            rejected_tokens=[],
            references={"1": AWKWARD[index % len(AWKWARD)]},
            received_at=at,
        )
        for index in range(number)
    ]
    with transaction.atomic():
        rows.insert(rows.row_of(click) for click in clicks)

    found = {click.pk: click for click in Click.objects.all()}
    for click in clicks:
        kept = found[click.pk]
        assert (kept.campaign, kept.references) == (click.campaign, click.references)
    assert sum(row.count for row in Rollup.objects.all()) == number
