"""Staff set a partner to soft in the admin: clicks already made keep their type, new ones are soft
on every web worker as soon as the change starts."""

from playwright.sync_api import BrowserContext, Page, expect

from network import clock
from network.models import Advertiser
from publishers.models import CookieTypeAssignment
from tests.flows.network import Network, wait_until
from tests.flows.shopping import Market, buy, commission_of, follow, verdicts
from tests.flows.sites import Sites
from tests.support.makers import make_user
from tracking.models import Click

PASSWORD = "correct horse battery staple"
REASON = "Most of your clicks come after another partner's."


def sign_in(page: Page, network: Network, name: str) -> None:
    page.goto(f"{network.site_url}/sign-in/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{network.site_url}/admin/")


def set_soft(page: Page, partner: str) -> None:
    """In the list of partners: choose one, choose the action, give the reason."""
    page.get_by_role("link", name="Partners", exact=True).first.click()
    page.get_by_role("row", name=partner).get_by_role("checkbox").check()
    page.get_by_role("button", name="Set soft…").click()
    page.get_by_label("Reason, shown to the partner").fill(REASON)
    page.get_by_role("button", name="Set 1 to soft").click()
    expect(page.get_by_text("Clicks already made keep their type").first).to_be_visible()


def test_staff_set_the_blog_to_soft(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    manager = make_user(
        "manager", Advertiser.objects.get(id=market.id), name="mina", password=PASSWORD
    )
    before = follow(page, sites, market.blog)
    assert context.browser
    with context.browser.new_context() as staff:
        office = staff.new_page()
        sign_in(office, network, "mina")
        set_soft(office, market.blog.publisher.name)
        meanwhile = network.click(market.id, market.blog.publisher_id)

    assignment = CookieTypeAssignment.objects.get(partnership=market.blog)
    assert (assignment.cookie_type, assignment.reason) == ("soft", REASON)
    assert assignment.made_by == manager
    network.await_drained()
    assert Click.objects.get(id=meanwhile.id).at < assignment.starts_at
    assert meanwhile.kind == "hard"

    wait_until(lambda: clock.now() > assignment.starts_at, "the change starts")
    after = [network.click(market.id, market.blog.publisher_id) for _ in range(20)]
    assert {clicked.kind for clicked in after} == {"soft"}

    sale = buy(page, sites, market, "6001")
    assert verdicts(sale) == [(before.publisher_id, "held")]
    assert commission_of(sale).cookie_type == "hard"
    assert Click.objects.get(id=before.id).cookie_type == "hard"

    with context.browser.new_context() as another:
        page = another.new_page()
        extension, blog = (
            follow(page, sites, partner) for partner in (market.extension, market.blog)
        )
        sale = buy(page, sites, market, "6002")
    assert (blog.cookie_type, blog.stood_down) == ("soft", True)
    assert verdicts(sale) == [(extension.publisher_id, "held"), (blog.publisher_id, "stood_down")]
