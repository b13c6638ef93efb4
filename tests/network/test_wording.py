"""Lists and units as the reader's language writes them."""

import pytest
from django.utils import translation

from network import wording


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["Blum"], "Blum", id="one"),
        pytest.param(["Loop", "Blum"], "Blum and Loop", id="two_in_order"),
        pytest.param(list("dcba"), "a, b, c and d", id="as_many_as_are_named"),
        pytest.param(list("edcba"), "a, b, c and 2 others", id="more"),
    ],
)
def test_some_of(names: list[str], said: str) -> None:
    assert wording.some_of(names) == said


def test_units_and_lists_follow_the_language() -> None:
    assert [wording.counted(number, "day") for number in (1, 30)] == ["1 day", "30 days"]
    with translation.override("de"):
        assert wording.counted(30, "day") == "30 Tage"
        assert wording.joined(["a", "b", "c"]) == "a, b und c"


@pytest.mark.parametrize("language", ["en-xa", "unknown"])
def test_a_language_without_a_locale_is_written_as_english(language: str) -> None:
    with translation.override(language):
        assert wording.counted(2, "hour") == "2 hours"
