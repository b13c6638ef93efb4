"""What the site's server loads: ``manage.py serve site``."""

from network.project.setup import set_up

set_up()

from network.project import web  # noqa: E402 - needs Django

application = web.site()
