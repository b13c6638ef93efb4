"""A browser for tests, without a network: it visits links and buys, through the product's own
functions, at whatever time it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.makers import in_page_of, known_network
from tracking.clicks import cookies
from tracking.clicks.cookies import Jar, ToWrite
from tracking.clicks.keys import KEYS
from tracking.clicks.redirect import Answer, visit
from tracking.clicks.visits import Visit
from tracking.conversions import recording
from tracking.conversions.recording import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import InvalidReport, SaleFields, Terms, as_sent, read_fields
from tracking.evidence.joining import Role
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome
from tracking.rule.tokens import decode
from tracking.spool import intake

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"


@dataclass
class Browser:
    """One browser at one advertiser. ``tokens`` are all that were handed out, in order; None for
    clicks that got none. Clicks with ``lost`` do not reach PostgreSQL."""

    advertiser: Advertiser
    jar: dict[str, str] = field(default_factory=dict)
    session_cookies: set[str] = field(default_factory=set)
    tokens: list[str | None] = field(default_factory=list)

    def click(
        self, publisher: Publisher, at: datetime, *, lost: bool = False, **request: Any
    ) -> Answer:
        shop = known_network().advertisers[self.advertiser.id]
        inside = in_page_of(shop.landing_url) if request.get("in_page") else {}
        headers: Mapping[str, str] = {**inside, "HTTP_USER_AGENT": CHROME}
        wanted = Visit(
            publisher=publisher.id, **{"cookies": self.jar, "headers": headers, **request}
        )
        answer = visit(wanted, shop, KEYS, to_ms(at))
        self.tokens.append(answer.token or None)
        self._keep(answer)
        if not lost:
            with transaction.atomic():
                intake.store([answer.record], at)
        return answer

    def take(self, token: str) -> None:
        """Keep the token of a click that was made elsewhere, as the tag does when it lands."""
        shop = known_network().advertisers[self.advertiser.id]
        click = decode(token, KEYS).click
        self._write(ToWrite(Jar(self.advertiser.id), token, click, shop.longest_window_days))

    def end_session(self) -> None:
        for name in self.session_cookies:
            self.jar.pop(name, None)
        self.session_cookies.clear()

    def report(self, order: str, at: datetime, amount: str = "50.00", **changes: Any) -> SaleReport:
        """The tag's report of a sale from this browser."""
        brought = cookies.read(self.jar, Jar(self.advertiser.id), KEYS, to_ms(at))
        values: dict[str, Any] = {
            "source": "tag",
            "tokens": tuple((Role(role), text) for role, text in brought.tokens.items()),
            "sessions": (brought.slots.session,) if brought.slots.session else (),
            "from_browser": True,
        }
        return make_report(self.advertiser, order, at, amount, **{**values, **changes})

    def buy(self, order: str, at: datetime, amount: str = "50.00", **changes: Any) -> Conversion:
        record(self.report(order, at, amount, **changes))
        return Conversion.objects.get(advertiser=self.advertiser, order=order)

    def _keep(self, answer: Answer) -> None:
        if answer.write is not None:
            self._write(answer.write)

    def _write(self, written: ToWrite) -> None:
        for cookie in cookies.set_by(written):
            self.jar.pop(cookie.name, None)
            self.session_cookies.discard(cookie.name)
            if cookie.max_age == 0:
                continue
            self.jar[cookie.name] = cookie.value
            if cookie.max_age is None:
                self.session_cookies.add(cookie.name)


def make_report(
    advertiser: Advertiser,
    order: str,
    at: datetime,
    amount: str = "50.00",
    *,
    fields: Mapping[str, object] | None = None,
    clicks: Sequence[str] = (),
    **changes: Any,
) -> SaleReport:
    """A report of a sale; ``clicks`` are tokens that the merchant's server kept."""
    groups = frozenset(advertiser.commission_groups.values_list("code", flat=True))
    sale: SaleFields = read_fields(
        {"order": order, "amount": amount, **(fields or {})}, Terms(advertiser.currency, groups)
    )
    values: dict[str, Any] = {
        "id": uuid7(),
        "advertiser": advertiser.id,
        "source": "server",
        "received_at": at,
        "at": at,
        "sale": sale,
        "tokens": tuple((Role.SERVER, token) for token in clicks),
    }
    return SaleReport(**{**values, **changes})


def refuse(
    advertiser: Advertiser, data: Mapping[str, object], at: datetime, **given: Any
) -> Report:
    """A report with these fields, which are wrong: refused, and kept."""
    with pytest.raises(InvalidReport) as invalid:
        read_fields(data, Terms(advertiser.currency, ("DEFAULT",)))
    report = make_report(
        advertiser,
        "",
        at,
        fields={"order": "1"},
        clicks=given.pop("clicks", ()),
        signature=signing.presented(data),
        **given,
    )
    order = str(data.get("order", ""))
    errors = invalid.value.errors
    record(replace(report, sale=None, errors=errors, order=order, sent=as_sent(data)))
    return Report.objects.get(advertiser=advertiser, pk=report.id)


def record(report: SaleReport) -> ReportOutcome:
    with transaction.atomic():
        return recording.record(report, KEYS, report.received_at)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
