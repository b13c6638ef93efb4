"""What a link says about consent, and what then holds."""

import pytest

from tracking.rule.consent import Consent, of_click, parse


@pytest.mark.parametrize("said", ["1", "true", "yes", "on", "YES", " 1 "])
def test_yes(said: str) -> None:
    assert parse(said) is True


@pytest.mark.parametrize("said", ["0", "false", "no", "off", "2", "denied"])
def test_any_other_word_is_a_no(said: str) -> None:
    assert parse(said) is False


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "{consent}", "{{consent}}", "{{ consent }}", "%consent%", "[consent]"),
        *("${consent}", "<consent>", "__CONSENT__", "undefined", "null", "NaN"),
    ],
)
def test_what_nobody_filled_in_says_nothing(said: str) -> None:
    assert parse(said) is None


@pytest.mark.parametrize("default", Consent)
def test_the_links_answer_comes_before_the_advertisers(default: Consent) -> None:
    assert of_click(True, default) is Consent.STORE
    assert of_click(False, default) is Consent.REFUSE
    assert of_click(None, default) is default
