"""Who is hard and who is soft at a time, and how that is changed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction

from network.effective.rows import SPREAD, ChangedMeanwhile, StartInPast, StartTooFarAhead
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy, Step, in_force, policy_of
from publishers.models import CookieTypeAssignment
from publishers.policy.assigning import assign, cancel, set_default
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher

EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)


def steps(*pairs: tuple[datetime, str]) -> list[Step]:
    return [Step(*pair) for pair in pairs]


EXTENSION = steps((EARLIER, "extension"))
CONTENT = steps((EARLIER, "content"))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(Policy(model_types=CONTENT), ("hard", "network"), id="content"),
        pytest.param(Policy(model_types=EXTENSION), ("soft", "network"), id="extension"),
        pytest.param(Policy(), ("hard", "network"), id="unknown model type"),
        pytest.param(
            Policy(model_types=EXTENSION, network_defaults={"extension": steps((NOW, "hard"))}),
            ("hard", "network"),
            id="the network's own default",
        ),
        pytest.param(
            Policy(
                model_types=EXTENSION,
                advertiser_defaults={"extension": steps((NOW, "hard"))},
                network_defaults={"extension": steps((NOW, "soft"))},
            ),
            ("hard", "advertiser"),
            id="the advertiser's default before the network's",
        ),
        pytest.param(
            Policy(model_types=CONTENT, advertiser_defaults={"extension": steps((NOW, "soft"))}),
            ("hard", "network"),
            id="another model type's default does not apply",
        ),
        pytest.param(
            Policy(
                assignments=steps((NOW, "hard")),
                model_types=EXTENSION,
                advertiser_defaults={"extension": steps((NOW, "soft"))},
            ),
            ("hard", "own"),
            id="the own assignment first",
        ),
        pytest.param(
            Policy(assignments=steps((EARLIER, "hard"), (NOW, "inherit")), model_types=EXTENSION),
            ("soft", "network"),
            id="inherit gives back to the default",
        ),
        pytest.param(
            Policy(
                model_types=EXTENSION,
                advertiser_defaults={"extension": steps((EARLIER, "hard"), (NOW, "inherit"))},
            ),
            ("soft", "network"),
            id="a default can inherit, too",
        ),
        pytest.param(
            Policy(assignments=steps((LATER, "soft")), model_types=CONTENT),
            ("hard", "network"),
            id="what has not started does not apply",
        ),
        pytest.param(
            Policy(model_types=steps((EARLIER, "content"), (NOW, "extension"))),
            ("soft", "network"),
            id="the model type changes at its second",
        ),
    ],
)
def test_what_is_in_force(policy: Policy, expected: tuple[str, str]) -> None:
    found = in_force(policy, NOW)
    assert (found.cookie_type, found.source) == expected


@pytest.mark.django_db
class TestAssigning:
    def test_it_starts_when_every_process_can_know(self) -> None:
        partnership = make_partner(make_advertiser(), make_publisher())
        assign([partnership], "soft", NOW, reason="Overlay", made_by=None)
        policy = policy_of(partnership)
        assert in_force(policy, NOW + SPREAD - timedelta(milliseconds=1)).cookie_type == "hard"
        assert in_force(policy, NOW + SPREAD).cookie_type == "soft"

    def test_a_start_in_the_past_is_refused_and_nothing_changes(self) -> None:
        partnership = make_partner(make_advertiser(), make_publisher())
        with pytest.raises(StartInPast, match="Choose a later one"):
            assign([partnership], "soft", NOW, reason="x", made_by=None, start=EARLIER)
        assert not CookieTypeAssignment.objects.exists()

    def test_a_start_more_than_a_year_ahead_is_refused_and_nothing_changes(self) -> None:
        partnership = make_partner(make_advertiser(), make_publisher())
        last = NOW + timedelta(days=366)
        for start in (last + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)):
            with pytest.raises(
                StartTooFarAhead, match=r"a year ahead\. Choose 13 Mar 2027 14:00 UTC or earlier\."
            ):
                assign([partnership], "soft", NOW, reason="x", made_by=None, start=start)
        assert not CookieTypeAssignment.objects.exists()
        assign([partnership], "soft", NOW, reason="x", made_by=None, start=last)
        assert CookieTypeAssignment.objects.get().starts_at == last

    def test_the_database_knows_the_latest_start_too_but_for_what_cancels(self) -> None:
        """Rows of before there was one can be cancelled."""
        row = make_partner(make_advertiser(), make_publisher(), "soft").assignments.get()
        row.pk, row.starts_at = None, row.created_at + timedelta(days=367)
        with pytest.raises(IntegrityError, match="starts_within_a_year"), transaction.atomic():
            row.save(force_insert=True)
        table, check = row._meta.db_table, "cookietypeassignment_starts_within_a_year"
        with connection.cursor() as cursor:
            said = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
            [(definition,)] = cursor.execute(said, [check]).fetchall()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
            row.save(force_insert=True)
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {check} {definition} NOT VALID")
        cancel(row, NOW - timedelta(days=30), reason="A slip", made_by=None)
        assert not CookieTypeAssignment.objects.filter(pk=row.pk).exists()

    def test_the_reason_is_required(self) -> None:
        partnership = make_partner(make_advertiser(), make_publisher())
        with pytest.raises(ValidationError, match="reason"):
            assign([partnership], "soft", NOW, reason=" ", made_by=None)

    def test_an_unknown_type_names_its_field(self) -> None:
        partnership = make_partner(make_advertiser(), make_publisher())
        with pytest.raises(ValidationError, match="cookie_type"):
            assign([partnership], "medium", NOW, reason="x", made_by=None)

    def test_two_at_once_one_is_told_and_all_or_none_change(self) -> None:
        shop = make_advertiser()
        first, second = (make_partner(shop, make_publisher()) for _ in range(2))
        assign([second], "soft", NOW, reason="x", made_by=None, start=LATER)
        with pytest.raises(ChangedMeanwhile, match="try again"):
            assign([first, second], "hard", NOW, reason="y", made_by=None, start=LATER)
        assert CookieTypeAssignment.objects.count() == 1

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_history_is_append_only(self, change: str) -> None:
        partnership = make_partner(make_advertiser(), make_publisher(), "soft")
        rows = CookieTypeAssignment.objects.filter(partnership=partnership)
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            rows.update(cookie_type="hard") if change == "update" else rows.delete()

    def test_a_default_decides_for_its_advertiser_only(self) -> None:
        shop, other, publisher = make_advertiser(), make_advertiser(), make_publisher()
        here, there = make_partner(shop, publisher), make_partner(other, publisher)
        set_default(shop, "content", "soft", EARLIER, reason="x", made_by=None)
        assert in_force(policy_of(here), NOW).cookie_type == "soft"
        assert in_force(policy_of(there), NOW).cookie_type == "hard"
        set_default(None, "content", "soft", EARLIER, reason="x", made_by=None)
        assert in_force(policy_of(there), NOW).cookie_type == "soft"

    def test_many_partnerships_cost_as_many_queries_as_one(
        self, django_assert_num_queries: object
    ) -> None:
        shop = make_advertiser()
        partnerships = [make_partner(shop, make_publisher(), "soft") for _ in range(5)]
        for some in (partnerships[:1], partnerships):
            with django_assert_num_queries(3):  # type: ignore[operator]
                cookie_types.policies(some)
