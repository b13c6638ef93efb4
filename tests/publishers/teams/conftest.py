"""A worker that sends mails at once, a publisher, and the owner of a shop."""

import pytest
from django.test import Client

from network.celery import app
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.makers import make_publisher, make_user
from tests.support.reading import signed_in


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that sends each mail as soon as it hears of it."""

    def send_task(name: str, args: tuple[int, str], **options: object) -> None:
        app.loader.import_default_modules()
        app.tasks[name](*args)

    monkeypatch.setattr(app, "send_task", send_task)


@pytest.fixture
def blog() -> Publisher:
    return make_publisher("Blog")


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="opal"))
