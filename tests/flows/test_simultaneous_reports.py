"""An order that is reported by many at the same moment, and through every way, is one sale."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.flows.network import Network
from tests.flows.shopping import Market, await_sale, commission_of, verdicts
from tracking.models import Commission, Conversion, Report

REPORTS = 20


def test_twenty_reports_at_once_are_one_sale(network: Network, market: Market) -> None:
    token = network.click(market.id, market.blog.publisher_id).token
    together = Barrier(REPORTS)

    def report(_: int) -> int:
        together.wait()
        answer = network.get(f"/t/{market.id}/pixel.gif", order="7001", amount="49.90", click=token)
        return answer.status_code

    with ThreadPoolExecutor(REPORTS) as threads:
        assert list(threads.map(report, range(REPORTS))) == [200] * REPORTS
    network.await_drained()

    sale = await_sale(market, "7001")
    assert Conversion.objects.filter(advertiser=market.id).count() == 1
    assert Commission.objects.filter(advertiser=market.id).count() == 1
    assert (commission_of(sale).amount_minor, sale.conflict) == (399, "")
    assert verdicts(sale) == [(market.blog.publisher_id, "held")]
    kept = Report.objects.filter(conversion=sale).values_list("outcome", "repeats")
    assert list(kept) == [("created", REPORTS - 1)]
