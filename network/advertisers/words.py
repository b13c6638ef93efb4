"""What an advertiser pays, in words."""

from django.utils.translation import gettext

from network import money
from network.models import Advertiser, CommissionRate


def rate_text(rate: CommissionRate, advertiser: Advertiser) -> str:
    """``8%`` or ``£4.50 per sale``."""
    if rate.fixed_minor is None:
        return str(rate)
    fixed = money.display(rate.fixed_minor, advertiser.currency)
    return gettext("%(amount)s per sale") % {"amount": fixed}
