"""The tag as text: its settings, its size, and what shrinking may do to it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tracking.rule.consent import Consent
from tracking.wire import tag
from tracking.wire.tag import TagSettings, compressed, minified, own_names, render, snippet

SOURCE = Path(tag.__file__).parents[1] / "static" / "tracking" / "tag.js"
BASE = "https://track.example/t/7/"
PLAIN = "^[-A-Z0-9#/.]{0,63}[0-9][|][0-9]+([.][0-9]{1,2})?[|](GBP)?[|]$"
LONGEST = TagSettings(
    advertiser=4_294_967_295,
    click_parameter="a-rather-long-parameter",
    base_url="https://tracking.a-long-shop-name.example/t/4294967295/",
    longest_window_days=400,
    consent_default=Consent.ASK,
    currency="EUR",
    strip_click_parameter=True,
    other_base_urls=("https://track.an-affiliate-network.example/t/4294967295/",),
)


def settings(**changes: object) -> TagSettings:
    given: dict[str, object] = {
        "advertiser": 7,
        "click_parameter": "sclk",
        "base_url": BASE,
        "longest_window_days": 30,
        "consent_default": Consent.STORE,
        "currency": "GBP",
    }
    return TagSettings(**{**given, **changes})  # type: ignore[arg-type]


def rendered_settings(script: str) -> object:
    """By the names that the script has for them."""
    found = re.search(r"\}\)\((.*)\);$", script)
    names = re.search(r"^\(function \((.*)\) \{$", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    assert names
    return dict(zip(names[1].split(", "), json.loads(f"[{found[1]}]"), strict=True))


@pytest.mark.parametrize("given", [settings(), LONGEST], ids=["usual", "longest"])
def test_it_is_served_in_less_than_3000_bytes(given: TagSettings) -> None:
    assert len(compressed(given)) < 3_000
    assert gzip.decompress(compressed(given)).decode() == render(given)


def test_it_carries_the_settings_of_one_advertiser() -> None:
    assert rendered_settings(render(settings(strip_click_parameter=True))) == {
        "advertiser": 7,
        "parameter": "sclk",
        "home": BASE,
        "longest": 30 * 86_400,
        "consents": True,
        "others": [],
        "strips": True,
        "plain": PLAIN,
    }


@pytest.mark.parametrize(
    ("default", "said"), [(Consent.STORE, True), (Consent.ASK, None), (Consent.REFUSE, False)]
)
def test_it_knows_what_holds_before_an_answer(default: Consent, said: bool | None) -> None:
    found = rendered_settings(render(settings(consent_default=default)))
    assert isinstance(found, dict)
    assert found["consents"] is said


def test_it_keeps_no_cookie_longer_than_browsers_do() -> None:
    found = rendered_settings(render(settings(longest_window_days=900)))
    assert isinstance(found, dict)
    assert found["longest"] == 34_560_000


def test_it_compresses_to_the_same_bytes_every_time() -> None:
    once = compressed(settings())
    compressed.cache_clear()
    assert compressed(settings()) == once


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"click_parameter": ""}, id="no_parameter"),
        pytest.param({"click_parameter": "a&b"}, id="parameter_with_ampersand"),
        pytest.param({"click_parameter": "a'b"}, id="parameter_with_quote"),
        pytest.param({"click_parameter": "a\n"}, id="parameter_with_line_break"),
        pytest.param({"base_url": "https://track.example/t/7"}, id="base_without_slash"),
        pytest.param({"base_url": "https://track.example/t/8/"}, id="base_of_another_advertiser"),
        pytest.param({"base_url": "//track.example/t/7/"}, id="base_without_scheme"),
        pytest.param({"base_url": 'https://track"example/t/7/'}, id="base_with_quote"),
        pytest.param({"base_url": "javascript:0//t/7/"}, id="base_with_another_scheme"),
    ],
)
def test_it_refuses_settings_it_could_not_work_with(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not "):
        settings(**changes)


def test_the_snippet_queues_calls_and_loads_the_tag() -> None:
    assert snippet(settings()) == (
        "<script>window.softclick=window.softclick||function()"
        "{(softclick.q=softclick.q||[]).push(arguments)};"
        "softclick.at=softclick.at||(performance.getEntriesByType('navigation')[0]||{}).name"
        "||location.href</script>"
        '<script async src="https://track.example/t/7/tag.js"></script>'
    )


@pytest.mark.parametrize(
    ("source", "small"),
    [
        pytest.param("// said\n\n  a = 1;\n  // more\n", "a=1;", id="comments_and_indentation"),
        pytest.param("if (a) {\n  b( 'x  y' , c );\n}\n", "if(a){b('x  y',c)}", id="strings_stay"),
        pytest.param("x = 'https://a';\ny\n", "x='https://a';y", id="slashes_in_strings_stay"),
        pytest.param("return !a\nconst b = c in d\n", "return!a\nlet b=c in d", id="words_stay"),
        pytest.param("f([\n  1,\n  2\n])\n", "f([1,2])", id="lists_close_up"),
        pytest.param("a\n(b)\n", "a\n(b)", id="a_line_break_that_may_matter_stays"),
        pytest.param(
            "  const KEPT = 'KEPT';\n  function read(a) {\n    a.read = {read: read(KEPT)};\n  }\n",
            "let c='KEPT';function b(a){a.read={read:b(c)}}",
            id="its_own_names_are_short",
        ),
        pytest.param(
            "let one, two;\nconst f = (three) => (one ? two : three), g = { one: two };\n",
            "let a,b;let f=c=>(a?b:c),g={one:b};",
            id="keys_stay_and_choices_do_not",
        ),
    ],
)
def test_it_shrinks_a_script(source: str, small: str) -> None:
    assert minified(source) == small


def test_the_script_keeps_what_shrinking_relies_on() -> None:
    code = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    code = [line for line in code if not line.startswith("//")]
    without_strings = [re.sub(r"'[^'\n]*'", "''", line) for line in code]
    assert not [line for line in code if '"' in line or "`" in line or "/*" in line]
    assert not [line for line in without_strings if "//" in line or line.count("'") % 2]
    assert not [line for line in without_strings if re.search(r"\+ \+|- -", line)]
    assert sum(line.count("__SETTINGS__") for line in code) == 1


def test_no_name_that_is_made_short_is_a_key_written_without_a_value() -> None:
    """``{ tokens }`` would have the short name as its key."""
    code = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    source = "\n".join(line for line in code if not line.startswith("//"))
    names = "|".join(own_names(source))
    assert re.findall(rf"\{{ *(?:{names}) *[,}}]|, *(?:{names}) *\}}", source) == []
    assert re.findall(rf"^(?:{names}),?$", source, re.MULTILINE) == []
    methods = re.findall(r"^(?:async )?(\w+)\(\w+\) \{$", source, re.MULTILINE)
    assert {"consent", "sale", "activate", "debug"} <= set(methods)
    assert set(methods).isdisjoint(own_names(source))
