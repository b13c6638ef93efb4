"""A blog and an extension at one shop, and somebody of the blog's team."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import make_partner, make_publisher, make_user
from tests.support.reading import signed_in


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog"))


@pytest.fixture
def cat(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Cat", model_type="extension"))


@pytest.fixture
def member(blog: Partnership) -> Client:
    return signed_in(make_user("member", blog.publisher, name="mia"))
