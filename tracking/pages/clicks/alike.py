"""How many clicks are like one: by the same partner, from the same addresses with the same browser
program, within a minute. A program that follows a link again and again looks so; so does a mailing
that many open in one office. Nobody is refused a redirect for it, and no sale is judged by it:
staff see it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network.clock import to_ms
from network.database.arrays import array
from tracking.models import Click
from tracking.rule.tokens import lowest_id

MANY = 20
"""From so many on they are marked."""
MOST = 1_000
"""They are not counted any further."""
AROUND = timedelta(seconds=30)
_ALIKE = """
    SELECT shown.id, (
        SELECT count(*) FROM (
            SELECT FROM tracking_click AS click
            WHERE click.advertiser_id = shown.advertiser AND click.publisher_id = shown.publisher
                AND click.id >= shown.first AND click.id < shown.beyond
                AND click.ip_prefix = shown.ip_prefix AND click.user_agent = shown.user_agent
            LIMIT %s
        ) AS alike
    ) FROM unnest(
        %s::uuid[], %s::bigint[], %s::bigint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[]
    ) AS shown (id, advertiser, publisher, first, beyond, ip_prefix, user_agent)
"""


def alike(clicks: Sequence[Click]) -> Mapping[UUID, int]:
    """How many there are like each, itself among them, at most :data:`MOST`. Those whose address is
    not known any more are left out. One query."""
    known = [click for click in clicks if click.ip_prefix]
    if not known:
        return {}
    columns = (
        [click.pk for click in known],
        [click.advertiser_id for click in known],
        [click.publisher_id for click in known],
        [lowest_id(to_ms(click.at - AROUND)) for click in known],
        [lowest_id(to_ms(click.at + AROUND)) for click in known],
        [click.ip_prefix for click in known],
        [click.user_agent for click in known],
    )
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [MOST, *(array(column) for column in columns)])
        return dict(cursor.fetchall())


def alike_text(count: int) -> str:
    """How many clicks are like one, itself among them; empty for none."""
    if not count:
        return ""
    if count == 1:
        return _("No other within a minute")
    known = {"count": number_format(count, force_grouping=True)}
    if count >= MOST:
        return _("One of %(count)s or more within a minute") % known
    return _("One of %(count)s within a minute") % known
