"""What the server runs: ``granian --interface wsgi network.project.wsgi:application``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
django.setup(set_prefix=False)

from network.project.checks import stop_unsafe_start  # noqa: E402 - needs the app registry
from network.project.hosts import application as make_application  # noqa: E402 - needs the app registry
from tracking.clicks.snapshot import keeper  # noqa: E402

stop_unsafe_start()
application = make_application()
keeper.current()
keeper.start_refreshing()
