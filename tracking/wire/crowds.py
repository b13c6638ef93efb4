"""How many sales without a click each network reports. No database, and nothing is written down.

Of an order that brings no token its first time is remembered, and anybody can send such orders. So
of one network only so many are taken within an hour, and never so few of all: nobody then pushes
out the orders of others.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from tracking.clicks.visitors import cut_address

MOST = 1_000
"""Reports of an advertiser's sales from one network (/24 or /48) within an hour: as many as a large
shop's from all the phones behind one address of their provider."""
MOST_REMEMBERED = 10_000
"""Networks of which a process knows how many they sent."""


@dataclass(slots=True)
class Crowds:
    """Counts within this process."""

    hour: datetime | None = None
    counts: OrderedDict[tuple[int, str], int] = field(default_factory=OrderedDict)

    def is_crowded(self, advertiser: int, address: str, now: datetime) -> bool:
        """Count a report from this address; whether its network has sent more than others do."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self.hour:
            self.hour, self.counts = hour, OrderedDict()
        key = advertiser, cut_address(address)
        count = self.counts[key] = self.counts.get(key, 0) + 1
        self.counts.move_to_end(key)
        if len(self.counts) > MOST_REMEMBERED:
            self.counts.popitem(last=False)
        return count > MOST
