"""Who calls the API: a shop's server, with a key of the advertiser."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from network import clock
from network.advertisers import api_keys
from network.models import Advertiser, ApiKey
from tracking.api.problems import Refused
from tracking.clicks.visitors import client_address


class KeyedRequest(HttpRequest):
    auth: ApiKey


class Bearer(HttpBearer):
    """The key in ``Authorization: Bearer``; for what ``decides`` about orders, one that may."""

    def __init__(self, *, decides: bool = False) -> None:
        super().__init__()
        self.decides = decides

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "not_https",
                "Call this address by https. The key came unencrypted: make another, revoke it.",
            )
        found = api_keys.find(token.strip(), clock.now())
        if found and found.advertiser.status == Advertiser.Status.CLOSED:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "advertiser_closed",
                "The advertiser is closed: it takes no more reports. Ask the network's operators.",
            )
        if found:
            _count(found, request)
            self._check_scope(found)
        return found

    def _check_scope(self, key: ApiKey) -> None:
        if self.decides and not key.may_decide:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "not_in_scope",
                "This key may report sales only. Use one that may also approve, decline and cancel "
                "orders; it is made on the advertiser's page.",
            )


def _count(key: ApiKey, request: HttpRequest) -> None:
    """Raises Refused for a key that calls too often."""
    try:
        address = client_address(request.META, settings.TRUSTED_PROXIES)
        api_keys.count_call(key, clock.now(), address)
    except api_keys.TooManyCalls as error:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_calls",
            f"A key may call {api_keys.MOST_CALLS} times a minute. Wait for Retry-After seconds, "
            "and send several conversions in one call.",
            Retry_After=str(error.seconds),
        ) from None
