"""Words without an end, in every field that people fill: no page breaks at any of three widths."""

from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from network import clock
from network.models import Advertiser, User
from publishers.models import Partnership
from publishers.policy import assigning, deciding, programme_terms
from publishers.teams import invitations
from tests.support.makers import Shopper, make_advertiser, make_partner, make_publisher, make_user
from tracking.commissions.rulings import Statement
from tracking.lifecycle.validation import Action, validate

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct-horse-1"
WIDTHS = (1440, 768, 390)
LONG = 200
MINUTE = timedelta(minutes=1)


def word(length: int = LONG, letter: str = "w") -> str:
    """One word of so many characters, with wide ones in it."""
    return (letter * length)[:length]


@pytest.fixture
def staff(page: Page, live_server: LiveServer) -> str:
    """A shop, a partner and a sale with such words wherever somebody can write one; where the site
    is, signed in as its owner."""
    now = clock.now()
    shop = make_advertiser(word(120, "S"))
    owner = make_user("owner", shop, name=word(150, "u"), password=PASSWORD)
    User.objects.filter(pk=owner.pk).update(
        first_name=word(150, "F"), email=f"{word(60)}@e.example"
    )
    partner = make_partner(shop, make_publisher(word(120, "P")), "hard")
    _decide(shop, partner, owner)
    shopper = Shopper()
    shopper.follow(partner, now - 2 * MINUTE, ref=word(100, "r"))
    sale = shopper.buy(
        shop, now - timedelta(minutes=1), order=word(64, "O"), voucher=word(100, "V")
    )
    said = Statement(action=Action.DECLINE, code="other", reason=word(), made_by=owner)
    validate(shop.pk, sale.pk, said, now)
    base = live_server.url.replace("localhost", settings.SITE_HOST)
    page.goto(f"{base}/sign-in/")
    page.fill("[name=login]", owner.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/**")
    return base


def _decide(shop: Advertiser, partner: Partnership, owner: User) -> None:
    now = clock.now()
    assigning.assign([partner], "soft", now, reason=word(), made_by=owner, internal_note=word())
    deciding.change_terms(partner, {"evidence": word()}, now, made_by=owner, reason=word())
    deciding.add_note(partner, word(), now, made_by=owner)
    programme_terms.change(shop, {"soft_hours": 12}, now, made_by=owner, reason=word())
    applicant = make_publisher(word(120, "A"))
    applied_by = make_user("owner", applicant, name=word(140, "n"))
    deciding.apply(shop, applicant, now, made_by=applied_by, message=word())
    invitations.invite(shop, f"{word(60, 'i')}@e.example", "viewer", now, invited_by=owner)


def addresses() -> list[str]:
    shop, partner = Advertiser.objects.get(), Partnership.objects.order_by("pk")[0]
    sale = shop.conversions.get()
    lists = ("publishers/partnership", "network/advertiser")
    tracked = ("tracking/conversion", "tracking/commission", "tracking/report", "tracking/click")
    return [
        "",
        *(f"{name}/" for name in (*lists, *tracked)),
        f"publishers/partnership/{partner.pk}/change/",
        f"publishers/partnership/{partner.pk}/status/?to=ended",
        f"publishers/partnership/cookie-type/?to=hard&partners={partner.pk}",
        f"tracking/conversion/{sale.pk}/change/",
        f"network/advertiser/{shop.pk}/change/",
        f"network/advertiser/{shop.pk}/terms/",
        f"team/{shop.pk}/",
        "applications/",
        f"find/?q={word(200)}",
        "publishers/modeltypecookietype/",
    ]


BREAKS = """() => {
    const found = [], page = document.documentElement;
    if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide`);
    for (const cell of document.querySelectorAll('main :is(td, th)')) {
        const box = cell.getBoundingClientRect();
        if (box.height > 900) found.push(`a cell is ${box.height} high: ${cell.className}`);
    }
    for (const frame of document.querySelectorAll('main .scrolls'))
        if (innerWidth > 1000 && frame.scrollWidth > frame.clientWidth + 1)
            found.push(`hidden behind a shadow: ${frame.getAttribute('aria-label')}`);
    return found;
}"""


SETTLED = """async () => {
    for (let frame = 0; frame < 60; frame += 1) {
        await new Promise((done) => requestAnimationFrame(done));
        if (frame > 2 && document.documentElement.scrollWidth <= innerWidth) return;
    }
}"""
"""Charts follow a window's size a few frames later."""


def test_no_page_breaks(page: Page, staff: str) -> None:
    wrong = []
    for address in addresses():
        answer = page.goto(f"{staff}/admin/{address}")
        assert answer
        assert answer.status == 200, address
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(SETTLED)
            wrong += [f"{address} at {width}: {one}" for one in page.evaluate(BREAKS)]
    assert not wrong, "\n".join(wrong)
