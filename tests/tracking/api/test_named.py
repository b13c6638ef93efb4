"""Calls that name themselves by ``Idempotency-Key``."""

from datetime import timedelta

import httpx
import pytest

from network.advertisers import answered_calls, api_keys
from network.models import Advertiser, AnsweredCall
from network.tasks import forget_answered_calls
from publishers.models import Publisher
from tests.support.makers import NOW, SetClock, make_advertiser
from tests.tracking.api.conftest import Server, click
from tests.tracking.api.test_conversions import problem
from tracking.models import Report, Validation

pytestmark = pytest.mark.django_db
NAMED = {"Idempotency-Key": "4f9d2c"}


def same(first: httpx.Response, again: httpx.Response) -> bool:
    """Whether the second answer is the first one's, and says so."""
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    kind = first.headers["Content-Type"] == again.headers["Content-Type"]
    return kind and (first.status_code, first.content) == (again.status_code, again.content)


def test_the_same_call_gets_the_same_answer(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    data = {"order": "1", "amount": "49.90", "clicks": [click(shop, blog)]}
    first, again = (server.post(data, **NAMED) for _ in range(2))
    assert first.status_code == 201
    assert same(first, again)
    assert Report.objects.get().repeats == 0
    assert server.post(data).status_code == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param({"order": "1"}, 422, id="refused"),
        pytest.param({"conversions": [{"order": "1", "amount": "1"}, {}]}, 207, id="batch"),
    ],
)
def test_a_refusal_and_a_batch_are_answered_again(
    server: Server, data: dict[str, object], status: int
) -> None:
    first, again = (server.post(data, **NAMED) for _ in range(2))
    assert first.status_code == status
    assert same(first, again)


def test_a_word_on_an_order_is_said_once(server: Server, shop: Advertiser, blog: Publisher) -> None:
    server.report(clicks=[click(shop, blog)])
    headers = {"Authorization": f"Bearer {server.key}", **NAMED}
    address = "/api/v1/conversions/1/approve"
    first, again = (server.client.post(address, headers=headers) for _ in range(2))
    assert same(first, again)
    assert again.json()["outcome"] == "approved"
    assert Validation.objects.count() == 1


def test_another_call_by_the_name_is_refused(server: Server) -> None:
    assert server.post({"order": "1", "amount": "1.00"}, **NAMED).status_code == 201
    for data in ({"order": "2", "amount": "1.00"}, {"amount": "1.00", "order": "1"}):
        assert problem(server.post(data, **NAMED), 422)["code"] == "idempotency_key_used"
    assert Report.objects.count() == 1


def test_a_name_is_a_keys_own(server: Server) -> None:
    other = Server(
        server.client,
        api_keys.make(make_advertiser(), "Other", NOW, made_by=None, may_decide=True).key,
    )
    for caller in (server, other):
        assert caller.post({"order": "1", "amount": "1.00"}, **NAMED).status_code == 201


def test_what_is_refused_as_a_whole_leaves_the_name_free(server: Server) -> None:
    problem(server.post({"conversions": []}, **NAMED), 400)
    assert server.post({"order": "1", "amount": "1.00"}, **NAMED).status_code == 201


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb"])
def test_a_name_has_a_form(server: Server, name: str) -> None:
    answer = server.post({"order": "1", "amount": "1.00"}, **{"Idempotency-Key": name})
    assert problem(answer, 400)["code"] == "bad_idempotency_key"
    assert not Report.objects.exists()


def test_one_that_is_being_answered_waits_and_one_that_died_is_done(
    server: Server, at: SetClock
) -> None:
    data = {"order": "1", "amount": "1.00"}
    server.post(data, **NAMED)
    AnsweredCall.objects.update(status=None)
    answer = server.post(data, **NAMED)
    assert problem(answer, 409)["code"] == "in_progress"
    assert answer.headers["Retry-After"] == "1"
    at(NOW + answered_calls.GIVEN_UP)
    done = server.post(data, **NAMED)
    assert (done.status_code, done.json()["outcome"]) == (200, "waiting")
    assert same(done, server.post(data, **NAMED))


def test_answers_are_forgotten_after_a_day(server: Server, at: SetClock) -> None:
    data = {"order": "1", "amount": "1.00"}
    server.post(data, **NAMED)
    for passed, kept in ((timedelta(hours=23), 1), (timedelta(hours=24), 0)):
        at(NOW + passed)
        forget_answered_calls()
        assert AnsweredCall.objects.count() == kept
    assert server.post({"order": "2", "amount": "1.00"}, **NAMED).status_code == 201
