"""What each server does first: Django, and whether it may start at all."""

import os
import resource

import django

MOST_CONNECTIONS = 65_536


def set_up() -> None:
    """Raises ImproperlyConfigured with every mistake that keeps a server from starting."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    django.setup(set_prefix=False)
    from network.project.checks import stop_unsafe_start

    stop_unsafe_start()
    _allow_connections()


def _allow_connections() -> None:
    """Each is an open file, of which shells allow 1,024 unless they are asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, MOST_CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
