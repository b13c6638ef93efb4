"""What a tracking process knows, without asking."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError

from network.clock import to_ms
from network.effective.rows import SPREAD
from publishers.policy.assigning import assign, set_default
from publishers.policy.deciding import change_terms
from tests.support.makers import NOW, give_hosts, make_advertiser, make_partner, make_publisher
from tracking.clicks import snapshot
from tracking.clicks.snapshot import SnapshotKeeper, SnapshotUnavailable
from tracking.rule.attribution import CookieType

pytestmark = pytest.mark.django_db


def test_a_scheduled_change_applies_by_itself_at_its_second() -> None:
    shop, publisher = make_advertiser(), make_publisher()
    partnership = make_partner(shop, publisher)
    start = NOW + timedelta(days=2)
    assign([partnership], "soft", NOW, reason="x", made_by=None, start=start)
    change_terms(partnership, {"status": "ended"}, NOW, made_by=None, start=start + timedelta(1))
    known = snapshot.build().advertisers[shop.id]
    moments = [NOW, start - timedelta(milliseconds=1), start, start + timedelta(1)]
    spans = [known.partner_at(publisher.id, to_ms(moment)) for moment in moments]
    assert [span.cookie_type for span in spans if span] == ["hard", "hard", "soft", "soft"]
    assert [span.window_minutes for span in spans if span] == [43200, 43200, 1440, 1440]
    assert [span.approved for span in spans if span] == [True, True, True, False]


def test_nobody_is_a_partner_before_the_first_terms() -> None:
    shop, publisher = make_advertiser(), make_publisher()
    make_partner(shop, publisher, now=NOW)
    known = snapshot.build().advertisers[shop.id]
    assert known.partner_at(publisher.id, to_ms(NOW) - 1) is None
    assert known.partner_at(publisher.id + 1, to_ms(NOW)) is None


def test_the_longest_window_is_the_widest_of_shop_and_partners() -> None:
    shop = make_advertiser(hard_days=30)
    make_partner(shop, make_publisher(), hard_days=90)
    assert snapshot.build().advertisers[shop.id].longest_window_days == 90


def test_it_is_the_same_from_disk(tmp_path: Path) -> None:
    shop = make_advertiser()
    make_partner(shop, make_publisher(), "soft")
    give_hosts(shop, "go.shop.example", "t.shop.example")
    built = snapshot.build()
    assert built.by_own_host == {"go.shop.example": shop.id, "t.shop.example": shop.id}
    snapshot.save(built, tmp_path / "snapshot.json")
    assert snapshot.load(tmp_path / "snapshot.json") == built


def test_a_file_of_the_version_before_is_read_too(tmp_path: Path) -> None:
    make_advertiser()
    path = tmp_path / "snapshot.json"
    built = snapshot.build()
    snapshot.save(built, path)
    data = json.loads(path.read_text())
    for shop in data["advertisers"].values():
        del shop["own_hosts"]
    path.write_text(json.dumps(data))
    assert snapshot.load(path) == built


def test_it_starts_from_disk_while_postgresql_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_advertiser()
    path = tmp_path / "snapshot.json"
    SnapshotKeeper(path).current()

    def down() -> snapshot.Snapshot:
        raise OperationalError("down")

    monkeypatch.setattr(snapshot, "build", down)
    assert len(SnapshotKeeper(path).current().advertisers) == 1
    with pytest.raises(SnapshotUnavailable, match="down"):
        SnapshotKeeper(tmp_path / "none.json").current()


def test_it_refreshes_only_when_something_changed(tmp_path: Path) -> None:
    shop, publisher = make_advertiser(), make_publisher(model_type="content")
    make_partner(shop, publisher)
    keeper = SnapshotKeeper(tmp_path / "snapshot.json")
    first = keeper.current()
    keeper.refresh()
    assert keeper.current() is first
    set_default(shop, "content", "soft", NOW, reason="x", made_by=None)
    keeper.refresh()
    span = keeper.current().advertisers[shop.id].partner_at(publisher.id, to_ms(NOW + SPREAD))
    assert span
    assert span.cookie_type is CookieType.SOFT


def test_whatever_fails_it_goes_on_refreshing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Enough(BaseException):
        """Ends what would go on for ever."""

    answers = iter([ValueError("What is this?"), ValueError("And this?"), None, Enough()])

    def refresh() -> None:
        if error := next(answers):
            raise error

    keeper = SnapshotKeeper(tmp_path / "snapshot.json")
    monkeypatch.setattr(keeper, "refresh", refresh)
    monkeypatch.setattr(snapshot, "REFRESH_SECONDS", 0)
    with pytest.raises(Enough):
        keeper._refresh_forever()
    assert [record.getMessage() for record in caplog.records] == [
        "Snapshot not refreshed, going on with the last one: What is this?"
    ]


def test_it_starts_from_disk_whatever_is_wrong_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, shop = tmp_path / "snapshot.json", make_advertiser()
    built = SnapshotKeeper(path).current()

    def fail() -> None:
        raise ValueError("What is this?")

    monkeypatch.setattr(snapshot, "build", fail)
    assert SnapshotKeeper(path).current() == built
    assert shop.pk in built.advertisers


def test_it_takes_a_constant_number_of_queries(django_assert_num_queries: object) -> None:
    shop = make_advertiser()
    for _ in range(4):
        make_partner(shop, make_publisher(), "soft")
    with django_assert_num_queries(10):  # type: ignore[operator]
        snapshot.build()
