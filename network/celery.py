"""The Celery application: beat looks for what is due, workers do it. No task carries an ETA."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")

app = Celery("softclick")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["network", "publishers", "tracking"])
