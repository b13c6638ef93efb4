"""A publisher's programmes: what it tracks by there, and how it applies to others."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Partnership, Publisher
from publishers.policy import assigning, deciding, programme_terms
from tests.support.makers import (
    NOW,
    SET_UP,
    give_hosts,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.team import page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


# Joined


def test_a_hard_programme_is_explained(member: Client, blog: Partnership) -> None:
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Hard: each of your clicks takes the cookie, also from another partner. It lasts 30 days, "
        "unless a later hard click takes it over."
    ) in seen
    assert "Cookie type Hard (Content default)" in seen
    assert "Commission In GBP: 8%" in seen
    assert f"{settings.TRACKING_URL}/t/{blog.advertiser_id}/c/{blog.publisher_id}" in seen


def test_a_programmes_link_is_on_the_shops_own_tracking_host(
    member: Client, blog: Partnership
) -> None:
    give_hosts(blog.advertiser, "go.shop.example")
    own = settings.PUBLIC_ORIGIN.format(host="go.shop.example")
    link = f"{own}/t/{blog.advertiser_id}/c/{blog.publisher_id}"
    assert link in text(page(member, blog.publisher, "programmes/"))


def test_a_soft_programme_is_explained_with_its_reason_and_what_comes(
    member: Client, blog: Partnership
) -> None:
    staff, operator = make_user("owner", blog.advertiser), make_user("operator", name="otto")
    assigning.assign(
        [blog], "soft", NOW, reason="Found at the checkout", made_by=staff, internal_note="Secret"
    )
    later = NOW + timedelta(days=30)
    assigning.assign([blog], "hard", NOW, start=later, reason="Trial over", made_by=operator)
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Soft: your clicks take the cookie only when no other cookie of this shop is live in the "
        "browser, and never overwrite one. The cookie ends with the browser session, and after 24 "
        "hours at the latest."
    ) in seen
    assert (
        "Cookie type Soft (decided for you), since 12 Mar 2026 Decided by The advertiser "
        "Reason “Found at the checkout”"
    ) in seen
    assert (
        "Coming change → Hard on 11 Apr 2026 14:00: decided for you by the network “Trial over”"
        in seen
    )
    assert (
        "11 Apr 2026 14:00 Hard Decided for you The network Trial over "
        "12 Mar 2026 14:00 Soft Decided for you The advertiser Found at the checkout"
    ) in seen
    for internal in ("Secret", "otto", staff.username):
        assert internal not in seen


def test_an_operator_decides_as_the_network_on_every_page(
    member: Client, blog: Partnership
) -> None:
    operator = make_user("operator")
    assigning.assign([blog], "soft", NOW, reason="Asked for", made_by=operator)
    seen = text(page(member, blog.publisher, "programmes/"))
    assert "Soft (decided for you), since 12 Mar 2026 Decided by The network" in seen
    assert "The network, 12 Mar 2026 14:00" in text(page(member, blog.publisher, "notices/"))
    for wrong in ("by the advertiser", "the advertiser's decision", "Decided by The advertiser"):
        assert wrong not in seen


def test_who_becomes_an_operator_decided_as_what_they_were(
    member: Client, blog: Partnership
) -> None:
    owner = make_user("owner", blog.advertiser)
    assigning.assign([blog], "soft", NOW, reason="Agreed", made_by=owner)
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    assert "Decided by The advertiser" in text(page(member, blog.publisher, "programmes/"))


def test_the_built_in_default_has_no_reason(member: Client, blog: Partnership) -> None:
    seen = text(page(member, blog.publisher, "programmes/"))
    assert "Hard (Content default), in force for you since 11 Jan 2026 Decided by The net" in seen


def test_a_default_tells_its_reason_and_since_when(member: Client, blog: Partnership) -> None:
    assigning.set_default(
        blog.advertiser, "content", "soft", NOW, reason="All of content", made_by=None
    )
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Soft (Content default, the advertiser's), in force for you since 12 Mar 2026 "
        "Decided by The network Reason “All of content”"
    ) in seen


def test_a_default_from_before_the_partnership_tells_its_reason(member: Client) -> None:
    shop = make_advertiser()
    publisher = make_publisher()
    assigning.set_default(shop, "content", "soft", SET_UP, reason="All of content", made_by=None)
    make_partner(shop, publisher, now=SET_UP + timedelta(days=1))
    seen = text(page(signed_in(make_user("owner", publisher)), publisher, "programmes/"))
    assert "for you since 12 Jan 2026 Decided by The network Reason “All of content”" in seen


def test_a_coming_default_tells_its_reason(member: Client, blog: Partnership) -> None:
    later = NOW + timedelta(days=30)
    assigning.set_default(
        None, "content", "soft", NOW, reason="The network's", made_by=None, start=later
    )
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Coming change → Soft on 11 Apr 2026 14:00: Content default, decided by the network "
        "“The network's”"
    ) in seen


def test_the_notice_period_is_told(member: Client, blog: Partnership) -> None:
    assert "Notice period None agreed" in text(page(member, blog.publisher, "programmes/"))
    programme_terms.change(blog.advertiser, {"notice_days": 14}, NOW, made_by=None)
    seen = text(page(member, blog.publisher, "programmes/"))
    assert "Notice period 14 days before a hard partner becomes soft" in seen


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param("last", "only when no hard cookie of this shop is live", id="last"),
        pytest.param(
            "sole", "are paid only while no other partner's cookie period runs", id="sole"
        ),
    ],
)
def test_soft_is_explained_by_the_advertisers_rule(rule: str, words: str) -> None:
    partnership = make_partner(make_advertiser(soft_rule=rule), make_publisher(), "soft")
    member = signed_in(make_user("member", partnership.publisher))
    assert words in text(page(member, partnership.publisher, "programmes/"))


def test_a_link_is_given_to_approved_partners_only(shop: Advertiser) -> None:
    partnership = make_partner(shop, make_publisher(), status="applied")
    member = signed_in(make_user("member", partnership.publisher))
    seen = text(page(member, partnership.publisher, "programmes/applied/"))
    assert "You applied on 11 Jan 2026." in seen
    assert "Clicks count once you are an approved partner." in seen
    assert settings.TRACKING_URL not in seen


def test_rates_of_other_groups_are_told_by_their_names(member: Client, blog: Partnership) -> None:
    group = blog.advertiser.commission_groups.create(code="SALE", name="Sale items")
    group.rates.create(
        advertiser=blog.advertiser, percent=3, starts_at=NOW, created_at=NOW, made_by=None
    )
    seen = text(page(member, blog.publisher, "programmes/"))
    assert "Commission In GBP: 8% · Sale items: 3%" in seen


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param(
            "declined", "Declined, since 11 Jan 2026. Clicks do not count.", id="declined"
        ),
        pytest.param("ended", "Ended, since 11 Jan 2026. New clicks do not count;", id="ended"),
        pytest.param("suspended", "Suspended, since 11 Jan 2026.", id="suspended"),
    ],
)
def test_what_is_no_longer_approved_is_under_applied(
    shop: Advertiser, status: str, words: str
) -> None:
    partnership = make_partner(shop, make_publisher(), status=status)
    member = signed_in(make_user("member", partnership.publisher))
    assert words in text(page(member, partnership.publisher, "programmes/applied/"))
    assert "You have not joined a programme yet." in text(
        page(member, partnership.publisher, "programmes/")
    )


# Find, and apply


def apply(client: Client, publisher: Publisher, shop: Advertiser, message: str = "") -> str:
    address = f"/dashboard/{publisher.pk}/programmes/{shop.pk}/apply/"
    return text(client.post(address, {"message": message}, follow=True))


def test_programmes_are_found_that_one_is_no_partner_of(member: Client, blog: Partnership) -> None:
    make_advertiser("Second", percent=None, fixed_minor=250, currency="EUR")
    closed = make_advertiser("Gone")
    Advertiser.objects.filter(pk=closed.pk).update(status="closed")
    seen = text(page(member, blog.publisher, "programmes/find/"))
    assert "Second Hard Hard: each of your clicks takes the cookie" in seen
    assert "Commission In EUR: €2.50 per sale" in seen
    assert "Apply to Second" in seen
    assert "Apply to Shop" not in seen
    assert "Gone" not in seen


def test_a_programme_says_what_ones_model_type_would_be_there() -> None:
    shop = make_advertiser("Second")
    assigning.set_default(shop, "voucher", "soft", NOW, reason="Vouchers", made_by=None)
    voucher = make_publisher(model_type="voucher")
    seen = text(page(signed_in(make_user("member", voucher)), voucher, "programmes/find/"))
    assert "Cookie type Soft (Voucher default, the advertiser's)" in seen


def test_programmes_are_found_by_name(member: Client, blog: Partnership) -> None:
    for name in ("Alpha", "Beta"):
        make_advertiser(name)
    seen = text(page(member, blog.publisher, "programmes/find/", "?name=alp"))
    assert "Apply to Alpha" in seen
    assert "Beta" not in seen
    none = text(page(member, blog.publisher, "programmes/find/", "?name=%00<b>"))
    assert "No programme that you can apply to has “<b>” in its name." in none


def test_applying_waits_for_the_advertiser(member: Client, blog: Partnership) -> None:
    shop = make_advertiser("Second")
    seen = apply(member, blog.publisher, shop, " We write about boots. ")
    assert "You have applied to Second. Its staff decide." in seen
    assert "You applied on 13 Mar 2026. The advertiser decides;" in seen
    [terms] = Partnership.objects.get(advertiser=shop).terms.all()
    assert (terms.status, terms.reason) == ("applied", "We write about boots.")
    assert terms.made_by is not None
    assert terms.made_by.username == "mia"
    assert "Apply to Second" not in text(page(member, blog.publisher, "programmes/find/"))


def test_applying_twice_is_told_and_changes_nothing(member: Client, blog: Partnership) -> None:
    shop = make_advertiser("Second")
    apply(member, blog.publisher, shop)
    seen = apply(member, blog.publisher, shop)
    assert "Not applied to Second again. You applied on 13 Mar 2026." in seen
    assert Partnership.objects.get(advertiser=shop).terms.count() == 1


def test_a_partner_that_applies_is_told_that_it_is_one(member: Client, blog: Partnership) -> None:
    seen = apply(member, blog.publisher, blog.advertiser)
    assert "Not applied to Shop again. Approved, since 11 Jan 2026." in seen


def test_an_application_that_comes_in_between_is_seen(
    blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user("member", blog.publisher)

    def in_between(*args: object, **kwargs: object) -> Partnership:
        raise IntegrityError("partners_once")

    monkeypatch.setattr(deciding, "_create", in_between)
    with pytest.raises(deciding.AlreadyPartner):
        deciding.apply(make_advertiser(), blog.publisher, NOW, made_by=user)


def test_a_message_that_is_too_long_is_refused(member: Client, blog: Partnership) -> None:
    shop = make_advertiser("Second")
    seen = apply(member, blog.publisher, shop, "x" * 501)
    assert "Not applied to Second. Shorten the message to 500 characters; it has 501." in seen
    assert not Partnership.objects.filter(advertiser=shop).exists()
    user = make_user("member", blog.publisher)
    with pytest.raises(ValidationError):
        deciding.apply(shop, blog.publisher, NOW, made_by=user, message="x" * 501)
    assert not Partnership.objects.filter(advertiser=shop).exists()


def test_nobody_applies_to_what_is_closed_or_as_somebody_else(
    member: Client, blog: Partnership
) -> None:
    shop, other = make_advertiser("Second"), make_publisher("Other")
    address = f"/dashboard/{other.pk}/programmes/{shop.pk}/apply/"
    assert member.post(address).status_code == 404
    assert (
        member.get(f"/dashboard/{blog.publisher_id}/programmes/{shop.pk}/apply/").status_code == 405
    )
    Advertiser.objects.filter(pk=shop.pk).update(status="closed")
    address = f"/dashboard/{blog.publisher_id}/programmes/{shop.pk}/apply/"
    assert member.post(address).status_code == 404
    assert not Partnership.objects.filter(advertiser=shop).exists()


def test_a_closed_publisher_applies_nowhere(member: Client, blog: Partnership) -> None:
    Publisher.objects.filter(pk=blog.publisher_id).update(status="closed")
    seen = apply(member, blog.publisher, make_advertiser("Second"))
    assert "Blog is closed: it cannot apply to programmes." in seen
    assert Partnership.objects.count() == 1
