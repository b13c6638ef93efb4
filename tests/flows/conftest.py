"""A network of real processes, with everything in it that flows need.

``network``  the running network, with ``markets`` founded before its web processes started
``market``   the next advertiser that no other test uses, with a blog (hard) and an extension (soft)
``sites``    the shop, the blog and the extension

The browser's fixtures are those of ``tests/browser/conftest.py``.
"""

from collections.abc import Generator, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django.plugin import DjangoDbBlocker

from network import clock
from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.models import Advertiser
from publishers.models import ModelType
from publishers.policy.deciding import create_partnership, create_publisher
from tests.browser.conftest import (  # noqa: F401 - fixtures
    chromium_path,
    context,
    page,
    playwright,
    profile,
    shared_browser,
    third_party_cookies,
)
from tests.flows import network as networks
from tests.flows import sites as other_sites
from tests.flows.network import Network
from tests.flows.shopping import Market
from tests.flows.sites import Sites
from tests.support.makers import give_hosts

PROCESSES = ("site", "tracking", "drain", "worker", "beat")
MARKETS, ASKING_MARKETS = 80, 8


def found(number: int, consent_default: str = Advertiser.ConsentDefault.STORE) -> Market:
    """Through the product's own functions, in force since yesterday."""
    since = clock.now() - timedelta(days=1)
    new = NewAdvertiser(
        name=f"Shop {number}",
        currency="GBP",
        landing_url="https://shop.localhost/",
        domains=["shop.localhost"],
        consent_default=consent_default,
        verification=Advertiser.Verification.BROWSER,
        percent=Decimal(8),
        network_fee_percent=Decimal(10),
    )
    advertiser = create_advertiser(new, since)
    blog, extension = (
        create_partnership(
            advertiser,
            create_publisher(f"{name} {number}", model_type, since),
            since,
            made_by=None,
            status="approved",
            in_page=model_type == ModelType.EXTENSION,
        )
        for name, model_type in (("Blog", ModelType.CONTENT), ("Extension", ModelType.EXTENSION))
    )
    market = Market(advertiser.id, blog, extension)
    give_hosts(advertiser, market.own_host)
    return market


@pytest.fixture(scope="package")
def silent_network(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Network]:
    """A network whose processes have not been started, empty."""
    folder = tmp_path_factory.mktemp("network")
    with django_db_blocker.unblock(), networks.run(folder) as network:
        yield network


@pytest.fixture(scope="package")
def markets(silent_network: Network) -> Iterator[Market]:
    """Advertisers that the processes know from their start."""
    return iter([found(number) for number in range(1, MARKETS + 1)])


@pytest.fixture(scope="package")
def asking_markets(silent_network: Network) -> Iterator[Market]:
    """Advertisers whose shops ask for consent."""
    numbers = range(MARKETS + 1, MARKETS + 1 + ASKING_MARKETS)
    return iter([found(number, Advertiser.ConsentDefault.ASK) for number in numbers])


@pytest.fixture(scope="package")
def running_network(
    silent_network: Network, markets: Iterator[Market], asking_markets: Iterator[Market]
) -> Network:
    silent_network.start(*PROCESSES)
    return silent_network


@pytest.fixture
def network(running_network: Network, request: pytest.FixtureRequest) -> Iterator[Network]:
    """The running network; what a test stopped runs again afterwards."""
    yield running_network
    running_network.restore(PROCESSES)


@pytest.fixture
def market(network: Network, markets: Iterator[Market]) -> Market:
    """An advertiser for this test alone."""
    return next(markets)


@pytest.fixture(scope="package")
def sites(silent_network: Network) -> Iterator[Sites]:
    with other_sites.serve(silent_network.tracking_url) as sites:
        yield sites


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes wrote when a test fails."""
    report = yield
    for asked in getattr(item, "funcargs", {}).values():
        if report.failed and isinstance(asked, Network):
            report.sections.append(("the network's logs", asked.explain()))
            break
    return report
