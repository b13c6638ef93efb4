"""The made-up language: marked messages look foreign, and what is filled into them stays."""

import pytest
from django.template import Context, Template
from django.utils.translation import gettext, ngettext, override, pgettext

from network.pages.site.pseudo import CLOSE, LANGUAGE, OPEN, pseudo


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("Sign in", "⟦Šïïĝñ ïïñ⟧", id="words"),
        pytest.param("%(days)s days", "⟦%(days)s ďááýš⟧", id="named_placeholder"),
        pytest.param("{name} of %s", "⟦{name} ööf %s⟧", id="other_placeholders"),
        pytest.param('<a href="/x">See</a>', '⟦<a href="/x">Šééé</a>⟧', id="tags"),
        pytest.param("Cats &amp; dogs", "⟦Çááťš &amp; ďööĝš⟧", id="entities"),
        pytest.param("%(total)s", "%(total)s", id="nothing_to_read"),
        pytest.param("%(count)s %(kind)s", "⟦%(count)s %(kind)s⟧", id="joined"),
        pytest.param("—", "—", id="no_letters"),
    ],
)
def test_a_message_is_accented_longer_and_in_brackets(message: str, shown: str) -> None:
    assert pseudo(message) == shown


def test_space_around_a_message_stays_outside() -> None:
    assert pseudo("\n Sign in ").startswith(f"\n {OPEN}")
    assert pseudo("\n Sign in ").endswith(f"{CLOSE} ")


def test_a_sentence_is_a_third_longer() -> None:
    sentence = "A commission becomes final when its cookie windows have closed."
    assert len(pseudo(sentence)) == pytest.approx(len(sentence) * 4 / 3, rel=0.05)


def test_django_asks_it_for_messages_with_plurals_and_contexts() -> None:
    with override(LANGUAGE):
        assert gettext("Sale") == pseudo("Sale")
        assert ngettext("%d sale", "%d sales", 1) == pseudo("%d sale")
        assert ngettext("%d sale", "%d sales", 2) == pseudo("%d sales")
        assert pgettext("a verb", "Order") == pseudo("Order")


def test_a_template_fills_in_what_it_knows() -> None:
    written = Template(
        "{% blocktranslate count days=days %}{{ days }} day{% plural %}{{ days }} days"
        "{% endblocktranslate %}"
    )
    with override(LANGUAGE):
        assert written.render(Context({"days": 7})) == pseudo("7 days")


def test_without_it_english_stays_as_it_is() -> None:
    assert gettext("Sale") == "Sale"
