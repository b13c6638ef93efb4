"""Commission groups: a report may name those whose rate is known."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from network.advertisers.terms import add_group, paid_groups, rate_at
from network.models import Advertiser, CommissionGroup
from tests.support.makers import NOW, SET_UP
from tracking.clicks.snapshot import build
from tracking.conversions.reports import terms_of

pytestmark = pytest.mark.django_db


def test_a_group_is_added_with_its_rate(shop: Advertiser) -> None:
    group = add_group(shop, "SHOES", SET_UP, made_by=None, name="Shoes", percent=Decimal(5))

    assert rate_at(group, NOW).percent == Decimal(5)
    assert terms_of(shop).groups == build().advertisers[shop.pk].groups == {"DEFAULT", "SHOES"}


@pytest.mark.parametrize(
    ("code", "given", "field"),
    [
        ("SHOES", {}, "percent"),
        ("SHOES", {"percent": Decimal(5), "fixed_minor": 100}, "percent"),
        ("SHOES", {"percent": Decimal(101)}, "percent"),
        ("two words", {"percent": Decimal(5)}, "code"),
        ("", {"percent": Decimal(5)}, "code"),
        ("DEFAULT", {"percent": Decimal(5)}, "__all__"),
    ],
)
def test_a_group_without_a_rate_or_with_a_bad_code_is_none(
    shop: Advertiser, code: str, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        add_group(shop, code, NOW, made_by=None, **given)

    assert field in refused.value.message_dict
    assert [group.code for group in CommissionGroup.objects.filter(advertiser=shop)] == ["DEFAULT"]


def test_a_group_without_a_rate_is_known_to_no_report(shop: Advertiser) -> None:
    CommissionGroup.objects.create(advertiser=shop, code="BAGS")

    assert [group.code for group in paid_groups().filter(advertiser=shop)] == ["DEFAULT"]
    assert terms_of(shop).groups == build().advertisers[shop.pk].groups == {"DEFAULT"}
