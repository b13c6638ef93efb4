"""The admin's page of model types: what decides, and for how many partners."""

from datetime import timedelta

import pytest

from network.models import Advertiser
from publishers.cookie_types.defaults import ModelTypeDefaults, overview
from publishers.models import ModelTypeCookieType
from publishers.policy import assigning
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE = "/admin/publishers/modeltypecookietype/"
DAY = timedelta(days=1)


def row_of(model_type: str, *shops: Advertiser) -> ModelTypeDefaults:
    return next(row for row in overview(shops, NOW) if row.model_type == model_type)


def set_default(shop: Advertiser | None, model_type: str, cookie_type: str, days: int = 9) -> None:
    assigning.set_default(
        shop, model_type, cookie_type, NOW - days * DAY, reason="All", made_by=None
    )


def test_the_built_in_defaults_hold_where_nothing_is_said() -> None:
    shop = make_advertiser()
    kinds = {row.model_type: row.network.cookie_type for row in overview([shop], NOW)}
    soft = {kind for kind, cookie_type in kinds.items() if cookie_type == "soft"}
    assert soft == {"overlay", "extension", "retargeting"}
    assert len(kinds) == 14
    assert row_of("overlay", shop).own == []


def test_what_was_set_last_holds_and_inherit_gives_back() -> None:
    shop = make_advertiser()
    set_default(None, "voucher", "soft")
    set_default(shop, "voucher", "hard")
    row = row_of("voucher", shop)
    assert (row.network.cookie_type, [own.cookie_type for own in row.own]) == ("soft", ["hard"])
    set_default(shop, "voucher", "inherit", days=5)
    set_default(None, "voucher", "inherit", days=5)
    row = row_of("voucher", shop)
    assert (row.network.cookie_type, row.network.since, row.own) == ("hard", None, [])


def test_a_default_decides_for_partners_without_a_type_of_their_own() -> None:
    shop, other = make_advertiser(), make_advertiser()
    for own in (None, None, "soft"):
        make_partner(shop, make_publisher(model_type="voucher"), own)
    back = make_partner(shop, make_publisher(model_type="voucher"), "soft")
    assigning.assign([back], "inherit", NOW - DAY, reason="Back", made_by=None)
    make_partner(other, make_publisher(model_type="voucher"))
    row = row_of("voucher", shop)
    assert (row.decides_for, row.partners) == (3, 4)
    assert row_of("voucher", shop, other).decides_for == 4
    assert row_of("cashback", shop).partners == 0


def test_a_number_leads_to_its_partners() -> None:
    shop = make_advertiser()
    make_partner(shop, make_publisher("Codes", model_type="voucher"))
    make_partner(shop, make_publisher("More codes", model_type="voucher"), "soft")
    client = signed_in(make_user("viewer", shop))
    query = "model_type=voucher&source=default"
    page = client.get(PAGE).content.decode()
    address = f"/admin/publishers/partnership/?{query}".replace("&", "&amp;")
    assert f'href="{address}">1</a> of 2' in page
    found = client.get(f"/admin/publishers/partnership/?{query}").context["cl"].result_list
    assert [row.publisher.name for row in found] == ["Codes"]


def test_an_operator_looks_at_one_advertiser_or_at_all() -> None:
    shops = [make_advertiser(name) for name in ("Shop A", "Shop B")]
    for shop in shops:
        set_default(shop, "voucher", "soft")
    client = signed_in(make_user("operator"))
    everything = text(client.get(PAGE))
    assert "Voucher Hard Soft Shop A, since 3 Mar 2026 Soft Shop B, since 3 Mar 2026" in everything
    one = text(client.get(f"{PAGE}?advertiser={shops[0].pk}"))
    assert "Voucher Hard Soft since 3 Mar 2026 —" in one


def test_another_advertiser_is_not_found() -> None:
    shop, other = make_advertiser(), make_advertiser("Rival")
    set_default(other, "voucher", "soft")
    client = signed_in(make_user("owner", shop))
    assert client.get(f"{PAGE}?advertiser={other.pk}").status_code == 404
    assert client.get(f"{PAGE}?advertiser=x").status_code == 404
    assert "Rival" not in text(client.get(PAGE))


def test_staff_see_the_networks_defaults_but_no_operators_name() -> None:
    shop, operator = make_advertiser("Shop A"), make_user("operator", name="otto")
    row = assigning.set_default(
        None, "cashback", "soft", NOW - DAY, reason="For all", made_by=operator
    )
    owner = signed_in(make_user("owner", shop))
    shown = text(owner.get(PAGE))
    assert "Cashback Soft The network For all The network" in shown
    assert "None yet" not in shown
    one = text(owner.get(f"{PAGE}{row.pk}/change/"))
    assert "For all" in one
    assert "The network" in one
    for page in (shown, one):
        assert "otto" not in page
    operators = signed_in(operator)
    assert "Cashback Soft The network For all otto" in text(operators.get(PAGE))
    assert "otto" in text(operators.get(f"{PAGE}{row.pk}/change/"))


def test_staff_see_what_the_network_cancelled_and_cancel_nothing_of_it() -> None:
    shop, operator = make_advertiser(), make_user("operator", name="otto")
    row = assigning.set_default(
        None, "cashback", "soft", NOW, reason="For all", made_by=operator, start=NOW + DAY
    )
    owner = signed_in(make_user("owner", shop))
    shown = owner.get(PAGE)
    assert "Coming Cashback Soft The network For all The network" in text(shown)
    cancelling = f"/admin/coming/default/{row.pk}/cancel/"
    assert cancelling not in shown.content.decode()
    assert owner.post(cancelling, {"reason": "No"}).status_code == 403
    assigning.cancel(row, NOW, reason="Not now", made_by=operator)
    for page in (PAGE, f"{PAGE}{row.pk}/change/"):
        after = text(owner.get(page))
        assert "by the network: Not now" in after
        assert "otto" not in after


def test_a_default_says_whether_it_still_holds() -> None:
    shop = make_advertiser()
    client = signed_in(make_user("viewer", shop))
    set_default(shop, "voucher", "soft")
    page = f"{PAGE}{ModelTypeCookieType.objects.get().pk}/change/"
    assert "In force since its start" in text(client.get(page))
    set_default(None, "voucher", "soft", days=4)
    assert "In force since its start" in text(client.get(page))
    set_default(shop, "voucher", "inherit", days=2)
    assert "Replaced on 10 Mar 2026 14:00" in text(client.get(page))


def test_a_viewer_is_not_offered_to_set_one() -> None:
    shop = make_advertiser()
    assert "Set…" not in text(signed_in(make_user("viewer", shop)).get(PAGE))
    owner = signed_in(make_user("owner", shop))
    assert "Set…" in text(owner.get(PAGE))
    form = owner.get(f"{PAGE}add/?model_type=voucher&advertiser={shop.pk}").context["form"]
    assert (form["model_type"].value(), form["advertiser"].value()) == ("voucher", str(shop.pk))
