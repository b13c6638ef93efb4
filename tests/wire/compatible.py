"""Links in another network's form, and where they lead."""

from urllib.parse import quote

from httpx import Response

from publishers.models import Partnership
from tests.conftest import TrackingClient

SHOES = "https://shop.example/shoes?size=42"
NAMED = "awinmid={shop}&awinaffid={blog}"


def path_of(template: str, partner: Partnership) -> str:
    return template.format(
        shop=partner.advertiser_id, blog=partner.publisher_id, shoes=quote(SHOES, safe="")
    )


def follow(client: TrackingClient, path: str) -> Response:
    """What our own link answers, to which the other one leads."""
    response = client.get(path)
    assert response.status_code == 302
    assert "Set-Cookie" not in response.headers
    return client.get(response.headers["Location"])
