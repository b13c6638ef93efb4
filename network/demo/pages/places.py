"""Where the demo's pages are: each on a host of its own, all on one port."""

from django.conf import settings

from network.hosts import tracking_hosts
from tracking.clicks.snapshot import keeper

SHOP, SHOP_TRACKING = "shop.localhost", "track.shop.localhost"
BLOG, EXTENSION = "blog.localhost", "extension.localhost"
CASHBACK, OVERLAY = "cashback.localhost", "overlay.localhost"
PUBLISHERS = (BLOG, EXTENSION, CASHBACK, OVERLAY)


def origin(host: str) -> str:
    """``http://shop.localhost:8000``. The demo's server speaks no TLS."""
    return f"http://{host}" + ("" if settings.PUBLIC_PORT == 80 else f":{settings.PUBLIC_PORT}")


def url(host: str, path: str = "/") -> str:
    """``http://shop.localhost:8000/checkout``."""
    return origin(host) + path


def hosts_of_tracking() -> list[str]:
    """Those that the shop's links and tag have led to: the network's, and its own."""
    return [settings.TRACKING_HOST, SHOP_TRACKING]


def tracking_link(advertiser: int, publisher: int) -> str:
    """The link that a publisher places."""
    shop = keeper.current().advertisers.get(advertiser)
    base = shop.base_url if shop else tracking_hosts.base_url(advertiser, ())
    return f"{base}c/{publisher}"
