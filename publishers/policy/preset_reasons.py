"""What is often said to a partner as the reason why its cookie type changes: by what is being done,
and for whom."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from publishers.models import AssignedType, ModelType

ALREADY_THERE = frozenset({ModelType.OVERLAY.value, ModelType.EXTENSION.value})
"""These reach a shopper who is in the shop already, by what they are."""


def of_model_type() -> tuple[str, ...]:
    """For a publisher that gets another model type."""
    return (
        _("You told us that you promote in another way now."),
        _("Our operators looked at how you promote: this model type fits better."),
    )


def of_partners(to: str, model_types: Collection[str]) -> tuple[str, ...]:
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


def of_default(to: str, *, of_network: bool) -> tuple[str, ...]:
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
