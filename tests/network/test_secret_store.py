"""Secrets that an installation is started with."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from network.secret_store import check_secret_key

GOOD = "3f0c9a5d7e1b2846" * 4


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="missing"),
        pytest.param(GOOD[:49], id="short"),
        pytest.param("ab" * 40, id="of_few_characters"),
        pytest.param(f"django-insecure-{GOOD}", id="one_that_django_made_for_development"),
    ],
)
def test_a_weak_secret_key_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is missing or weak"):
        check_secret_key(value)


def test_a_random_one_is_taken() -> None:
    assert check_secret_key(GOOD) == GOOD
