"""The only writers of who is hard and who is soft: assignments, model types and their defaults.

Rows are only ever added, and start ahead. :mod:`publishers.cookie_types` says what they amount to.
"""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from network.effective import add_row, start_or_now
from network.models import Advertiser, User
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    Partnership,
    Publisher,
    PublisherModelType,
)


@transaction.atomic
def assign(
    partnerships: Iterable[Partnership],
    cookie_type: str,
    now: datetime,
    *,
    reason: str,
    made_by: User | None,
    start: datetime | None = None,
    internal_note: str = "",
) -> list[CookieTypeAssignment]:
    """Set partnerships to hard, soft or ``inherit``, all or none, from ``start`` or as soon as
    every process can know. ``reason`` is shown to the publisher. Clicks already made keep their
    type. Raises StartInPast, ChangedMeanwhile, ValidationError."""
    if not reason.strip():
        raise ValidationError({"reason": "Give the reason; the partner will see it."})
    starts_at = start_or_now(start, now)
    return [
        add_row(
            CookieTypeAssignment(
                advertiser_id=partnership.advertiser_id,
                publisher_id=partnership.publisher_id,
                partnership=partnership,
                cookie_type=cookie_type,
                reason=reason.strip(),
                internal_note=internal_note,
                starts_at=starts_at,
                created_at=now,
                made_by=made_by,
            )
        )
        for partnership in partnerships
    ]


def set_default(
    advertiser: Advertiser | None,
    model_type: str,
    cookie_type: str,
    now: datetime,
    *,
    reason: str,
    made_by: User | None,
) -> ModelTypeCookieType:
    """Set a model type's default, an advertiser's or (None) the network's. Raises as ``assign``."""
    return add_row(
        ModelTypeCookieType(
            advertiser=advertiser,
            model_type=model_type,
            cookie_type=cookie_type,
            reason=reason,
            starts_at=start_or_now(None, now),
            created_at=now,
            made_by=made_by,
        )
    )


def change_model_type(
    publisher: Publisher,
    model_type: str,
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
) -> PublisherModelType:
    """Give a publisher another model type; an operator's decision. Clicks already made keep their
    cookie type. Raises StartInPast, ChangedMeanwhile, ValidationError."""
    return add_row(
        PublisherModelType(
            publisher=publisher,
            model_type=model_type,
            starts_at=start_or_now(start, now),
            created_at=now,
            made_by=made_by,
            reason=reason,
        )
    )
