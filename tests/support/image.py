"""The steps of the Dockerfile, and carrying them out in a folder where there is no container.

Only what this Dockerfile needs is understood; anything else is an error, not a step left out.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
"""
CHANGE_THE_MACHINE = ("useradd", "chown")
"""Programs of steps that have no place outside a container: they are only noted."""


@dataclass(frozen=True)
class Step:
    """An instruction with what stands behind it."""

    word: str
    rest: str


def steps(dockerfile: str) -> list[Step]:
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [Step(word, rest) for word, rest in found]


def let_through(root: Path, ignore: str) -> Iterator[Path]:
    """The files, relative to the root, that ``.dockerignore`` lets into the image: the last pattern
    that fits a file or a folder above it decides."""
    patterns = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if _is_let_through(here / name, patterns)]
        yield from (here / name for name in files if _is_let_through(here / name, patterns))


def _is_let_through(path: Path, patterns: Sequence[str]) -> bool:
    above = [str(part) for part in (path, *path.parents)][:-1]
    let = True
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        name = bare.removeprefix("**/")
        fits = (
            fnmatchcase(path.name, name)
            if name != bare
            else any(fnmatchcase(part, bare) for part in above if "/" not in part or "/" in bare)
        )
        if fits:
            let = pattern.startswith("!")
    return let


@dataclass
class Folder:
    """An image as a folder: ``/softclick`` of the image is ``inside / "softclick"``."""

    inside: Path
    context: Path
    python: Path
    """The folder of the base image's programs."""
    variables: dict[str, str] = field(default_factory=dict)
    work: str = "/"
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def carry_out(self, dockerfile: str) -> None:
        stand_ins = self.inside / "stand-ins"
        stand_ins.mkdir(parents=True)
        for name in CHANGE_THE_MACHINE:
            path = stand_ins / name
            path.write_text(STAND_IN.format(log=self.inside / "noted"))
            path.chmod(0o755)
        self.variables = {"PATH": f"{stand_ins}:{self.python}:{os.environ['PATH']}"}
        for step in steps(dockerfile):
            getattr(self, f"_{step.word.lower()}")(step.rest)

    @property
    def noted(self) -> list[str]:
        """What the steps wanted of the machine."""
        return (self.inside / "noted").read_text().splitlines()

    def run(
        self, words: Sequence[str], more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command in the image, without its entry point."""
        return subprocess.run(
            words,
            cwd=self._real(self.work),
            env=self.environment | dict(more or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(
        self, words: Sequence[str], more: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """A command as the image starts it: by its entry point."""
        return self.run([*self.entry, *words], more)

    @property
    def environment(self) -> dict[str, str]:
        """Of this machine, only where packages come from, and what finds its way to them."""
        kept = ("PIP_", "UV_", "SSL_", "HTTP", "http", "NO_PROXY", "no_proxy", "HOME", "LANG")
        ours = {name: value for name, value in os.environ.items() if name.startswith(kept)}
        return ours | {"UV_PYTHON_DOWNLOADS": "never", **self.variables}

    def _real(self, path: str) -> Path:
        return self.inside / path.lstrip("/")

    def _outside(self, text: str) -> str:
        """Paths of the image as paths of this machine."""
        return re.sub(r"(?<![\w./])/(?=softclick|var/)", f"{self.inside}/", text)

    def _from(self, rest: str) -> None:
        assert re.fullmatch(r"python:3\.\d+-slim@sha256:[0-9a-f]{64}", rest)

    def _env(self, rest: str) -> None:
        for name, value in (word.split("=", 1) for word in rest.split()):
            self.variables[name] = self._outside(value).replace("$PATH", self.variables["PATH"])

    def _workdir(self, rest: str) -> None:
        self.work = rest
        self._real(rest).mkdir(parents=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        assert target in (".", "./")
        ignore = (self.context / ".dockerignore").read_text()
        for path in let_through(self.context, ignore):
            if "." in sources or str(path) in sources:
                to = self._real(self.work) / path
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.context / path, to)

    def _run(self, rest: str) -> None:
        done = self.run(["sh", "-ec", self._outside(rest)])
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"

    def _entrypoint(self, rest: str) -> None:
        self.entry = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def _user(self, rest: str) -> None:
        """Files are this user's already."""

    def _expose(self, rest: str) -> None:
        """Nothing is closed."""
