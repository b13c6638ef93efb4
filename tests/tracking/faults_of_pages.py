"""What could be wrong with what pages say of sales, and the test that notices each."""

from tests.support.faults import Fault

PAGES = (
    Fault(
        "what is paid is listed as nobody's",
        "tracking.commissions.settling",
        "return paid is None\n",
        "return True\n",
        "tests/tracking/commissions/test_states.py::"
        "test_a_sale_that_pays_nobody_says_so_as_long_as_it_does",
    ),
    Fault(
        "Try it counts what would have been too late",
        "tracking.pages.sales.sale",
        "return found.get(row.pk)",
        "return None",
        "tests/tracking/pages/sales/test_sale_page.py::"
        "test_a_report_that_would_have_come_too_late_is_not_tried",
    ),
)
