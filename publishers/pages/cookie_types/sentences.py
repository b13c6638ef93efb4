"""What the confirmation of a change of cookie type says, each sentence whole: from facts about
the partners it concerns and the others; and the reasons that it offers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from publishers.models import AssignedType, CookieTypeChoice, ModelType
from publishers.policy.departed import Departed


class Since(Enum):
    """When partners have the type that they were to be set to."""

    NOW = auto()
    SOON = auto()
    BY_START = auto()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """How many partners the change does not concern, as they have the type already or will by its
    start."""

    count: int
    since: Since


def type_name(cookie_type: str) -> str:
    """``soft``, within a sentence."""
    return str(CookieTypeChoice(cookie_type).label).lower()


# --- Partners -----------------------------------------------------------------------------------


def headline_of_partners(names: Sequence[str], to: str) -> str:
    """``Set CouponCat to soft``; ``Set 3 partners back to their model types' defaults``."""
    if not names:
        return _("Nothing to change")
    is_back = to == AssignedType.INHERIT
    if len(names) == 1:
        one = (
            _("Set %(partner)s back to its model type's default")
            if is_back
            else _("Set %(partner)s to %(type)s")
        )
        return one % {"partner": names[0], "type": "" if is_back else type_name(to)}
    if is_back:
        many = ngettext(
            "Set %(count)d partner back to its model type's default",
            "Set %(count)d partners back to their model types' defaults",
            len(names),
        )
        return many % {"count": len(names)}
    several = ngettext(
        "Set %(count)d partner to %(type)s", "Set %(count)d partners to %(type)s", len(names)
    )
    return several % {"count": len(names), "type": type_name(to)}


def button_of_partners(count: int, to: str) -> str:
    """``Set 3 to soft``"""
    if to == AssignedType.INHERIT:
        return _("Set %(count)d back to the default") % {"count": count}
    return _("Set %(count)d to %(type)s") % {"count": count, "type": type_name(to)}


def rest_of_partners(unchanged: Sequence[Unchanged], to: str) -> list[str]:
    """``1 other partner is soft already.``"""
    return [_unchanged(one, to) for one in unchanged]


def nothing_of_partners(
    unchanged: Sequence[Unchanged], departed: Sequence[Departed], to: str
) -> list[str]:
    """Why no partner that was chosen changes."""
    gone = [sentence for one in departed for sentence in one.sentences]
    if not unchanged and not departed:
        return [_("No partner was chosen.")]
    if not unchanged:
        return [_("Nothing can be changed."), *gone]
    said = [_("There is nothing to change."), *(_unchanged(one, to) for one in unchanged)]
    return [*said, _("This may be different with a later start."), *gone]


def _unchanged(one: Unchanged, to: str) -> str:
    said = _back_already(one) if to == AssignedType.INHERIT else _so_already(one)
    kind = "" if to == AssignedType.INHERIT else type_name(to)
    return said % {"count": one.count, "type": kind}


def _so_already(one: Unchanged) -> str:
    match one.since:
        case Since.NOW:
            return ngettext(
                "%(count)d chosen partner is %(type)s already.",
                "%(count)d chosen partners are %(type)s already.",
                one.count,
            )
        case Since.SOON:
            return ngettext(
                "%(count)d chosen partner becomes %(type)s in a moment anyway.",
                "%(count)d chosen partners become %(type)s in a moment anyway.",
                one.count,
            )
        case Since.BY_START:
            return ngettext(
                "%(count)d chosen partner becomes %(type)s before this start anyway.",
                "%(count)d chosen partners become %(type)s before this start anyway.",
                one.count,
            )


def _back_already(one: Unchanged) -> str:
    match one.since:
        case Since.NOW:
            return ngettext(
                "%(count)d chosen partner has its default already.",
                "%(count)d chosen partners have their defaults already.",
                one.count,
            )
        case Since.SOON:
            return ngettext(
                "%(count)d chosen partner goes back to its default in a moment anyway.",
                "%(count)d chosen partners go back to their defaults in a moment anyway.",
                one.count,
            )
        case Since.BY_START:
            return ngettext(
                "%(count)d chosen partner goes back to its default before this start anyway.",
                "%(count)d chosen partners go back to their defaults before this start anyway.",
                one.count,
            )


# --- A model type's default ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many partners of a model type its default changes, leaves as they are, or does not decide
    for: they have a type of their own, or the advertiser has a default of its own."""

    changing: int
    already: int
    own: int
    nearer: int

    @property
    def is_empty(self) -> bool:
        return not (self.changing or self.already or self.own or self.nearer)


def headline_of_default(model_type: str, shop: str, to: str) -> str:
    """``Set the Voucher default of Nimbus to soft``; with no ``shop`` it is the network's."""
    if to == AssignedType.INHERIT:
        said = _("Set the %(model_type)s default of %(shop)s back to the network's")
        return said % {"model_type": model_type, "shop": shop}
    said = (
        _("Set the %(model_type)s default of %(shop)s to %(type)s")
        if shop
        else _("Set the network's %(model_type)s default to %(type)s")
    )
    return said % {"model_type": model_type, "shop": shop, "type": type_name(to)}


def button_of_default(to: str) -> str:
    if to == AssignedType.INHERIT:
        return _("Set the default back to the network's")
    return _("Set the default to %(type)s") % {"type": type_name(to)}


def rest_of_default(reach: Reach) -> list[str]:
    """``It changes 3 partners. 1 partner keeps its own cookie type.``"""
    if reach.is_empty:
        return [_("No partner has this model type yet; the default is for those to come.")]
    changes = ngettext(
        "It changes %(count)d partner.", "It changes %(count)d partners.", reach.changing
    )
    already = ngettext(
        "%(count)d partner has this type already.",
        "%(count)d partners have this type already.",
        reach.already,
    )
    own = ngettext(
        "%(count)d partner keeps its own cookie type.",
        "%(count)d partners keep their own cookie types.",
        reach.own,
    )
    nearer = ngettext(
        "%(count)d partner keeps the default of its advertiser.",
        "%(count)d partners keep the defaults of their advertisers.",
        reach.nearer,
    )
    counted = [
        (reach.changing, changes),
        (reach.already, already),
        (reach.own, own),
        (reach.nearer, nearer),
    ]
    said = [sentence % {"count": count} for count, sentence in counted if count]
    return said if reach.changing else [_("It changes no partner now."), *said]


# --- A publisher's model type -------------------------------------------------------------------


def rest_of_model_type(changing: int, partnerships: int) -> str:
    """``Its cookie type changes at 2 of 3 advertisers.``"""
    if not partnerships:
        return _("It is not a partner of any advertiser yet.")
    if not changing:
        return _("Its cookie type stays as it is.")
    if partnerships == 1:
        return _("Its cookie type changes.")
    said = ngettext(
        "Its cookie type changes at %(changing)d of %(count)d advertiser.",
        "Its cookie type changes at %(changing)d of %(count)d advertisers.",
        partnerships,
    )
    return said % {"changing": changing, "count": partnerships}


# --- Common reasons -----------------------------------------------------------------------------

ALREADY_THERE = frozenset({ModelType.OVERLAY.value, ModelType.EXTENSION.value})
"""These reach a shopper who is in the shop already, by what they are."""


def reasons_of_model_type() -> tuple[str, ...]:
    """For a publisher that gets another model type."""
    return (
        _("You told us that you promote in another way now."),
        _("Our operators looked at how you promote: this model type fits better."),
    )


def reasons_of_partners(to: str, model_types: Collection[str]) -> tuple[str, ...]:
    """For partners of these model types that are set to ``to``."""
    if to == AssignedType.SOFT:
        said = (
            _("Most of the sales that you were paid for began with another partner's click."),
            _("Your clicks reach shoppers who are in our shop already."),
        )
        are_there = bool(model_types) and ALREADY_THERE.issuperset(model_types)
        return (*said, _("Overlays and extensions are soft with us.")) if are_there else said
    if to == AssignedType.HARD:
        return (
            _("Your clicks bring shoppers that no other partner had brought."),
            _("As we agreed with you."),
        )
    return (
        _("Your own setting ends; the default for your model type applies again."),
        _("As we agreed with you."),
    )


def reasons_of_default(to: str, *, of_network: bool) -> tuple[str, ...]:
    """For all of a model type at an advertiser, or in the network."""
    if to == AssignedType.INHERIT:
        return (
            _("Our own default for your model type ends; the network's applies again."),
            _("We follow the network's default for your model type."),
        )
    if to == AssignedType.SOFT:
        if of_network:
            return (
                _(
                    "In this network, partners of your model type are soft unless an advertiser "
                    "decides otherwise."
                ),
            )
        return (
            _("Partners of your model type are soft with us."),
            _(
                "Partners of your model type mostly reach shoppers that another partner has "
                "brought."
            ),
        )
    if of_network:
        return (
            _(
                "In this network, partners of your model type are hard unless an advertiser "
                "decides otherwise."
            ),
        )
    return (
        _("Partners of your model type are hard with us."),
        _("Partners of your model type bring shoppers that no other partner had brought."),
    )
