"""What several rooms of tracking look at."""

from collections.abc import Iterator

import pytest

from tracking.verify.checks import Broken, verify


@pytest.fixture
def clean_books(db: None) -> Iterator[None]:
    """Whatever a test did, every promise holds and every rollup says what counting anew gives."""
    yield
    assert [str(item) for item in verify() if isinstance(item, Broken)] == []
