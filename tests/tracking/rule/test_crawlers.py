"""User agents are judged as crawlerdetect judges them, with few of its expressions tried."""

import random
import re
import string
from itertools import islice

import pytest
from crawlerdetect import CrawlerDetect
from crawlerdetect.providers.crawlers import data as expressions

from tests.support.browsing import CHROME
from tracking.rule import crawlers

PHONES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; CUBOT_NOTE_20) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/21E219 [FBAN/FBIOS;FBAV/457.0.0.35.108;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS]",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Version/4.0 Chrome/124.0 Mobile Safari/537.36 Instagram 330.0.0.40.92 Android",
)
CRAWLERS = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html) Chrome/140.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "python-requests/2.32",
    "Java/17.0.1",
    "Ruby",
)
MADE = {
    "pairs": "bo" * 128,
    "one_letter": "a" * 256,
    "blanks": " " * 256,
    "browsers": "Mozilla/5.0 " * 22,
    "phones": "cubot " * 43,
    "numbers": "1." * 128,
    "almost": "crawle spide bo " * 16,
    "long": "bo" * 200_000,
    "letters": "".join(random.Random(1).choices(string.ascii_letters + " /", k=256)),
}


def as_before(user_agent: str) -> bool:
    return bool(CrawlerDetect(user_agent=user_agent[: crawlers.LONGEST]).is_crawler())


def mixtures() -> list[str]:
    """Parts of browsers and of crawlers, in any order."""
    chance = random.Random(7)
    known = [re.sub(r"[\\^$]", "", expression) for expression in expressions]
    parts = [CHROME, "Mozilla/5.0", "Android 10", "cubot", "Safari/5", "(compatible; ", *known]
    weights = [40] * 6 + [1] * len(known)
    return [" ".join(chance.choices(parts, weights, k=1 + number % 5)) for number in range(60)]


@pytest.mark.parametrize("user_agent", [*PHONES, CHROME, "", "x"])
def test_people_are_no_crawlers(user_agent: str) -> None:
    assert not crawlers.is_crawler(user_agent)


@pytest.mark.parametrize("user_agent", CRAWLERS)
def test_crawlers_are(user_agent: str) -> None:
    assert crawlers.is_crawler(user_agent)


def test_others_are_judged_as_crawlerdetect_judges_them() -> None:
    judged = {agent: crawlers.is_crawler(agent) for agent in (*mixtures(), *PHONES, *CRAWLERS)}
    assert judged == {agent: as_before(agent) for agent in judged}
    assert set(judged.values()) == {True, False}


def test_each_expression_has_a_word_that_it_needs() -> None:
    """Else none of its crawlers would be known: an upgrade may bring other kinds."""
    assert all(crawlers.needed(expression) for expression in expressions)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        pytest.param(r"^Java\/", ("java/",), id="anchor_and_escape"),
        pytest.param(r"^Ruby|Ruby\/[0-9]", ("ruby", "ruby/"), id="either"),
        pytest.param(r"Daum(oa)?[ \/][0-9]", ("daum",), id="an_optional_part"),
        pytest.param(r"Sitemaps? Generator", (" generator",), id="an_optional_letter"),
        pytest.param(r"[a-z]*(bot|crawl)", ("bot", "crawl"), id="one_of_a_group"),
        pytest.param(r"centuryb.o.t9", ("centuryb",), id="any_letter"),
    ],
)
def test_which_words_an_expression_needs(expression: str, words: tuple[str, ...]) -> None:
    assert crawlers.needed(expression) == words


@pytest.mark.parametrize("user_agent", MADE.values(), ids=MADE.keys())
def test_hardly_an_expression_is_tried_whatever_is_sent(user_agent: str) -> None:
    cut = user_agent[: crawlers.LONGEST].lower()
    assert len(list(islice(crawlers.candidates(cut), 10))) <= 2
