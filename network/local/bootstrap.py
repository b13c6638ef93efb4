"""The way in on a fresh machine: builds the locked environment in ``.venv`` when it is missing.

Runs before any dependency is there and on any Python that is called ``python3``: the standard
library only, and nothing that Python 3.6 cannot read (hence the annotations in quotes), so that
an old one says what is missing instead of failing on syntax. Everything is said on standard
error; standard output belongs to the command.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from network.local.machine import (
    OFF_SWITCH,
    RefusedError,
    check_platform,
    check_port,
    check_python,
    dotted,
    libc,
    served_port,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
ENTERED = "SOFTCLICK_ENTERED"  # the process that has already been handed over to .venv


def enter(argv: "Sequence[str]") -> None:
    """Return inside the locked environment; outside it, run the same command there instead.

    Ends the process with status 1, and a message on standard error, where that cannot be.
    """
    if os.environ.get(OFF_SWITCH) == "1":
        return
    try:
        check_python(sys.version_info[:3])
        check_platform(platform.system(), platform.machine(), libc())
        check_port(served_port(argv))
        environment = Environment(ROOT)
        built = environment.ensure()
        if built or not environment.is_current():
            hand_over(environment)
    except RefusedError as refused:
        say(str(refused))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Interrupted. The next command builds the environment again.")
        sys.exit(130)


def say(message: str) -> None:
    sys.stderr.write(f"softclick: {message}\n")
    sys.stderr.flush()


# --- The environment --------------------------------------------------------------------------


class Environment:
    """The locked environment of one checkout.

    ``.venv/softclick.json`` says for which lock, Python and folder it is complete, and is written
    last; ``.venv.building`` is there while a build is under way, and after one was interrupted.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / ".venv"
        self.python = self.path / "bin" / "python"
        self.marker = self.path / "softclick.json"
        self.unfinished = root / ".venv.building"
        self.requirements = root / "requirements.lock"

    def ensure(self) -> bool:
        """Build what is missing or stale; True if anything was built. Raises ``RefusedError``."""
        try:
            if self.is_ready():
                return False
            with _only_one(self.root) as lock:
                if self.is_ready():  # by the command that was waited for
                    return False
                if self._is_as_locked():
                    self._write_marker()
                    return False
                self._build(lock)
        except OSError as error:
            raise RefusedError(
                f"the environment in {self.path} could not be built: {error}"
            ) from error
        return True

    def is_ready(self) -> bool:
        return (
            not self.unfinished.exists()
            and os.access(str(self.python), os.X_OK)
            and self._marked() == self._wanted()
        )

    def is_current(self) -> bool:
        return os.path.realpath(sys.prefix) == os.path.realpath(str(self.path))

    def _wanted(self) -> "dict[str, str]":
        digest = hashlib.sha256()
        for lock in (self.root / "uv.lock", self.requirements):
            digest.update(lock.read_bytes())
        return {"lock": digest.hexdigest(), "python": _python_tag(), "path": str(self.path)}

    def _marked(self) -> "dict[str, str]":
        try:
            marked = json.loads(self.marker.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return marked if isinstance(marked, dict) else {}

    def _write_marker(self) -> None:
        written = self.marker.with_suffix(".new")
        written.write_text(json.dumps(self._wanted()), encoding="utf-8")
        os.replace(str(written), str(self.marker))

    def _is_as_locked(self) -> bool:
        """Whether somebody else, ``uv sync`` say, has already installed just what is locked."""
        if self.unfinished.exists() or not os.access(str(self.python), os.X_OK):
            return False
        if self._marked().get("path", str(self.path)) != str(self.path):
            return False
        version = f"python{dotted(sys.version_info[:2])}"
        installed = _installed(self.path / "lib" / version / "site-packages")
        text = self.requirements.read_text(encoding="utf-8")
        return bool(installed) and all(
            installed.get(name, locked if optional else None) == locked
            for name, locked, optional in _requirements(text)
        )

    def _build(self, lock: int) -> None:
        started = time.monotonic()
        uv = shutil.which("uv")
        tool = "uv" if uv else "pip"
        say(f"building the environment in {self.path} with {tool}; this is done once.")
        if not (uv and self._can_be_synced()):
            self._start_anew()
        self.unfinished.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.marker.unlink()
        if not (uv and self._build_with_uv(uv, lock)):
            self._build_with_pip(lock)
        self._write_marker()
        self.unfinished.rmdir()
        say(f"the environment is ready ({time.monotonic() - started:.0f} s).")

    def _can_be_synced(self) -> bool:
        """Only an environment that was complete, here and for this Python, is changed in place."""
        marked = self._marked()
        return (
            not self.unfinished.exists()
            and marked.get("python") == _python_tag()
            and marked.get("path") == str(self.path)
        )

    def _start_anew(self) -> None:
        self.unfinished.mkdir(exist_ok=True)
        if self.path.is_symlink():
            self.path.unlink()
        elif self.path.exists():
            shutil.rmtree(str(self.path))

    def _build_with_uv(self, uv: str, lock: int) -> bool:
        command = [uv, "sync", "--frozen", "--quiet", "--python", _base_python()]
        settings = {"UV_PROJECT_ENVIRONMENT": str(self.path), "UV_PYTHON_DOWNLOADS": "never"}
        ended = _run(command, self.root, lock, settings)
        if ended:
            say(f"uv could not build it (status {ended}); trying pip.")
            self._start_anew()
        return not ended

    def _build_with_pip(self, lock: int) -> None:
        _check_venv_module()
        if _run([_base_python(), "-m", "venv", str(self.path)], self.root, lock, {}):
            raise RefusedError(f"python -m venv could not make {self.path}; its words are above.")
        command = [str(self.python), "-m", "pip", "install", "--require-hashes", "--no-deps"]
        command += ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
        packages = len(_requirements(self.requirements.read_text(encoding="utf-8")))
        ended = _run_with_progress(
            [*command, "-r", str(self.requirements)], self.root, lock, packages
        )
        if ended:
            raise RefusedError(
                f"pip could not install the locked packages (status {ended}); its words are "
                "above. Is a package index reachable from here? The same command tries again, "
                "from the start."
            )


def _check_venv_module() -> None:
    import importlib.util

    missing = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if missing:
        raise RefusedError(
            f"this Python comes without its module '{missing[0]}'. On Debian and Ubuntu: "
            f"apt install python3-venv (or python{dotted(sys.version_info[:2])}-venv). "
            "With uv on the PATH it is not needed."
        )


def _python_tag() -> str:
    return f"{sys.implementation.cache_tag}-{platform.machine()}"


def _base_python() -> str:
    """The interpreter outside any environment: the one in ``.venv`` may be about to go."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _requirements(text: str) -> "list[tuple[str, str, bool]]":
    """(name, version, whether only some Pythons need it) of each locked package."""
    lines = re.findall(r"^([\w.-]+)==([^\s;]+)(.*)$", text, re.MULTILINE)
    return [
        (_normal(name), version, "python" in condition or "implementation" in condition)
        for name, version, condition in lines
    ]


def _installed(packages: Path) -> "dict[str, str]":
    import importlib.metadata

    found = importlib.metadata.distributions(path=[str(packages)])
    return {_normal(each.metadata["Name"] or ""): each.version for each in found}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- Running the builders ---------------------------------------------------------------------


@contextlib.contextmanager
def _only_one(root: Path) -> "Iterator[int]":
    """Hold the checkout against a second build.

    The builders inherit the lock: after ``kill -9`` of this process the next command still waits
    until they have ended, and does not build into a folder that they write to.
    """
    import fcntl

    lock = os.open(str(root), os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is building the environment; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _run(command: "list[str]", folder: Path, lock: int, settings: "dict[str, str]") -> int:
    """The command's status; what it prints goes to standard error."""
    ended = subprocess.run(
        command,
        cwd=str(folder),
        env=_surroundings(settings),
        stdin=subprocess.DEVNULL,
        stdout=sys.__stderr__,
        pass_fds=[lock],
        check=False,
    )
    return ended.returncode


def _run_with_progress(command: "list[str]", folder: Path, lock: int, packages: int) -> int:
    """As ``_run``, for pip: counts packages on a terminal, and shows its last words on failure."""
    last_lines = []  # type: list[str]
    collected = 0
    with subprocess.Popen(
        command,
        cwd=str(folder),
        env=_surroundings({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        pass_fds=[lock],
    ) as running:
        for line in running.stdout or ():
            last_lines = [*last_lines[-19:], line]
            collected += line.startswith("Collecting ")
            if sys.stderr.isatty():
                sys.stderr.write(f"\r  {collected} of {packages} packages ")
        if sys.stderr.isatty():
            sys.stderr.write("\n")
    if running.returncode:
        sys.stderr.write("".join(last_lines))
    return running.returncode


def _surroundings(settings: "dict[str, str]") -> "dict[str, str]":
    """The environment variables of a builder, less those that would lead it elsewhere."""
    elsewhere = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return {**kept, "PIP_USER": "0", "PYTHONUNBUFFERED": "1", **settings}


def hand_over(environment: Environment) -> None:
    """Replace this process by the same command in the locked environment. Does not return."""
    process = str(os.getpid())
    if os.environ.get(ENTERED) == process:
        raise RefusedError(
            f"{environment.python} does not run in {environment.path}; is PYTHONHOME set? "
            "Else remove that folder and try again."
        )
    os.environ[ENTERED] = process
    python = str(environment.python)
    os.execv(python, [python, *sys.orig_argv[1:]])
