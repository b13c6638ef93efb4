"""What a soak holds records against: what shoppers were told."""

import math
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from network.bench import soak
from network.bench.shoppers import Diary, Journey, Recorded, SoakedPartner, SoakedShop, differences
from tracking.clicks.keys import KEYS
from tracking.rule import tokens
from tracking.rule.attribution import Click, CookieType

BLOG, CASHBACK, OVERLAY, EXTENSION = (
    SoakedPartner(1, is_hard=True),
    SoakedPartner(2, is_hard=True),
    SoakedPartner(3, is_hard=False),
    SoakedPartner(4, is_hard=False),
)
NOW_MS = 1_763_800_000_000
SHOP = SoakedShop(7, (BLOG, CASHBACK, OVERLAY, EXTENSION))


def token_of(number: int, partner: SoakedPartner) -> str:
    click = Click(
        id=UUID(int=NOW_MS << 80 | number),
        at=NOW_MS,
        publisher=partner.publisher,
        cookie_type=CookieType.HARD if partner.is_hard else CookieType.SOFT,
        window_minutes=1440,
        journey=1,
        session=1,
    )
    return tokens.encode(tokens.Token(SHOP.advertiser, click), KEYS)


def journey(*partners: SoakedPartner) -> Journey:
    clicks = [(token_of(number, partner), partner) for number, partner in enumerate(partners)]
    return Journey(SHOP, clicks, order="A1", amount_minor=4990, is_acknowledged=True)


def clicks_of(one: Journey) -> Mapping[UUID, int]:
    return {tokens.decode(token, KEYS).click.id: 1 for token, _ in one.clicks}


@pytest.mark.parametrize(
    ("partners", "credited"),
    [
        pytest.param((BLOG,), 1, id="one"),
        pytest.param((BLOG, CASHBACK), 2, id="the_last_hard_click"),
        pytest.param((BLOG, OVERLAY), 1, id="a_soft_one_overwrites_nothing"),
        pytest.param((OVERLAY, BLOG), 1, id="a_hard_one_takes_over"),
        pytest.param((EXTENSION, OVERLAY), 4, id="the_first_soft_click"),
        pytest.param((), None, id="nobody"),
    ],
)
def test_it_knows_whom_the_rule_credits(
    partners: tuple[SoakedPartner, ...], credited: int | None
) -> None:
    assert journey(*partners).credited == credited


def test_records_that_are_as_shoppers_were_told_differ_in_nothing() -> None:
    bought = journey(BLOG, OVERLAY)
    recorded = Recorded(clicks_of(bought), {(7, "A1"): (1, 4990)})
    assert list(differences(Diary([bought]), recorded)) == []
    assert list(differences(Diary([journey()]), Recorded({}, {}))) == []


@pytest.mark.parametrize(
    ("sales", "said"),
    [
        pytest.param({}, "not recorded", id="lost"),
        pytest.param({(7, "A1"): (1, 4991)}, "with 4991, not 4990", id="amount"),
        pytest.param({(7, "A1"): (3, 4990)}, "credited to 3, not 1", id="somebody_else"),
        pytest.param({(7, "A1"): (None, 4990)}, "credited to None, not 1", id="nobody"),
        pytest.param({(8, "A1"): (1, 4990)}, "not recorded", id="other_shop"),
    ],
)
def test_a_sale_that_is_recorded_otherwise_is_told(
    sales: dict[tuple[int, str], tuple[int | None, int]], said: str
) -> None:
    bought = journey(BLOG)
    [line] = differences(Diary([bought]), Recorded(clicks_of(bought), sales))
    assert said in line


def test_a_lost_click_and_a_wrong_answer_are_told() -> None:
    seen = replace(journey(BLOG), is_acknowledged=False)
    told = list(differences(Diary([seen], wrong=["500"]), Recorded({}, {})))
    assert told[0] == "500"
    assert "recorded 0 times" in told[1]
    assert len(told) == 2


def test_whom_a_doubtful_journey_credits_is_not_asked_but_its_amount_is() -> None:
    bought = replace(journey(BLOG), is_doubtful=True)
    recorded = Recorded(clicks_of(bought), {(7, "A1"): (2, 1)})
    [line] = differences(Diary([bought]), recorded)
    assert "with 1, not 4990" in line


def test_clicks_are_judged_by_when_they_were_asked_for() -> None:
    diary = Diary(waits=[(1.0, 0.5), (2.0, 0.1), (2.9, math.inf), (3.0, 9.0), (5.0, 0.2)])
    assert diary.waits_within([(2.0, 3.0), (5.0, 6.0)]) == [0.1, 0.2, math.inf]
    assert diary.waits_within([]) == []


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0.01] * 99 + [5.0], ["A click in a hundred took 5.0 s"], id="slow"),
        pytest.param([0.01] * 199 + [5.0], [], id="one_of_two_hundred"),
        pytest.param([0.01, math.inf], ["1 of 2 clicks had no answer"], id="unanswered"),
    ],
)
def test_clicks_while_postgresql_hung_are_judged(waits: list[float], said: list[str]) -> None:
    told = list(soak._waited(waits))
    assert len(told) == len(said)
    assert all(line.startswith(begin) for line, begin in zip(told, said, strict=True))
