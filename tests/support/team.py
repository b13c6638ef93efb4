"""A publisher's team at its pages, for tests of these."""

from datetime import timedelta
from typing import Any

from django.test import Client

from publishers.models import Partnership, Publisher
from tests.support.makers import NOW, Shopper
from tracking.models import Conversion


def page(client: Client, publisher: Publisher, name: str = "", query: str = "") -> Any:
    return client.get(f"/dashboard/{publisher.pk}/{name}{query}")


def buy(blog: Partnership, cat: Partnership, order: str = "10023") -> Conversion:
    """The blog's click, the extension's, and a sale: the blog is paid."""
    shopper = Shopper()
    shopper.follow(blog, NOW, ref="spring", ref2="sidebar")
    shopper.follow(cat, NOW + timedelta(minutes=5))
    return shopper.buy(blog.advertiser, NOW + timedelta(minutes=6), order=order)
