"""The numbers on a publisher's dashboard."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When

from network import access, money
from network.clock import to_ms
from tracking.journeys import lowest_id
from tracking.models import Click, Commission

PERIOD = timedelta(days=30)
STATES = ("Pending", "Approved", "Final", "Declined", "Unverified", "Conflict")


@dataclass(frozen=True, slots=True)
class Clicks:
    """Clicks of a period: all that were recorded, those that count, and of these the ones that
    stood down."""

    recorded: int
    counting: int
    stood_down: int


@dataclass(frozen=True, slots=True)
class StateLine:
    """The commissions in one state, in one currency."""

    state: str
    sales: int
    commission: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A publisher's last 30 days: by the time of the click, and by the time of the sale."""

    since: datetime
    clicks: Clicks
    sales: int
    by_currency: Mapping[str, Sequence[StateLine]]


def figures_of(publisher_id: int, now: datetime) -> Figures:
    """Two queries, whatever there is to count."""
    since = now - PERIOD
    lines = _states(publisher_id, since)
    by_currency: dict[str, list[StateLine]] = defaultdict(list)
    for state in STATES:
        for currency, found, sales, minor in lines:
            if found == state:
                line = StateLine(state, sales, money.display(minor, currency))
                by_currency[currency].append(line)
    sales = sum(count for _, state, count, _ in lines if state != "Declined")
    return Figures(since, _clicks(publisher_id, since), sales, dict(sorted(by_currency.items())))


def in_state(commissions: QuerySet[Commission], state: str) -> QuerySet[Commission]:
    """The commissions that pages show under this state."""
    return commissions.annotate(state=state_case()).filter(state=state)


def _clicks(publisher_id: int, since: datetime) -> Clicks:
    clicks = access.for_publisher(Click.objects.all(), publisher_id)
    counts = clicks.filter(id__gte=lowest_id(to_ms(since))).aggregate(
        recorded=Count("id"),
        counting=Count("id", filter=Q(reason="")),
        stood_down=Count("id", filter=Q(reason="", stood_down=True)),
    )
    return Clicks(**counts)


def _states(publisher_id: int, since: datetime) -> list[tuple[str, str, int, int]]:
    commissions = access.for_publisher(Commission.objects.all(), publisher_id)
    return list(
        commissions.filter(sold_at__gte=since)
        .annotate(state=state_case())
        .values_list("currency", "state")
        .annotate(sales=Count("id"), minor=Sum("amount_minor"))
        .order_by("currency", "state")
    )


def state_case() -> Case:
    """The state as ``tracking.sentences.state_label`` names it, without its dates."""
    return Case(
        When(status="final", then=Value("Final")),
        When(~Q(conversion__conflict=""), closed_at=None, then=Value("Conflict")),
        When(status="declined", then=Value("Declined")),
        When(conversion__verified=False, then=Value("Unverified")),
        When(status="approved", then=Value("Approved")),
        default=Value("Pending"),
        output_field=CharField(),
    )
