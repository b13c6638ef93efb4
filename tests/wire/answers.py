"""Reading what the tracking host answered and recorded."""

from httpx import Response

from publishers.models import Partnership
from tests.conftest import TrackingClient
from tracking.models import Click


def link(partnership: Partnership, publisher: int | None = None) -> str:
    """The path of the partner's link, or of another publisher's at the same shop."""
    return f"/t/{partnership.advertiser_id}/c/{publisher or partnership.publisher_id}"


def set_cookies(response: Response) -> dict[str, str]:
    """What each ``Set-Cookie`` says, by the cookie's name."""
    headers = [header.strip() for header in response.headers.get_list("Set-Cookie")]
    return {name: rest for name, _, rest in (header.partition("=") for header in headers)}


def cookie_kinds(response: Response) -> set[str]:
    return {name.rpartition("-")[0] for name in set_cookies(response)}


def token_in(response: Response) -> str:
    """The click id in the address that the shopper is sent to, where it comes last."""
    address, found, token = response.headers["Location"].rpartition("sclk=")
    assert found, address
    return str(token)


def clicks(client: TrackingClient) -> list[Click]:
    """Take in what was accepted, and give the clicks in order."""
    client.drain()
    return list(Click.objects.order_by("id"))


def only_click(client: TrackingClient) -> Click:
    [click] = clicks(client)
    return click
