"""What the admin's page of a sale shows: the decision, another one tried, and the evidence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from network import clock, money
from network.advertisers.models import SOFT_RULE_NAMES
from network.clock import to_ms
from network.wording import joined
from publishers.models import LedgerEntry
from tracking.commissions import settling
from tracking.commissions.decisions import clicks_of, recorded_in, sale_in, sale_of
from tracking.commissions.settling import commission_of
from tracking.commissions.terms import circumstances_of
from tracking.conversions import deciding
from tracking.conversions.doubtful import is_doubtful
from tracking.conversions.known import Resolved
from tracking.conversions.reports import is_key_gone
from tracking.explain.explanations import (
    ClickDescription,
    explain,
    names_for_staff,
    picture,
    state_of_sale,
    told_click,
)
from tracking.explain.history import history, publishers_in
from tracking.explain.landings import uses_of_sale
from tracking.explain.sentences import (
    Decided,
    Names,
    unnamed,
    why,
)
from tracking.explain.shapes import Picture
from tracking.landings.uses import never_landed
from tracking.lifecycle.closing import ends_at
from tracking.models import Click as ClickRow
from tracking.models import Commission, Conversion, Report, Validation
from tracking.pages.sales.items import items_of
from tracking.pages.sales.reports import amount_of, presented, told_report
from tracking.rule.attribution import Click, CookieType, Outcome, SoftRule
from tracking.rule.reasons import ReportOutcome
from tracking.rule.replay import Change, Circumstances, is_declined, replay
from tracking.whatif.evidence import OtherCourse, courses


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A part of the sale: what it earns before and after it is rounded."""

    group: str
    amount: str
    rate: str
    exact: str
    commission: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A partner whose type can be tried; ``recorded`` and ``chosen`` are types."""

    publisher: int
    name: str
    recorded: str
    chosen: str


@dataclass(frozen=True, slots=True)
class TriedSale:
    """The sale tried otherwise. ``changed``: something was chosen; ``differs``: somebody else
    would be paid, or only credited, as they were ``suspended`` while it would have been open."""

    choices: Sequence[Choice]
    soft_rule: str
    recorded_rule: str
    changed: bool
    differs: bool
    suspended: bool
    paid: str
    cookie_type: str
    amount: str
    instead_of: str
    why: str
    clicks: Sequence[ClickDescription]
    picture: Picture

    @property
    def rules(self) -> list[tuple[str, Promise]]:
        """The soft rules that can be tried, with their names."""
        others = (rule for rule in SoftRule if rule != self.recorded_rule)
        return [(rule.value, SOFT_RULE_NAMES[rule]) for rule in others]

    @property
    def recorded_rule_name(self) -> Promise:
        return SOFT_RULE_NAMES[self.recorded_rule]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a report in conflict claims: who would be paid if it counted."""

    report: Report
    paid: str
    cookie_type: str
    why: str
    figures: str
    picture: Picture


def page_of(row: Conversion, asked: QueryDict) -> dict[str, Any]:
    """What the template shows of a sale; ``asked`` is what to try, from the address."""
    commission = commission_of(row)
    clicks = clicks_of(row.decision) if row.decision else []
    reports = list(row.reports.order_by("received_at", "pk"))
    kept = _kept(row.advertiser_id, clicks)
    brought = {click.publisher for report in reports for click in presented(report)}
    names = names_for_staff(brought | publishers_in(row))
    return {
        "told": explain(row) if row.decision else None,
        "commission": commission,
        "state": state_of_sale(row),
        "kept": kept,
        "uses": uses_of_sale(row, clicks),
        "is_doubtful": is_doubtful(row),
        "is_unseen": never_landed(row),
        "rebuilt": {key for key, rebuilt in kept.items() if rebuilt},
        "tried": _tried(row, asked, names),
        "claims": _claims(row, reports),
        "key_gone": bool(row.conflict) and not row.closed_at and is_key_gone(reports),
        "conflict_until": row.settled_by_time_at(row.advertiser),
        "confirm_until": row.confirmable_until(row.advertiser),
        "ends_at": row.closes_at and ends_at(row),
        "reports": [told_report(report, clicks, names) for report in reports],
        "late": sum(report.outcome == ReportOutcome.LATE for report in reports),
        "items": items_of(reports),
        "lines": _lines(commission),
        "costs": _costs(commission),
        "entries": _entries(commission),
        "history": history(row, names),
        **_validations(row),
        "raw": _raw(row),
    }


def _kept(advertiser: int, clicks: Sequence[Click]) -> dict[UUID, bool]:
    """The clicks that are still recorded, and whether each was rebuilt from its token."""
    rows = ClickRow.objects.filter(advertiser=advertiser, pk__in=[click.id for click in clicks])
    return dict(rows.values_list("pk", "rebuilt"))


def _tried(row: Conversion, asked: QueryDict, names: Names) -> TriedSale | None:
    if row.decision is None:
        return None
    clicks, sale = clicks_of(row.decision), sale_of(row.decision)
    recorded = _recorded_types(clicks)
    if not recorded:
        return None
    change = _change(asked, recorded)
    circumstances = circumstances_of(row.advertiser_id)
    course = _course(row, change, circumstances)
    if course:
        outcome, sale = course.standing.resolution.outcome, course.standing.resolution.sale
    else:
        outcome = replay(recorded_in(row.decision.inputs), change, circumstances)
    was = row.decision.paid_publisher_id
    paid = outcome.paid
    decided = Decided(outcome.verdicts, outcome.closes_by)
    return TriedSale(
        choices=[
            Choice(key, names.by_id.get(key, unnamed(key)), kind, change.types.get(key, ""))
            for key, kind in recorded.items()
        ],
        soft_rule=change.soft_rule or "",
        recorded_rule=sale_of(row.decision).soft_rule,
        changed=bool(change.types or change.soft_rule),
        differs=(paid.publisher if paid else None) != was,
        suspended=_is_suspended(row, outcome, circumstances),
        paid=names.of(paid) if paid else "",
        cookie_type=paid.cookie_type if paid else "",
        amount=_price(row, course) if paid else "",
        instead_of=names.by_id.get(was, "") if was else "",
        why=why(decided, names),
        clicks=[told_click(item, names) for item in outcome.verdicts],
        picture=picture(outcome.verdicts, sale, names, key="tried"),
    )


def _course(row: Conversion, change: Change, circumstances: Circumstances) -> OtherCourse | None:
    """The sale as its reports would have come in time or too late; None where that is as here."""
    if not change:
        return None
    found = courses(row.advertiser, [row.pk], change, circumstances, clock.now())
    return found.get(row.pk)


def _is_suspended(row: Conversion, outcome: Outcome, circumstances: Circumstances) -> bool:
    """Whether the commission would be declined with a suspension; not where it is not declined."""
    paid, commission = outcome.paid, commission_of(row)
    if paid is None:
        return False
    if commission and commission.publisher_id == paid.publisher:
        return commission.decline_reason == Commission.DeclineReason.SUSPENDED
    known = to_ms(row.created_at)
    return is_declined(circumstances, paid.publisher, known, outcome.closes_at)


def _recorded_types(clicks: Sequence[Click]) -> dict[int, str]:
    """The publishers with clicks that count, and their types: "hard", "soft" or both."""
    kinds: dict[int, set[str]] = {}
    for click in clicks:
        if click.reason is None:
            kinds.setdefault(click.publisher, set()).add(click.cookie_type.value)
    return {key: joined(sorted(found)) for key, found in kinds.items()}


def _change(asked: QueryDict, recorded: Mapping[int, str]) -> Change:
    """What the address asks for; what it cannot ask for is left as it was."""
    types = {}
    for key, kind in recorded.items():
        wanted = str(asked.get(f"type-{key}"))
        if wanted in set(CookieType) and wanted != kind:
            types[key] = CookieType(wanted)
    rule = str(asked.get("soft_rule"))
    return Change(types, SoftRule(rule) if rule in set(SoftRule) else None)


def _price(row: Conversion, course: OtherCourse | None) -> str:
    if course and course.differing:
        [minor] = settling.amounts_of(row.advertiser_id, [course.differing]).values()
    else:
        minor = settling.price(row, settling.Rates(row.advertiser_id)).amount_minor
    return money.display(minor, row.currency)


def _claims(row: Conversion, reports: Sequence[Report]) -> list[Claim]:
    """Of a conflict between browsers, each one's claim; once where reports agree."""
    if row.conflict != Conversion.Conflict.JOURNEYS or row.closed_at or is_key_gone(reports):
        return []
    found: dict[tuple[UUID, ...], tuple[Report, Resolved]] = {}
    for report in reports:
        if any(token["reason"] == "" for token in report.tokens):
            resolved = deciding.decide_again(row, report.pk)
            clicks = tuple(judged.click.id for judged in resolved.outcome.verdicts)
            found.setdefault(clicks, (report, resolved))
    every = {item.click.publisher for __, one in found.values() for item in one.outcome.verdicts}
    named = names_for_staff(every)
    return [_claim(*one, named, number) for number, one in enumerate(found.values())]


def _claim(report: Report, resolved: Resolved, names: Names, number: int) -> Claim:
    outcome, sale = resolved.outcome, sale_in(resolved.inputs)
    paid = outcome.paid
    return Claim(
        report=report,
        paid=names.of(paid) if paid else "",
        cookie_type=paid.cookie_type if paid else "",
        why=why(Decided(outcome.verdicts, outcome.closes_by), names),
        figures=amount_of(report),
        picture=picture(outcome.verdicts, sale, names, key=f"claim{number}"),
    )


def _lines(commission: Commission | None) -> list[MoneyLine]:
    if commission is None:
        return []
    return [_line(line, commission.currency) for line in commission.rates]


def _line(line: Mapping[str, Any], currency: str) -> MoneyLine:
    amount = money.display(line["amount_minor"], currency)
    earned = money.display(line["commission_minor"], currency)
    if line["percent"] is None:
        return MoneyLine(
            line["group"], amount, _("%(amount)s per sale") % {"amount": earned}, earned, earned
        )
    percent = Decimal(line["percent"]).normalize()
    return MoneyLine(
        line["group"],
        amount,
        f"{percent:f}%",
        money.unrounded(line["amount_minor"] * percent / 100, currency),
        earned,
    )


def _costs(commission: Commission | None) -> str:
    """What the sale costs the advertiser: the commission with the network's fee."""
    if commission is None:
        return ""
    total = commission.amount_minor + commission.network_fee_minor
    return money.display(total, commission.currency)


def _entries(commission: Commission | None) -> list[LedgerEntry]:
    if commission is None or commission.ledger_transaction_id is None:
        return []
    rows = LedgerEntry.objects.filter(transaction=commission.ledger_transaction_id)
    return list(rows.select_related("account__advertiser", "account__publisher").order_by("pk"))


def _validations(row: Conversion) -> dict[str, Any]:
    """What staff said about the sale, and whether an approval has ended since."""
    said = list(row.validations.select_related("made_by", "key", "publisher").order_by("at", "pk"))
    commission = commission_of(row)
    approved = bool(said) and said[-1].action == Validation.Action.APPROVE
    kept = {Commission.Status.APPROVED, Commission.Status.FINAL}
    return {
        "validations": said,
        "approval_ended": approved and commission is not None and commission.status not in kept,
    }


def _raw(row: Conversion) -> str:
    """The decision in force as it is stored."""
    decision = row.decision
    if decision is None:
        return ""
    kept = {"rule_version": decision.rule_version, "inputs": decision.inputs}
    return json.dumps({**kept, "verdicts": decision.verdicts}, indent=2)
