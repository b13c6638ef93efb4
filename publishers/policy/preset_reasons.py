"""What is often said to a partner as the reason why its cookie type changes: by what is being done,
and for whom."""

from collections.abc import Collection

from publishers.models import AssignedType, ModelType

ALREADY_THERE = frozenset({ModelType.OVERLAY.value, ModelType.EXTENSION.value})
"""These reach a shopper who is in the shop already, by what they are."""

OF_MODEL_TYPE = (
    "You told us that you promote in another way now.",
    "Our operators looked at how you promote: this model type fits better.",
)
"""For a publisher that gets another model type."""


def of_partners(to: str, model_types: Collection[str]) -> tuple[str, ...]:
    """For partners of these model types that are set to ``to``."""
    if to == AssignedType.SOFT:
        said = (
            "Most of the sales that you were paid for began with another partner's click.",
            "Your clicks reach shoppers who are in our shop already.",
        )
        are_there = bool(model_types) and ALREADY_THERE.issuperset(model_types)
        return (*said, "Overlays and extensions are soft with us.") if are_there else said
    if to == AssignedType.HARD:
        return (
            "Your clicks bring shoppers whom no other partner had brought.",
            "As we agreed with you.",
        )
    return (
        "What held for you alone ends; the default for your model type holds again.",
        "As we agreed with you.",
    )


def of_default(to: str, *, of_network: bool) -> tuple[str, ...]:
    """For all of a model type at an advertiser, or in the network."""
    if to == AssignedType.INHERIT:
        return (
            "Our own default for your model type ends; the network's holds again.",
            "We follow the network's default for your model type.",
        )
    if of_network:
        return (
            f"In this network, partners of your model type are {to} where an advertiser says "
            "nothing else.",
        )
    if to == AssignedType.SOFT:
        return (
            "Partners of your model type are soft with us.",
            "Partners of your model type mostly reach shoppers whom another partner has brought.",
        )
    return (
        "Partners of your model type are hard with us.",
        "Partners of your model type bring shoppers whom no other partner had brought.",
    )
