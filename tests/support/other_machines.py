"""DNS and web servers of others, as a test wants them to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from network.outside.dns import NoDnsAnswer
from network.outside.web import FetchProblem, NotFetched, WebAnswer


@dataclass
class Names:
    """A resolver; ``fails`` lets no server answer. ``asked`` are the names that it was asked of."""

    cnames: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    def cname(self, name: str) -> str | None:
        self._note(name)
        return self.cnames.get(name)

    def txt(self, name: str) -> Sequence[str]:
        self._note(name)
        return self.texts.get(name, [])

    def addresses(self, name: str) -> Sequence[str]:
        self._note(name)
        return []

    def _note(self, name: str) -> None:
        self.asked.append(name)
        if self.fails:
            raise NoDnsAnswer(name)


@dataclass
class Files:
    """A web of these files, by address without ``https://``; elsewhere there is the problem."""

    files: Mapping[str, WebAnswer] = field(default_factory=dict)
    problem: FetchProblem = FetchProblem.NO_ADDRESS

    def get(self, host: str, path: str) -> WebAnswer:
        if host + path not in self.files:
            raise NotFetched(self.problem)
        return self.files[host + path]
