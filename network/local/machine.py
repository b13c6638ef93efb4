"""What the machine must have before an environment is built on it, and the port to be served.

Read by any Python that is called ``python3``, as :mod:`network.local.bootstrap` is: the standard
library only, and nothing that Python 3.6 cannot read.
"""

import errno
import os
import re
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

OLDEST_PYTHON = (3, 11)
OLDEST_GLIBC = (2, 28)  # of the engines' wheels (manylinux_2_28)
MACHINES = ("x86_64", "amd64", "aarch64", "arm64")
DEFAULT_PORT = 8000
SERVING = ("demo", "start")
OFF_SWITCH = "SOFTCLICK_NO_BOOTSTRAP"


class RefusedError(Exception):
    """What stands in the way, in words for the person at the terminal."""


def check_python(version: "Sequence[int]") -> None:
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise RefusedError(
            f"Python {dotted(OLDEST_PYTHON)} or later is needed; this is Python "
            f"{dotted(version)} ({sys.executable}). Run the same command with a newer one, "
            "for example python3.12 manage.py demo"
        )


def check_platform(system: str, machine: str, c_library: "str | None") -> None:
    """Raises ``RefusedError`` where the wheels of the engines do not exist."""
    glibc = _glibc_version(c_library)
    found = None
    if system not in ("Linux", "Darwin"):
        found = f"this is {system}"
    elif machine.lower() not in MACHINES:
        found = f"this machine is {machine}"
    elif system == "Linux" and glibc is None:
        found = "this Linux has another C library (musl?)"
    elif system == "Linux" and glibc is not None and glibc < OLDEST_GLIBC:
        found = f"this is {c_library}"
    if found:
        raise RefusedError(
            f"the built-in PostgreSQL and Valkey need Linux with glibc {dotted(OLDEST_GLIBC)} "
            f"or later, or macOS, on x86-64 or ARM64; {found}. Elsewhere install the "
            "dependencies without the group 'engines' (uv sync --no-group engines), set "
            f"DATABASE_URL and REDIS_URL to servers of your own, and set {OFF_SWITCH}=1."
        )


def libc() -> "str | None":
    """``glibc 2.36`` and the like; None where the C library does not say, as musl."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        return None


def _glibc_version(c_library: "str | None") -> "tuple[int, ...] | None":
    match = re.match(r"glibc (\d+)\.(\d+)", c_library or "")
    return tuple(int(part) for part in match.groups()) if match else None


def dotted(version: "Sequence[int]") -> str:
    return ".".join(str(part) for part in version)


def served_port(argv: "Sequence[str]") -> "int | None":
    """The port that ``demo`` or ``start`` is to serve; None for every other command."""
    if len(argv) < 2 or argv[1] not in SERVING or {"-h", "--help"} & set(argv):
        return None
    port = str(DEFAULT_PORT)
    for option, following in zip(argv[2:], [*argv[3:], ""]):  # noqa: B905
        if option == "--port":
            port = following
        elif option.startswith("--port="):
            port = option[len("--port=") :]
    if not re.match(r"[0-9]{1,5}\Z", port) or not 1 <= int(port) <= 65535:
        raise RefusedError(f"--port: {port!r} is not a port; it is a number from 1 to 65535.")
    return int(port)


def check_port(port: "int | None") -> None:
    """Raises ``RefusedError`` when somebody else serves the port; said before anything is built."""
    if port is None:
        return
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        trouble = _trouble(family, host, port)
        if trouble:
            other = port + 1 if port < 65535 else DEFAULT_PORT
            raise RefusedError(
                f"port {port} {trouble} ({host}). Choose another one: --port {max(other, 1024)}"
            )


def _trouble(family: int, host: str, port: int) -> "str | None":
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None  # no IPv6 on this machine
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            said = {errno.EADDRINUSE: "is in use", errno.EACCES: "is for root only"}
            return said.get(error.errno or 0)
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        # macOS lets a second server bind beside one that listens on every address.
        caller.settimeout(1)
        return "is in use" if caller.connect_ex((host, port)) == 0 else None
