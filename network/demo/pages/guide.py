"""The five steps through the demo, and which of them this browser has done."""

from dataclasses import dataclass

from network.demo.pages.strip import Order
from network.demo.story import cast
from tracking.rule.attribution import Outcome

ASKING = frozenset({cast.EXTENSION, cast.OVERLAY})
"""Publishers who reach a shopper that is in the shop already, and are soft there."""


@dataclass(frozen=True, slots=True)
class GuideStep:
    """``name`` tells the template what to say; ``next`` is True for the first that is not done."""

    name: str
    done: bool
    next: bool = False


def steps(outcome: Outcome, order: Order | None, looked_at: str) -> list[GuideStep]:
    """In order. ``looked_at`` is the order whose sale was opened in the admin from here."""
    publishers = {judged.click.publisher for judged in outcome.verdicts}
    ordered = order is not None and order.is_known
    done = {
        "come": not publishers <= ASKING,
        "activate": not publishers.isdisjoint(ASKING),
        "order": ordered,
        "look": ordered and order is not None and looked_at == order.number,
        "wait": ordered and order is not None and order.is_final,
    }
    following = next((name for name, is_done in done.items() if not is_done), "")
    return [GuideStep(name, is_done, name == following) for name, is_done in done.items()]
