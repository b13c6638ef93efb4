"""What somebody of a publisher's team has not read yet, and how far they have."""

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from network.models import User
from publishers.models import Notice, NoticesRead, Publisher


def unread(user: User, publisher: Publisher) -> QuerySet[Notice]:
    """Notices that were addressed to this person, after those they have read. What only the page
    tells is addressed to nobody."""
    read = NoticesRead.objects.filter(user=OuterRef("mails__recipient"), publisher=publisher)
    addressed = Notice.objects.filter(publisher=publisher, mails__recipient=user)
    return addressed.alias(up_to=Subquery(read.values("up_to"))).filter(
        Q(up_to=None) | Q(pk__gt=F("up_to"))
    )


def mark_read(user: User, publisher: Publisher, up_to: int) -> None:
    """Nothing up to this notice is new to the person any more."""
    NoticesRead.objects.bulk_create(
        [NoticesRead(user=user, publisher=publisher, up_to=up_to)],
        update_conflicts=True,
        unique_fields=["user", "publisher"],
        update_fields=["up_to"],
    )
