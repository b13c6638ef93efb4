"""Reports as they are received and kept: their tokens, their rank, and what became of each."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from network.advertisers import signing_keys
from network.advertisers.terms import paid_groups
from network.clock import to_ms
from network.models import Advertiser
from tracking.conversions import journeys
from tracking.evidence import signing
from tracking.evidence.fields import FieldError, SaleFields, SaleFigures, Terms
from tracking.evidence.items import kept_items
from tracking.evidence.joining import MAX_TOKENS, Evidence, Joined, Presented, Role
from tracking.evidence.keeping import outcomes_of
from tracking.evidence.ranks import Rank, rank_of
from tracking.evidence.signing import Signature
from tracking.models import Conversion, Report
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.reasons import ReportOutcome
from tracking.rule.text import printable
from tracking.rule.tokens import Keys, TokenError, checked, decode_kept

MOST_KEPT: Mapping[Rank, int] = {Rank.KEYED: 40, Rank.SIGNED: 40, Rank.TOKEN: 60, Rank.BARE: 5}
"""Reports that are kept of one order, by rank, so that nobody can make it cost more by sending
others: what anybody can send does not take the place of what the shop confirms. A reload says what
was said before and is not kept at all; more than this is no shop's doing."""
_FEWER, _KEYED = Expected.FEWER.of(), Remedy.KEYED.of()
MOST_OF_A_JOURNEY = 3
"""Unsigned reports with a token that are kept of one journey: tag, pixel, and one more. With one
click of one's own nobody can leave no room for those of the browser that bought."""


def terms_of(shop: Advertiser, *, is_lenient: bool = False) -> Terms:
    """By what the fields of a report of this advertiser are read. One query."""
    groups = paid_groups().filter(advertiser=shop).values_list("code", flat=True)
    return Terms(shop.currency, frozenset(groups), is_lenient)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleReport:
    """A report as it was received. ``sale`` is None when ``errors`` say what was wrong with it;
    ``tokens`` are pairs of role and token text; ``from_browser`` means that it came with the
    cookies of a browser, whose ``sessions`` then decide about soft claims, and
    ``session_by_cookie`` that they came in a cookie which no script can read or write;
    ``is_unanswered`` that the tag does not know whether one of the tokens was fresh, and
    ``is_crowded`` that its network reports more sales than others do. Of one that is refused
    ``sent`` are the fields as they came."""

    id: UUID
    advertiser: int
    source: str
    received_at: datetime
    at: datetime
    sale: SaleFields | None
    tokens: tuple[tuple[Role, str], ...] = ()
    sessions: tuple[int, ...] = ()
    from_browser: bool = False
    session_by_cookie: bool = False
    is_unanswered: bool = False
    is_crowded: bool = False
    errors: tuple[FieldError, ...] = ()
    order: str = ""
    signature: Signature | None = None
    sent: dict[str, str] = field(default_factory=dict)

    @property
    def remarks(self) -> tuple[FieldError, ...]:
        """What was wrong with it, or else what was left out of it."""
        return self.errors or (self.sale.notes if self.sale else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedReport:
    """A report with its tokens judged, each as ``{"role", "token", "reason"}``, and its rank."""

    report: SaleReport
    tokens: Sequence[dict[str, str]]
    journeys: frozenset[int]
    rank: Rank
    notes: tuple[FieldError, ...] = ()

    @property
    def has_token(self) -> bool:
        return any(token["reason"] == "" for token in self.tokens)

    @property
    def at(self) -> datetime:
        """No report is dated after its receipt."""
        return min(self.report.at, self.report.received_at)


def crowded_out(judged: JudgedReport) -> JudgedReport:
    """The report as one that is refused because its network sends too many like it."""
    report = judged.report
    error = FieldError("order", report.sale.order if report.sale else "", _FEWER, _KEYED)
    return replace(judged, report=replace(report, sale=None, errors=(error,)))


def judge(reports: Collection[SaleReport], keys: Keys) -> list[JudgedReport]:
    """Judge tokens and signatures. One query where any is signed."""
    signed = {report.advertiser for report in reports if report.signature}
    shops = signing_keys.keys_of(signed) if signed else {}
    secrets = {
        report.id: signing_keys.valid_at(shops.get(report.advertiser, ()), report.received_at)
        for report in reports
        if report.signature
    }
    return [_judged(report, keys, secrets.get(report.id, ())) for report in reports]


def _judged(report: SaleReport, keys: Keys, secrets: Collection[str]) -> JudgedReport:
    tokens = _judge_tokens(report, keys)
    valid = [token["token"] for token in tokens if token["reason"] == ""]
    signature = report.signature
    is_signed = signature is not None and signing.verifies(signature, secrets)
    rank = rank_of(
        is_keyed=report.source == Report.Source.KEYED, is_signed=is_signed, has_token=bool(valid)
    )
    return JudgedReport(
        report=report,
        tokens=tokens,
        journeys=frozenset(journeys.click_in(token).journey for token in valid),
        rank=rank,
        notes=() if signature is None or is_signed else (_wrong_sig(signature, secrets),),
    )


def _wrong_sig(signature: Signature, secrets: Collection[str]) -> FieldError:
    if not secrets:
        return FieldError(
            "sig",
            printable(signature.sig, 80),
            Expected.UNSIGNED.of(),
            Remedy.SIGNING_KEY.of(),
        )
    return FieldError(
        "sig",
        printable(signature.sig, 80),
        Expected.SIGNATURE.of(text=printable(signature.text, 200)),
        Remedy.SIGN.of(),
    )


def _judge_tokens(report: SaleReport, keys: Keys) -> list[dict[str, str]]:
    """Each token with its role and, when it credits nobody, the reason why."""
    judged = []
    for role, text in dict.fromkeys(report.tokens[:MAX_TOKENS]):
        try:
            checked(decode_kept(text, keys), report.advertiser, to_ms(report.received_at))
            reason = ""
        except TokenError as error:
            reason = error.reason.value
        judged.append({"role": role.value, "token": printable(text, 100), "reason": reason})
    return judged


def row_of(
    judged: JudgedReport,
    outcome: ReportOutcome,
    said: str,
    conversion: Conversion | None = None,
    is_uncounted: bool = False,
) -> Report:
    """The report as it is kept, not stored; ``said`` is its fingerprint."""
    report, sale = judged.report, judged.report.sale
    return Report(
        id=report.id,
        advertiser_id=report.advertiser,
        conversion=conversion,
        source=report.source,
        rank=judged.rank.value,
        outcome=outcome.value,
        order=(sale.order if sale else report.order)[:64],
        at=judged.at,
        received_at=report.received_at,
        figures=sale_json(sale) if sale else {},
        tokens=judged.tokens,
        sessions=list(report.sessions),
        from_browser=report.from_browser,
        session_by_cookie=report.session_by_cookie,
        is_uncounted=is_uncounted,
        is_unanswered=report.is_unanswered,
        fingerprint=said,
        sent=report.sent,
        errors=[asdict(error) for error in (*report.remarks, *judged.notes)],
    )


def sale_json(sale: SaleFields) -> dict[str, Any]:
    """What a report keeps of its fields, beside the order."""
    kept = {
        **msgspec.to_builtins(sale.figures),
        "voucher": sale.voucher,
        "channel": sale.channel,
        "customer": sale.customer,
    }
    return {**kept, "items": kept_items(sale.items)} if sale.items else kept


def fingerprint(judged: JudgedReport) -> str:
    """The same for reports of an order that say the same, whenever they came."""
    report = judged.report
    said = [
        report.source,
        judged.rank.value,
        sale_json(report.sale) if report.sale else {},
        judged.tokens,
        sorted(report.sessions),
        report.from_browser,
        report.session_by_cookie,
    ]
    text = json.dumps(said, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def figures_of(report: Report) -> SaleFigures:
    return msgspec.convert(report.figures, SaleFigures)


def evidence_of(report: Report) -> Evidence:
    presented = tuple(
        Presented(Role(token["role"]), journeys.click_in(token["token"]))
        for token in report.tokens
        if token["reason"] == ""
    )
    return Evidence(
        id=report.id,
        rank=Rank(report.rank),
        received_at=report.received_at,
        at=report.at,
        figures=figures_of(report),
        presented=presented,
        sessions=frozenset(report.sessions),
        from_browser=report.from_browser,
        session_by_cookie=report.session_by_cookie,
        uncounted=report.figures.get("channel", "") if report.is_uncounted else "",
    )


def is_key_gone(rows: Iterable[Report]) -> bool:
    """Whether a token that was valid when it arrived is signed with a key that is no longer here.
    What follows from these reports cannot be computed again then."""
    tokens = (token for row in rows for token in row.tokens if token["reason"] == "")
    try:
        for token in tokens:
            journeys.click_in(token["token"])
    except TokenError:
        return True
    return False


def mark(joined: Joined, reports: Iterable[Report]) -> list[Report]:
    """Let each report say what became of it by now; those that say something else than before,
    which are not stored."""
    outcomes = outcomes_of(joined)
    other = [report for report in reports if report.outcome != outcomes[report.id]]
    for report in other:
        report.outcome = outcomes[report.id]
    return other
