"""Sales, reports and clicks in the admin; and what is true of all its lists."""

from datetime import timedelta
from unicodedata import normalize

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network import clock
from network.clock import to_ms
from network.models import Advertiser, User
from publishers.models import LedgerEntry, Partnership
from tests.support.makers import NOW, Shopper, finalise, make_user, report_sale
from tests.support.reading import post, text
from tracking.commissions.rulings import Statement
from tracking.conversions.deciding import decide_again
from tracking.lifecycle.validation import Action, validate
from tracking.models import Commission, Conversion, Report, SpoolHost, Validation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PARTNERS = "/admin/publishers/partnership/"
COOKIE_TYPE = f"{PARTNERS}cookie-type/"


def sale_of(partners: dict[str, Partnership], order: str = "10023") -> Conversion:
    shopper = Shopper()
    shopper.follow(partners["Blog"], NOW)
    shopper.follow(partners["Cat"], NOW + timedelta(minutes=5))
    shop = partners["Blog"].advertiser
    return shopper.buy(shop, NOW + timedelta(minutes=6), order=order)


def sale_page(client: Client, sale: Conversion) -> str:
    return text(client.get(f"/admin/tracking/conversion/{sale.pk}/change/"))


def test_a_sale_is_explained(owner: Client, partners: dict[str, Partnership]) -> None:
    page = sale_page(owner, sale_of(partners))
    assert (
        "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Credited to Blog · hard · £3.99 · "
        "pending · final on 11 Apr 2026 14:00, when Blog's window closes"
    ) in page
    assert "Blog's hard click of 12 Mar 2026 14:00 was the last one to take the cookie" in page
    assert "Stood down: Blog's hard cookie was live until 11 Apr 2026 14:00." in page
    assert "DEFAULT £49.90 8% £3.992 £3.99" in page
    assert "Outcome Recorded the sale Source Tag, from a browser with our cookies" in page
    assert "now Credited to Blog The tag reported the sale. 11 Apr 2026 14:00" in page
    assert '"verdict": "stood_down"' in page


@pytest.mark.parametrize("order", ["A B440751241", '"17"', "'1'", "10023", "Größe 1"])
@pytest.mark.parametrize("rows", ["conversion", "commission", "report"])
def test_an_order_is_found_as_it_is_written(
    owner: Client, partners: dict[str, Partnership], order: str, rows: str
) -> None:
    sale = sale_of(partners, order)
    sale_of(partners, "440751241")
    found = {
        "conversion": sale.pk,
        "commission": sale.commission.pk,
        "report": sale.reports.get().pk,
    }
    answer = owner.get(f"/admin/tracking/{rows}/", {"q": normalize("NFD", order)})
    assert [row.pk for row in answer.context["cl"].result_list] == [found[rows]]


def test_a_list_says_what_its_rows_come_to(owner: Client, partners: dict[str, Partnership]) -> None:
    declined, *_others = [sale_of(partners, order) for order in ("1", "2", "3")]
    code, by = Validation.Code.RETURNED, make_user("owner", declined.advertiser)
    said = Statement(action=Action.DECLINE, made_by=by, reason="It came back", code=code)
    validate(declined.advertiser_id, declined.pk, said, NOW + timedelta(hours=1))
    sales = "/admin/tracking/conversion/"
    assert "3 sales Amount £149.70 Commission £7.98" in text(owner.get(sales))
    earning = text(owner.get("/admin/tracking/commission/?state=earning"))
    assert "2 commissions Sale value £99.80 Commission £7.98" in earning
    assert "Commission £" not in text(owner.get(f"{sales}?q=none"))


def test_times_are_in_the_readers_zone(owner: Client, partners: dict[str, Partnership]) -> None:
    User.objects.filter(username="olga").update(time_zone="Asia/Tokyo")
    page = sale_page(owner, sale_of(partners))
    assert "12 Mar 2026 23:06 JST." in page
    assert "Times in Asia/Tokyo" in page


def test_a_final_sale_shows_its_ledger_entries(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    sale = sale_of(partners)
    assert sale.closes_at
    finalise(sale.closes_at)
    page = sale_page(owner, sale)
    assert "Credited to Blog · hard · £3.99 · final since 11 Apr 2026 14:00" in page
    assert "Owed by an advertiser Shop £3.99 Owed to a publisher Blog -£3.99" in page
    entry = LedgerEntry.objects.first()
    assert entry is not None
    address = f"/admin/publishers/ledgertransaction/{entry.transaction_id}/change/"
    assert "Owed to a publisher Blog -£3.99" in text(owner.get(address))


def test_a_conflict_is_settled_by_choosing_a_report(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    sale = in_conflict(partners["Blog"])
    assert "in conflict until the advertiser settles it" in sale_page(owner, sale)
    address = f"/admin/tracking/conversion/{sale.pk}/settle/"
    asked = text(owner.get(address))
    assert "£49.90, Blog is credited with £3.99" in asked
    assert "£20.00, Blog is credited with £1.60" in asked
    assert list(post(owner, address).context["form"].errors) == ["report", "reason"]
    report = Report.objects.get(source="pixel")
    page = text(post(owner, address, report=report.pk, reason="The tag counted shipping"))
    assert "The conflict of order 7 is settled." in page
    assert "Order 7 · £20.00" in page
    assert "“The tag counted shipping”" in page
    assert "Settle the conflict…" not in page
    again = post(owner, address, report=report.pk, reason="Again")
    assert "is not in conflict" in text(again)


def in_conflict(partner: Partnership) -> Conversion:
    """Order 7, of which tag and pixel say different amounts."""
    shopper, shop = Shopper(), partner.advertiser
    shopper.follow(partner, NOW)
    sale = shopper.buy(shop, NOW, order="7")
    data = {"order": "7", "amount": "20.00"}
    report_sale(shop, NOW, data, from_cookies=shopper.cookies, source="pixel")
    return sale


def test_what_nobody_gets_is_no_commission_in_a_list(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    """Whose sale it is may be in conflict, or it is declined; the home counts neither."""
    shop = partners["Blog"].advertiser
    paid = sale_of(partners, "1")
    declined = sale_of(partners, "2")
    said = Statement(
        action=Action.DECLINE, made_by=make_user("manager", shop), code=Validation.Code.FRAUD
    )
    validate(shop.pk, declined.pk, said, NOW)
    contested = sale_of(partners, "3")
    rival = Shopper()
    rival.follow(partners["Cat"], NOW)
    report_sale(shop, NOW, {"order": "3", "amount": "49.90"}, from_cookies=rival.cookies)
    contested.refresh_from_db()
    assert contested.conflict == Conversion.Conflict.JOURNEYS

    rows = owner.get("/admin/tracking/conversion/").context["cl"]
    column = {row.order: rows.model_admin.earned(row) for row in rows.result_list}
    assert column == {"1": "£3.99", "2": None, "3": None}
    earning = owner.get("/admin/tracking/commission/?state=earning").context["cl"]
    assert [row.conversion_id for row in earning.result_list] == [paid.pk]
    figures = owner.get("/admin/").context["figures"]
    found = figures["sales"].value, [each.value for each in figures["commission"]]
    assert found == ("1", ["£3.99"])


def test_an_order_in_conflict_can_be_declined(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    sale = in_conflict(partners["Blog"])
    address = f"/admin/tracking/conversion/{sale.pk}/settle/"
    page = text(post(owner, address, report="neither", reason="Never ordered"))
    assert "The conflict of order 7 is settled: nothing is owed for it." in page
    assert "Undo decline…" in page
    sale.refresh_from_db()
    commission = Commission.objects.get(conversion=sale)
    assert (sale.conflict, commission.status) == ("", Commission.Status.DECLINED)
    assert commission.decline_text == "Never ordered"


def test_a_settled_sale_stays_open_for_a_day(
    owner: Client, partners: dict[str, Partnership], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its windows have closed long ago."""
    sale = in_conflict(partners["Blog"])
    settled = NOW + timedelta(days=39)
    monkeypatch.setattr(clock, "now", lambda: settled)
    address = f"/admin/tracking/conversion/{sale.pk}/settle/"
    assert "The sale stays open until 21 Apr 2026 14:00" in text(owner.get(address))
    report = Report.objects.get(source="pixel")
    post(owner, address, report=report.pk, reason="The tag counted shipping")

    sale.refresh_from_db()
    assert sale.closes_at == settled + timedelta(days=1)
    finalise(settled + timedelta(hours=23))
    assert Commission.objects.get(conversion=sale).status == Commission.Status.PENDING
    assert decide_again(sale).outcome.closes_at == to_ms(sale.closes_at)
    finalise(settled + timedelta(days=1))
    assert Commission.objects.get(conversion=sale).status == Commission.Status.FINAL


@pytest.mark.parametrize(("side", "amount"), [("earlier", 4990), ("later", 2000)])
def test_the_conflicts_of_several_orders_are_settled_at_once(
    owner: Client, partners: dict[str, Partnership], side: str, amount: int
) -> None:
    shop = partners["Blog"].advertiser
    for order in ("7", "8"):
        shopper = Shopper()
        shopper.follow(partners["Blog"], NOW)
        shopper.buy(shop, NOW, order=order)
        data = {"order": order, "amount": "20.00"}
        later = NOW + timedelta(minutes=1)
        report_sale(shop, later, data, from_cookies=shopper.cookies, source="pixel")
    calm = sale_of(partners)
    chosen = [str(sale.pk) for sale in Conversion.objects.all()]
    sales = "/admin/tracking/conversion/"
    asked = owner.post(sales, {"action": "settle", "_selected_action": chosen})
    with CaptureQueriesContext(connection) as queries:
        page = text(owner.get(asked["Location"]))
    of_rates = [query for query in queries if 'FROM "network_commissionrate"' in query["sql"]]
    assert len(of_rates) == 1  # for four sides
    assert "Settle the conflicts of 2 orders" in page
    sides = "£49.90, Blog is credited with £3.99 £20.00, Blog is credited with £1.60"
    assert f"{sides} The earlier one on 11 Apr 2026 14:01" in page
    assert list(post(owner, asked["Location"]).context["form"].errors) == ["side", "reason"]
    done = text(post(owner, asked["Location"], side=side, reason="As in our books"))
    assert "2 conflicts are settled." in done
    settled = Conversion.objects.exclude(pk=calm.pk)
    assert {(sale.conflict, sale.amount_minor) for sale in settled} == {("", amount)}
    assert {sale.settled_reason for sale in settled} == {"As in our books"}
    assert Conversion.objects.get(pk=calm.pk).settled_at is None


def test_a_report_that_was_refused_says_what_to_do(owner: Client, shop: Advertiser) -> None:
    error = {"field": "amount", "received": "1.234,50", "expected": "49.90", "remedy": "Use a dot."}
    report = Report.objects.create(
        id="01890a5d-ac96-774b-bcce-b302099a8057",
        advertiser=shop,
        source="pixel",
        outcome="invalid",
        order="9",
        at=NOW,
        received_at=NOW,
        errors=[error],
    )
    page = text(owner.get(f"/admin/tracking/report/{report.pk}/change/"))
    assert "Refused: see what was wrong" in page
    assert "amount 1.234,50 49.90 Use a dot." in page
    assert "Refused: see what was wrong" in text(owner.get("/admin/tracking/report/"))


def test_a_click_of_an_unknown_publisher_is_listed(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    Shopper().follow(Partnership(advertiser=partners["Blog"].advertiser, publisher_id=987), NOW)
    page = text(owner.get("/admin/tracking/click/"))
    assert "unknown publisher 987" in page
    assert "Does not count: the publisher was not an approved partner at that time." in page


@pytest.mark.parametrize(
    ("consent", "said", "counts"),
    [
        pytest.param(None, "Counts; the shop's banner decided about the cookie", "asked", id="ask"),
        pytest.param(True, "Counts; set the cookie", "took", id="yes_in_the_link"),
    ],
)
def test_a_click_at_a_shop_that_asks_says_whether_it_set_a_cookie(
    owner: Client, partners: dict[str, Partnership], consent: bool | None, said: str, counts: str
) -> None:
    Advertiser.objects.update(consent_default="ask")
    click = Shopper().follow(partners["Blog"], NOW, consent=consent)
    assert said in text(owner.get(f"/admin/tracking/click/{click}/change/"))
    found = {
        value: str(click) in owner.get(f"/admin/tracking/click/?counts={value}").content.decode()
        for value in ("asked", "took")
    }
    assert found == {value: value == counts for value in ("asked", "took")}


@pytest.mark.parametrize("page", ["conversion", "commission", "report", "click"])
def test_lists_take_the_same_queries_however_long_they_are(
    owner: Client, partners: dict[str, Partnership], page: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(f"/admin/tracking/{page}/").status_code == 200
        return len(captured)

    sale_of(partners)
    few = queries()
    for number in range(5):
        sale_of(partners, str(number))
    assert queries() == few


def test_a_hosts_spool_is_taken_out_of_service_once(operator: Client) -> None:
    drained_to = NOW - timedelta(days=2, hours=3)
    SpoolHost.objects.create(name="web-1", registered_at=NOW, drained_to=drained_to)
    data = {"action": "take_out", "_selected_action": ["web-1"]}
    assert "2 days" in text(operator.get("/admin/tracking/spoolhost/"))
    page = text(post(operator, "/admin/tracking/spoolhost/", **data))
    assert "1 host taken out of service: web-1." in page
    assert SpoolHost.objects.get().removed_at == NOW
    assert "No host was taken out of service." in text(
        post(operator, "/admin/tracking/spoolhost/", **data)
    )


def test_nothing_is_deleted_and_what_happened_is_not_edited() -> None:
    request = RequestFactory().get("/admin/")
    request.user = make_user("operator")
    editable = set()
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.has_delete_permission(request), model
        if model_admin.has_change_permission(request):
            editable.add(model._meta.label)
    assert editable == {
        "network.Advertiser",
        "network.User",
        "publishers.Publisher",
        "publishers.Team",
    }


def test_what_staff_typed_is_escaped(owner: Client, partners: dict[str, Partnership]) -> None:
    nasty = "<script>alert(1)</script>"
    data = {"to": "soft", "partners": partners["Blog"].pk, "reason": nasty}
    page = post(owner, COOKIE_TYPE, **data).content.decode()
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_every_list_has_a_page_for_its_rows(operator: Client) -> None:
    """The overview leads to every list, and nothing in it is broken while it is empty."""
    index = operator.get("/admin/").content.decode()
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert address in index
        assert operator.get(address).status_code == 200
