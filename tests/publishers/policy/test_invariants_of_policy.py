"""What the database refuses of who is hard and who is soft, whatever writes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, models, transaction

from network.models import (
    Advertiser,
    AttributionTerms,
    CommissionGroup,
    CommissionRate,
    StaffMembership,
)
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.policy import assigning
from publishers.teams.models import TeamMembership
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stage:
    """A partner, and one of the same publisher at another advertiser."""

    own: Partnership
    other: Partnership

    @property
    def shop(self) -> Advertiser:
        return self.own.advertiser


@pytest.fixture
def stage() -> Stage:
    publisher = make_publisher()
    return Stage(
        make_partner(make_advertiser(), publisher), make_partner(make_advertiser(), publisher)
    )


def of(partnership: Partnership) -> dict[str, Any]:
    return {
        "partnership": partnership,
        "advertiser": partnership.advertiser,
        "publisher": partnership.publisher,
    }


def assignment(stage: Stage, **said: Any) -> models.Model:
    return CookieTypeAssignment(**{**of(stage.own), "cookie_type": "soft", **said})


def terms(stage: Stage, **said: Any) -> models.Model:
    return PartnershipTerms(**{**of(stage.own), "status": "approved", **said})


def default(stage: Stage, **said: Any) -> models.Model:
    words = {"advertiser": stage.shop, "model_type": "voucher", "cookie_type": "soft"}
    return ModelTypeCookieType(**{**words, **said})


def model_type(stage: Stage, **said: Any) -> models.Model:
    return PublisherModelType(**{"publisher": stage.own.publisher, "model_type": "voucher", **said})


def shop_terms(stage: Stage, **said: Any) -> models.Model:
    return AttributionTerms(**{"advertiser": stage.shop, "soft_rule": "sole", **said})


def rate(stage: Stage, **said: Any) -> models.Model:
    group = CommissionGroup.objects.get(advertiser=stage.shop)
    return CommissionRate(**{"advertiser": stage.shop, "group": group, "percent": 3, **said})


def staff(stage: Stage, **said: Any) -> models.Model:
    return StaffMembership(**{"user": make_user(), "advertiser": stage.shop, **said})


def member(stage: Stage, **said: Any) -> models.Model:
    return TeamMembership(**{"user": make_user(), "team": stage.own.publisher.team, **said})


Make = Callable[..., models.Model]


@pytest.mark.parametrize(
    ("make", "right", "wrong"),
    [
        pytest.param(terms, "ended", "endet", id="status"),
        pytest.param(assignment, "hard", "sfot", id="cookie_type"),
        pytest.param(default, "inherit", "sfot", id="cookie_type_of_a_default"),
        pytest.param(default, "email", "emial", id="model_type_of_a_default"),
        pytest.param(model_type, "email", "emial", id="model_type"),
        pytest.param(shop_terms, "last", "lst", id="soft_rule"),
        pytest.param(staff, "viewer", "king", id="role"),
        pytest.param(member, "member", "king", id="role_of_a_team"),
    ],
)
def test_an_unknown_word_is_refused(
    make: Make, right: str, wrong: str, stage: Stage, request: pytest.FixtureRequest
) -> None:
    field = request.node.callspec.id.split("_of_")[0]
    stamp = {} if make in (staff, member) else {"created_at": NOW, "starts_at": NOW + DAY}
    with pytest.raises(IntegrityError, match="known"), transaction.atomic():
        make(stage, **stamp, **{field: wrong}).save()
    make(stage, **stamp, **{field: right}).save()


@pytest.mark.parametrize(
    ("make", "field"),
    [
        pytest.param(assignment, "advertiser", id="advertiser_of_an_assignment"),
        pytest.param(assignment, "publisher", id="publisher_of_an_assignment"),
        pytest.param(terms, "advertiser", id="advertiser_of_terms"),
        pytest.param(terms, "publisher", id="publisher_of_terms"),
        pytest.param(rate, "advertiser", id="advertiser_of_a_rate"),
    ],
)
def test_another_tenant_than_that_of_what_it_is_about_is_refused(
    make: Make, field: str, stage: Stage
) -> None:
    stamp = {"created_at": NOW, "starts_at": NOW + DAY}
    other = {"advertiser": stage.other.advertiser, "publisher": make_publisher()}
    with pytest.raises(IntegrityError, match="another tenant"), transaction.atomic():
        make(stage, **stamp, **{field: other[field]}).save()
    make(stage, **stamp).save()


def test_a_partnership_stays_whose_it_is(stage: Stage) -> None:
    rows = Partnership.objects.filter(pk=stage.own.pk)
    for change in ({"advertiser": make_advertiser()}, {"publisher": make_publisher()}):
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        CommissionGroup.objects.filter(advertiser=stage.shop).update(
            advertiser=stage.other.advertiser
        )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(assignment, {"cookie_type": "hard"}, id="assignment"),
        pytest.param(terms, {"hard_days": 3}, id="terms"),
        pytest.param(default, {"cookie_type": "hard"}, id="default"),
        pytest.param(model_type, {"model_type": "email"}, id="model_type"),
        pytest.param(shop_terms, {"soft_rule": "last"}, id="shop_terms"),
        pytest.param(rate, {"percent": 4}, id="rate"),
    ],
)
def test_what_cancels_says_what_is_cancelled(
    make: Make, said: dict[str, Any], stage: Stage
) -> None:
    stamp = {"created_at": NOW, "starts_at": NOW + DAY}
    row: Any = make(stage, **stamp)
    row.save()
    with pytest.raises(IntegrityError, match="something else"), transaction.atomic():
        make(stage, **stamp, cancels=row, **said).save()
    assigning.cancel(row, NOW, reason="x", made_by=make_user("operator"))
