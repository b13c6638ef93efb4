"""The advertiser's word on a sale while it is open, by its staff or its server: approved, declined,
or a decline taken back.

It concerns the commission, not who is credited: the decision stays what the evidence says, and the
finaliser closes the sale when its windows have closed, as it does without anybody's word.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import ApiKey, User
from tracking.commissions import rulings, settling, suspended
from tracking.commissions.rulings import MAX_REASON, Statement
from tracking.commissions.settling import commission_of
from tracking.commissions.standing import refuse_other
from tracking.commissions.transitions import LEADS_TO, ChangedBy, may_become
from tracking.conversions import deciding, locking, reports
from tracking.models import Commission, Conversion, Decision, Validation
from tracking.rollups import writing as rollups

Action, Code, Status = Validation.Action, Validation.Code, Commission.Status

_NOTHING_TO: Mapping[str, Promise] = {
    Action.APPROVE: gettext_lazy("Order %(order)s pays nobody; there is nothing to approve."),
    Action.DECLINE: gettext_lazy("Order %(order)s pays nobody; there is nothing to decline."),
    Action.TAKE_BACK: gettext_lazy("Order %(order)s pays nobody; there is nothing to take back."),
}
REFUSED: Mapping[tuple[str, str], Promise] = {
    (Action.APPROVE, Status.APPROVED): gettext_lazy("Order %(order)s is approved already."),
    (Action.APPROVE, Status.DECLINED): gettext_lazy(
        "Order %(order)s is declined; take that back first."
    ),
    (Action.DECLINE, Status.DECLINED): gettext_lazy("Order %(order)s is declined already."),
    (Action.TAKE_BACK, Status.PENDING): gettext_lazy(
        "Order %(order)s is not declined; there is nothing to take back."
    ),
    (Action.TAKE_BACK, Status.APPROVED): gettext_lazy(
        "Order %(order)s is approved, not declined; there is nothing to take back."
    ),
}
"""Why staff cannot do this to an open commission with this status."""
_STILL: Mapping[str, str] = {
    Action.APPROVE: Commission.DeclineReason.NOT_CONFIRMED,
    Action.DECLINE: Commission.DeclineReason.SUSPENDED,
}
"""What was declined for this reason was not because of the order: staff may still do this."""


class ValidationRefused(ValueError):
    """This cannot be said about the sale as it stands, or the reason is missing."""


class OtherAmount(ValidationRefused):
    """Nobody of the shop's has said that the order costs what its sale says: ``known``, in minor
    units of ``currency``."""

    def __init__(self, said: str, conversion: Conversion) -> None:
        super().__init__(said)
        self.known, self.currency = conversion.amount_minor, conversion.currency


@transaction.atomic
def validate(
    advertiser: int, conversion_id: int, statement: Statement, now: datetime
) -> Validation:
    """Do what is said, and keep who said it, when and why. An approval also confirms a sale that
    only a browser has reported, and one that is larger than plausible; a server's, which has seen
    no page of it, only with the amount. Raises ValidationRefused, and Outdated where the sale is
    not what was seen."""
    problem = _missing(statement)
    if problem:
        raise ValidationRefused(problem)
    conversion = locking.lock(advertiser, conversion_id)
    refuse_other(conversion, statement.seen)
    problem = refusal(conversion, statement.action, statement.made_by, now)
    if problem:
        raise ValidationRefused(problem)
    if isinstance(statement.made_by, ApiKey) and statement.action == Action.APPROVE:
        _refuse_unknown_amount(conversion, statement.amount_minor)
    with rollups.following(conversion):
        commission = commission_of(conversion)
        assert commission is not None
        said = rulings.carry_out(statement, commission, now)
        approved_at = conversion.approved_at
        conversion.approved_at = _approved_at(statement, approved_at, now)
        settling.confirm(conversion, is_confirmed=deciding.is_confirmed(conversion))
        conversion.save(update_fields=["approved_at", "verified", "over_limit", "lapsed"])
    if approved_at and conversion.approved_at is None:
        _hear_again(conversion, approved_at, now)
    return said


def _approved_at(statement: Statement, before: datetime | None, now: datetime) -> datetime | None:
    """Since when the sale is approved, if it is. A suspension is about the partner alone."""
    if statement.action == Action.APPROVE:
        return before or now
    is_suspension = statement.decline_reason == Commission.DeclineReason.SUSPENDED
    return None if statement.action == Action.DECLINE and not is_suspension else before


def _hear_again(conversion: Conversion, approved_at: datetime, now: datetime) -> None:
    """What came after the approval and changed nothing counts from now on."""
    since = conversion.reports.filter(received_at__gt=approved_at)
    if since.exists() and not reports.is_key_gone(conversion.reports.all()):
        deciding.reconsider(conversion, now, Decision.Cause.REPORT)


def possible(conversion: Conversion, by: User, now: datetime) -> list[Validation.Action]:
    """What this person, who may change the sale, can say about it as it stands."""
    return [action for action in Action if not refusal(conversion, action, by, now)]


def refusal(
    conversion: Conversion, action: Validation.Action, by: User | ApiKey, now: datetime
) -> str:
    """Why this person or server cannot do this to the sale as it stands; empty where they can."""
    order, commission = {"order": conversion.order}, commission_of(conversion)
    if conversion.closed_at is not None:
        return _("Order %(order)s is closed; nothing changes it any more.") % order
    if conversion.conflict and (action == Action.APPROVE or isinstance(by, ApiKey)):
        return _("Order %(order)s is in conflict; settle the conflict first.") % order
    if commission is None or not _pays_somebody(conversion):
        return str(_NOTHING_TO[action]) % order
    still = _STILL.get(action, commission.decline_reason)
    is_refused = commission.status == Status.DECLINED and commission.decline_reason != still
    if not is_refused and may_become(commission.status, LEADS_TO[action], ChangedBy.STAFF):
        return _not_theirs(commission, action, by, now)
    return str(REFUSED[action, commission.status]) % order


def _refuse_unknown_amount(conversion: Conversion, amount_minor: int | None) -> None:
    """A browser's report can be made up for any number: who approves by number alone would pay
    whatever it says."""
    if amount_minor is None and not deciding.is_confirmed(conversion):
        said = _(
            "Only browsers have reported order %(order)s. Send its amount, or report it with the "
            "key."
        )
    elif amount_minor not in (None, conversion.amount_minor):
        said = _("Order %(order)s has another amount. Report it with the key.")
    else:
        return
    raise OtherAmount(said % {"order": conversion.order}, conversion)


def _not_theirs(
    commission: Commission, action: Validation.Action, by: User | ApiKey, now: datetime
) -> str:
    """What operators declined with a suspension only they take back, as only they lift it; and
    what was declined of a partner that they have suspended, for whatever reason, nobody else lets
    count meanwhile. Empty for everything else. Two queries at most."""
    is_let = action != Action.DECLINE and commission.status == Status.DECLINED
    if not is_let or _is_operator(by):
        return ""
    is_suspension = commission.decline_reason == Commission.DeclineReason.SUSPENDED
    if is_suspension and (said := _declined_by_operators(commission)):
        return said
    if suspended.by_operators(commission, now):
        said = _(
            "The network's operators suspended %(partner)s, so only they can let its declined "
            "orders count. Write to them if this one should."
        )
        return said % {"partner": commission.publisher}
    return ""


def _declined_by_operators(commission: Commission) -> str:
    declined = Validation.objects.filter(
        advertiser=commission.advertiser_id,
        conversion=commission.conversion_id,
        publisher=commission.publisher_id,
        action=Action.DECLINE,
    )
    last = declined.select_related("made_by").order_by("-at", "-pk").first()
    if last is None or not _is_operator(last.made_by):
        return ""
    said = _(
        "The network's operators declined order %(order)s when they suspended the partner, so only "
        "they can undo it. Write to them if it should count."
    )
    return said % {"order": commission.conversion.order}


def _is_operator(by: User | ApiKey | None) -> bool:
    return isinstance(by, User) and by.is_superuser


def _pays_somebody(conversion: Conversion) -> bool:
    decision = conversion.decision
    return decision is not None and decision.paid_publisher_id is not None


def _missing(statement: Statement) -> str:
    """What the statement lacks."""
    has_reason = bool(statement.reason.strip())
    if len(statement.reason.strip()) > MAX_REASON:
        return _("Give the reason in at most %(most)s characters.") % {"most": MAX_REASON}
    if statement.action == Action.DECLINE:
        if statement.code not in Code.values:
            return _("Choose why it is declined; the partner reads it.")
        if statement.code == Code.OTHER and not has_reason:
            return _("Say in words why it is declined; the partner reads it.")
    elif statement.code:
        return _("Only a decline has a reason from the list.")
    if statement.action == Action.TAKE_BACK and not has_reason:
        return _("Give the reason; it is kept in the sale's history.")
    return ""
