"""Suggestions: the rule and its thresholds; the list, its tab, its order and the home agree."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from django.test import Client

from network.models import Advertiser
from network.pages.figures.definitions import figure
from publishers.cookie_types.current import with_current
from publishers.models import Partnership
from publishers.pages.partners.columns import period, seen_of
from publishers.partnerships.standing import attach_standings
from publishers.partnerships.suggested import advice
from publishers.partnerships.suggestions import (
    ENOUGH_SALES,
    HARD_BELOW_SHARE,
    SOFT_FROM_SHARE,
    SOFT_WITHIN,
    Advice,
    Seen,
)
from publishers.policy import assigning, deciding
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tracking.figures.queries import annotate_partners
from tracking.rollups import writing as rollups
from tracking.rollups.contributions import Amounts, Key, hour_of, time_step
from tracking.rule.reasons import Counted

PARTNERS = "/admin/publishers/partnership/"
DAY = timedelta(days=1)
LATE = Seen(
    is_soft=False,
    is_changing=False,
    is_approved=True,
    touched=100,
    share_after_other=0.71,
    median_seconds=40,
)
EARLY = replace(LATE, is_soft=True, share_after_other=0.04, median_seconds=86_400)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(LATE, Advice.SOFT, id="late_and_hard"),
        pytest.param(EARLY, Advice.HARD, id="early_and_soft"),
        pytest.param(replace(LATE, is_soft=True), Advice.NOTHING, id="late_and_soft_already"),
        pytest.param(replace(EARLY, is_soft=False), Advice.NOTHING, id="early_and_hard_already"),
        pytest.param(replace(LATE, is_changing=True), Advice.NOTHING, id="soft_is_coming"),
        pytest.param(replace(EARLY, is_changing=True), Advice.NOTHING, id="hard_is_coming"),
        pytest.param(replace(LATE, is_approved=False), Advice.NOTHING, id="no_partner_now"),
        pytest.param(replace(LATE, touched=30), Advice.SOFT, id="enough_sales"),
        pytest.param(replace(LATE, touched=29), Advice.TOO_FEW, id="too_few_sales"),
        pytest.param(replace(EARLY, touched=29), Advice.TOO_FEW, id="too_few_sales_of_soft"),
        pytest.param(replace(LATE, share_after_other=0.5), Advice.SOFT, id="half_after_others"),
        pytest.param(replace(LATE, share_after_other=0.499), Advice.NOTHING, id="under_half"),
        pytest.param(replace(LATE, median_seconds=599), Advice.SOFT, id="under_10_minutes"),
        pytest.param(replace(LATE, median_seconds=600), Advice.NOTHING, id="10_minutes"),
        pytest.param(replace(EARLY, share_after_other=0.1), Advice.NOTHING, id="a_tenth"),
        pytest.param(replace(EARLY, share_after_other=0.099), Advice.HARD, id="under_a_tenth"),
    ],
)
def test_what_is_suggested(seen: Seen, expected: Advice) -> None:
    assert seen.advice is expected


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param(LATE, "Consider soft: 71% after someone else, median 40 secs", id="soft"),
        pytest.param(EARLY, "Consider hard: 4% after someone else", id="hard"),
        pytest.param(
            replace(EARLY, share_after_other=0.097),
            "Consider hard: under 10% after someone else",
            id="not_rounded_up_to_the_threshold",
        ),
        pytest.param(replace(LATE, touched=12), "Too few sales (12)", id="too_few"),
        pytest.param(replace(LATE, is_soft=True), "", id="nothing"),
    ],
)
def test_how_it_is_told(seen: Seen, told: str) -> None:
    assert str(seen) == told


def test_the_definition_quotes_the_thresholds() -> None:
    told = figure("suggestion").definition
    assert f"touched {ENOUGH_SALES} sales or more" in told
    assert f"{SOFT_FROM_SHARE:.0%} or more came after" in told
    assert f"under {SOFT_WITHIN.seconds // 60} minutes" in told
    assert f"less than {HARD_BELOW_SHARE:.0%} came after" in told
    assert (
        f"last {period(NOW).until - period(NOW).since}"[:7]
        in figure("partners_to_look_at").definition
    )


@dataclass(frozen=True)
class Life:
    """What a partner's 90 days come to."""

    touched: int
    after_other: int
    seconds: int


def live(partner: Partnership, life: Life) -> Partnership:
    """Put the figures into the rollups, as so many sales an hour ago would have."""

    def key(counted: Counted, step: int = 0) -> Key:
        return Key(
            hour=hour_of(NOW - timedelta(hours=1)),
            advertiser=partner.advertiser_id,
            publisher=partner.publisher_id,
            cookie_type="hard",
            counted=counted,
            time_step=step,
        )

    step = time_step(1000 * life.seconds)
    rollups.add(
        {
            key(Counted.TOUCHED, step): Amounts(life.touched),
            key(Counted.AFTER_OTHER): Amounts(life.after_other),
        }
    )
    return partner


def staff(shop: Advertiser, role: str = "owner") -> Client:
    return signed_in(make_user(role, shop))


@pytest.mark.django_db
@pytest.mark.usefixtures("at_now")
def test_the_list_and_the_rule_agree(shop: Advertiser) -> None:
    """Over every mixture of type, coming change, status and figures about the thresholds."""
    lives = [
        Life(touched, after_other, seconds)
        for touched, after_other in [(0, 0), (29, 20), (30, 3), (30, 2), (30, 15), (40, 19)]
        for seconds in (40, 560, 700)
    ]
    coming = ("", "soft", "hard", "cancelled")
    statuses = ("approved", "ended", "applied")
    mixtures = [
        (life, kind, then, status)
        for life, kind, then, status in product(lives, ("hard", "soft"), coming, statuses)
        if status == "approved" or not then
    ]
    for life, kind, then, status in Random(5).sample(mixtures, 70):
        partner = live(make_partner(shop, make_publisher(), kind), life)
        if status != "approved":
            deciding.change_terms(partner, {"status": status}, NOW - DAY, made_by=None)
        if then and then != "cancelled":
            assigning.assign([partner], then, NOW, start=NOW + DAY, reason="Agreed", made_by=None)
    rows = annotate_partners(with_current(Partnership.objects.all(), NOW), period(NOW))
    rows = rows.annotate(said=advice(rows, NOW))
    attach_standings(rows, NOW)
    found = [(row.said, seen_of(row).advice) for row in rows]
    assert [said for said, _ in found] == [expected.value for _, expected in found]
    assert {expected for _, expected in found} == set(Advice)


@pytest.mark.django_db
@pytest.mark.usefixtures("at_now")
def test_who_has_not_begun_is_nobody_to_change(shop: Advertiser) -> None:
    partner = live(make_partner(shop, make_publisher(), now=NOW + DAY), Life(40, 40, 40))
    rows = annotate_partners(with_current(Partnership.objects.all(), NOW), period(NOW))
    assert rows.annotate(said=advice(rows, NOW)).get(pk=partner.pk).said == Advice.NOTHING


@dataclass(frozen=True)
class Cast:
    """A shop's partners, each with something else to be said of it."""

    shop: Advertiser
    voucher: Partnership
    overlay: Partnership
    blog: Partnership
    small: Partnership


@pytest.fixture
def cast(shop: Advertiser) -> Cast:
    def partner(name: str, kind: str, life: Life) -> Partnership:
        return live(make_partner(shop, make_publisher(name), kind), life)

    return Cast(
        shop,
        voucher=partner("Voucher", "hard", Life(100, 71, 40)),
        overlay=partner("Overlay", "soft", Life(100, 4, 86_400)),
        blog=partner("Blog", "hard", Life(100, 4, 86_400)),
        small=partner("Small", "hard", Life(12, 12, 40)),
    )


def names(client: Client, query: str) -> list[str]:
    rows = client.get(f"{PARTNERS}{query}").context["cl"].result_list
    return [row.publisher.name for row in rows]


@pytest.mark.django_db
@pytest.mark.usefixtures("at_now")
class TestList:
    def test_the_tab_shows_those_to_look_at(self, cast: Cast) -> None:
        client = staff(cast.shop)
        assert set(names(client, "?suggested=any")) == {"Voucher", "Overlay"}
        tabs = [tab.title for tab in client.get(PARTNERS).context["cl"].tabs]
        assert tabs[:3] == ["All", "Suggested", "Hard"]

    def test_nothing_suggested_says_so(self, shop: Advertiser) -> None:
        page = staff(shop).get(f"{PARTNERS}?suggested=any")
        assert "The figures suggest no change." in text(page)

    def test_an_unknown_suggestion_leads_to_the_whole_list(self, shop: Advertiser) -> None:
        assert staff(shop).get(f"{PARTNERS}?suggested=x").status_code == 302

    def test_it_sorts(self, cast: Cast) -> None:
        client = staff(cast.shop)
        heads = [str(name) for name in client.get(PARTNERS).context["cl"].list_display]
        number = heads.index("suggestion")
        assert names(client, f"?o=-{number}") == ["Voucher", "Overlay", "Blog", "Small"]
        assert names(client, f"?o={number}") == ["Small", "Blog", "Overlay", "Voucher"]

    def test_it_leads_to_the_confirmation(self, cast: Cast) -> None:
        page = staff(cast.shop).get(PARTNERS)
        for partner, to, told in (
            (cast.voucher, "soft", "Consider soft : 71% after someone else, median 41 secs"),
            (cast.overlay, "hard", "Consider hard : 4% after someone else"),
        ):
            address = f"{PARTNERS}cookie-type/?to={to}&amp;partners={partner.pk}"
            assert f'<a href="{address}">Consider {to}</a>' in page.content.decode()
            assert told in text(page)
            assert staff(cast.shop).get(address.replace("&amp;", "&")).status_code == 200
        assert "Too few sales (12)" in text(page)

    def test_viewers_read_it_only(self, cast: Cast) -> None:
        page = staff(cast.shop, "viewer").get(PARTNERS)
        assert "Consider soft: 71% after someone else" in text(page)
        assert "cookie-type/?to=" not in page.content.decode()

    def test_what_is_coming_is_suggested_no_more(self, cast: Cast) -> None:
        assigning.assign(
            [cast.voucher], "soft", NOW, start=NOW + DAY, reason="Agreed", made_by=None
        )
        assert names(staff(cast.shop), "?suggested=any") == ["Overlay"]

    def test_who_left_is_suggested_no_more(self, cast: Cast) -> None:
        deciding.change_terms(cast.voucher, {"status": "ended"}, NOW, made_by=None, reason="x")
        later = NOW + timedelta(minutes=1)
        rows = annotate_partners(with_current(Partnership.objects.all(), later), period(later))
        said = dict(rows.annotate(said=advice(rows, later)).values_list("pk", "said"))
        assert said[cast.voucher.pk] == Advice.NOTHING


@pytest.mark.django_db
@pytest.mark.usefixtures("at_now")
class TestElsewhere:
    def test_the_partners_page_says_why(self, cast: Cast) -> None:
        page = text(staff(cast.shop).get(f"{PARTNERS}{cast.voucher.pk}/change/"))
        assert "Consider soft: 71% after someone else, median 41 secs" in page
        assert "71% of the 100 sales that it touched came after someone else" in page
        assert "Consider" not in text(staff(cast.shop).get(f"{PARTNERS}{cast.blog.pk}/change/"))

    def test_the_home_counts_them_and_leads_there(self, cast: Cast) -> None:
        page = staff(cast.shop).get("/admin/")
        assert "Partners to review 2 suggested" in text(page)
        assert f'href="{PARTNERS}?suggested=any"' in page.content.decode()
        other = staff(make_advertiser("Other")).get("/admin/")
        assert "Partners to review" not in text(other), "others' partners are not ours"
