"""What a link says about consent, and what then holds."""

import pytest

from tracking.rule.consent import Consent, of_click, parse, parse_all


@pytest.mark.parametrize("said", ["1", "true", "yes", "on", "YES", " 1 ", "1.", "yes)", "1\u200b"])
def test_yes(said: str) -> None:
    assert parse(said) is True


@pytest.mark.parametrize(
    "said",
    [
        *("0", "false", "no", "off", "2", "denied", "none", "no-thanks", "opt_out", "not granted"),
        *(
            "0.",
            "0,",
            "0)",
            "no!",
            '0"',
            "0\u200b",
            "0\x00",
            "-1",
            "0.0",
            "0?to=x",
            "[]",
            "!0",
            ".",
        ),
    ],
)
def test_any_other_word_is_a_no(said: str) -> None:
    assert parse(said) is False


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "{consent}", "{{consent}}", "{{ consent }}", "%consent%", "[consent]"),
        *("${consent}", "<consent>", "__CONSENT__", "undefined", "null", "NaN"),
        *("#{consent}", "#consent#", "@consent@", "$consent", "%%CONSENT%%", "{consent}."),
    ],
)
def test_what_nobody_filled_in_says_nothing(said: str) -> None:
    assert parse(said) is None


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param(["", "{consent}"], None, id="unfilled"),
        pytest.param(["1", ""], True, id="yes_and_nothing"),
        pytest.param(["0", "{consent}"], False, id="no_and_a_macro"),
        pytest.param(["0", "1"], False, id="no_and_yes"),
        pytest.param(["1", "0"], False, id="yes_and_no"),
    ],
)
def test_a_no_is_not_lost_among_others(said: list[str], answer: bool | None) -> None:
    assert parse_all(said) is answer


@pytest.mark.parametrize("default", Consent)
def test_the_links_answer_comes_before_the_advertisers(default: Consent) -> None:
    assert of_click(True, default) is Consent.STORE
    assert of_click(False, default) is Consent.REFUSE
    assert of_click(None, default) is default
