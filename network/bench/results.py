"""What a measurement says, for people and as JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A figure with its target; it is a ratio unless ``unit`` counts something."""

    name: str
    value: float
    unit: str
    target: float
    met: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.value:g} {self.unit} (target {self.target:g}: {self._met})"

    @property
    def _met(self) -> str:
        return "met" if self.met else "NOT met"
