"""The demo's settings, its shop and two of its publishers."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from network.demo.pages import places
from network.demo.story import cast
from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import make_advertiser, make_partner, make_publisher
from tracking.clicks import snapshot


@pytest.fixture
def demo_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings as a demo has them, with a clock and a spool of its own."""
    settings.MODE, settings.DEMO = "demo", True
    settings.DEMO_HOSTS = (places.SHOP, *places.PUBLISHERS)
    settings.ALLOWED_HOSTS = [settings.SITE_HOST, settings.TRACKING_HOST, *settings.DEMO_HOSTS]
    settings.CLOCK_FILE = tmp_path / "clock"
    settings.SPOOL_DIR = tmp_path / "spool"
    return settings


@pytest.fixture
def shop(demo_settings: Settings, db: None, monkeypatch: pytest.MonkeyPatch) -> Advertiser:
    """The advertiser whose shop the demo serves, with the demo's pages behind the client."""
    advertiser = make_advertiser("Nimbus Outdoor", hard_days=30, soft_hours=24)
    advertiser.domains = [places.SHOP]
    advertiser.save()
    monkeypatch.setattr(cast, "SHOP", advertiser.id)
    demo_settings.ROOT_URLCONF = "network.demo.pages.urls"
    demo_settings.MIDDLEWARE = []
    built = snapshot.build()
    monkeypatch.setattr(snapshot.keeper, "current", lambda: built)
    return advertiser


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("The Trail Blog"))


@pytest.fixture
def extension(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("PerkPanel", model_type="extension"))


@pytest.fixture
def client_at_shop(shop: Advertiser) -> Client:
    return Client(headers={"host": places.SHOP})
