"""What the project uses of django-allauth that is not public."""

import ast
from collections.abc import Iterator
from importlib.metadata import version

from network.local.bootstrap import ROOT

LOOKED_AT = "65.21.1"
INTERNAL = {
    "allauth.account.internal.flows.login.get_authentication_records": (
        "dictionaries with `method` and `at` in seconds, of this session"
    ),
    "allauth.account.internal.flows.login.perform_password_login": (
        "signs in who has just chosen a password, through the second factor"
    ),
    "allauth.account.internal.flows.login.record_authentication": (
        "adds such a dictionary, so that the session counts as having shown the factor"
    ),
    "allauth.account.internal.flows.reauthentication.suspend_request": (
        "leads to a page, and afterwards back to the request"
    ),
    "allauth.core.internal.ratelimit": "`consume` gives None for one attempt too many",
    "allauth.core.internal.ratelimit.RateLimitUsage": "`rollback` takes an attempt back",
    "allauth.mfa.totp.internal.auth.TOTP": "`activate` stores an app's secret, encrypted",
    "allauth.mfa.totp.internal.auth.clear_totp_secret": (
        "forgets the secret that a session was offered"
    ),
}
"""By name: what the project relies on. There is no public way to any of it."""


def test_only_known_internals_of_allauth_are_used() -> None:
    assert set(_internals()) == set(INTERNAL), (
        "Use a hook of an adapter or a form where there is one. Else add the name to INTERNAL, "
        "with what the project relies on."
    )


def test_the_internals_of_this_version_of_allauth_were_looked_at() -> None:
    relied_on = "\n".join(f"- {name}: {what}" for name, what in INTERNAL.items())
    assert version("django-allauth") == LOOKED_AT, (
        f"django-allauth is no longer {LOOKED_AT}. Compare what the new version has at these "
        f"names, then change LOOKED_AT:\n{relied_on}"
    )


def _internals() -> Iterator[str]:
    """What the applications import from modules of allauth that are named internal."""
    for app in ("network", "publishers", "tracking"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("allauth."):
                    yield from _named(f"{node.module}.{each.name}" for each in node.names)
                elif isinstance(node, ast.Import):
                    yield from _named(each.name for each in node.names)


def _named(names: Iterator[str]) -> Iterator[str]:
    return (name for name in names if name.startswith("allauth.") and ".internal" in name)
