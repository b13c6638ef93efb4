"""The demo: what it refuses, how it fills an empty network, its shop and the strip there."""

import html
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import DjangoAssertNumQueries, Settings

from network import clock, programs, tracking_hosts
from network.demo import (
    cast,
    conditions,
    controls,
    guide,
    places,
    seed,
    stories,
    strip,
)
from network.demo.life import Life, Span
from network.models import Advertiser
from publishers.models import Partnership
from tests.makers import NOW, Shopper, make_advertiser, make_partner, make_publisher
from tracking import decisions, finalisation, snapshot
from tracking.models import Click, Commission, Conversion


@pytest.fixture
def demo_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings as a demo has them, with a clock and a spool of its own."""
    settings.MODE, settings.DEMO = "demo", True
    settings.DEMO_HOSTS = (places.SHOP, *places.PUBLISHERS)
    settings.ALLOWED_HOSTS = [settings.SITE_HOST, settings.TRACKING_HOST, *settings.DEMO_HOSTS]
    settings.CLOCK_FILE = tmp_path / "clock"
    settings.SPOOL_DIR = tmp_path / "spool"
    return settings


# --- What it refuses --------------------------------------------------------------------------


def test_the_settings_of_a_demo_are_accepted(demo_settings: Settings) -> None:
    conditions.check()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("SITE_HOST", "network.example", "'network.example' is not", id="site"),
        pytest.param("TRACKING_HOST", "go.example", "'go.example' is not", id="tracking"),
        pytest.param("ALLOWED_HOSTS", ["*"], "'\\*' is not", id="any_host"),
        pytest.param("SITE_HOST", "localhost.example", "is not", id="localhost_in_front"),
        pytest.param("SITE_HOST", "evillocalhost", "is not", id="no_subdomain"),
        pytest.param("PUBLIC_SCHEME", "https", "http only", id="https"),
        pytest.param("INTAKE", "direct", "through the spool", id="direct_intake"),
        pytest.param("MODE", "production", "SOFTCLICK_MODE is production", id="production"),
    ],
)
def test_the_demo_refuses(demo_settings: Settings, name: str, value: object, said: str) -> None:
    setattr(demo_settings, name, value)
    with pytest.raises(conditions.Unfit, match=said):
        conditions.check()


def test_the_demo_refuses_eager_tasks(
    demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_settings.CELERY_TASK_ALWAYS_EAGER = True
    app = Celery("softclick", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    monkeypatch.setattr(conditions, "app", app)
    with pytest.raises(conditions.Unfit, match="CELERY_TASK_ALWAYS_EAGER"):
        conditions.check()


def test_the_command_says_what_it_refuses(demo_settings: Settings) -> None:
    demo_settings.SITE_HOST = "network.example"
    with pytest.raises(CommandError, match=r"network\.example"):
        call_command("demo")


def test_fresh_does_not_touch_a_database_of_ones_own(
    demo_settings: Settings, tmp_path: Path
) -> None:
    demo_settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError, match="empty that yourself"):
        call_command("demo", "--fresh")


def test_a_second_demo_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    here = rf"another demo \(process {os.getpid()}\) runs"
    with (
        programs.only_one("demo", tmp_path),
        pytest.raises(programs.Unserved, match=here),
        programs.only_one("demo", tmp_path),
    ):
        pass
    with programs.only_one("demo", tmp_path):
        pass


@pytest.mark.parametrize(
    "path",
    [
        *("/t/1/demo/end-session", "/demo/skip", "/demo/end-session", "/demo/strip", "/demo/look"),
        *("/demo/", "/demo/sign-in/", "/demo/mail/", "/demo/mail/20260312-1/"),
    ],
)
@pytest.mark.parametrize("urlconf", ["network.urls", "tracking.urls"])
def test_the_demos_controls_exist_in_the_demo_alone(urlconf: str, path: str) -> None:
    assert django_settings.TRACKING_URLCONF == "tracking.urls"
    assert django_settings.DEMO_HOSTS == ()
    with pytest.raises(Resolver404):
        resolve(path, urlconf)


# --- Seeding ----------------------------------------------------------------------------------


def told() -> list[tuple[object, ...]]:
    """The whole story: every sale with its verdicts and what it earned whom."""
    rows: list[tuple[object, ...]] = []
    for conversion in Conversion.objects.select_related("decision").order_by("order"):
        assert conversion.decision
        commission = Commission.objects.filter(conversion=conversion).first()
        earned = commission and (
            commission.publisher_id,
            commission.amount_minor,
            commission.status,
            commission.closes_at,
        )
        verdicts = tuple(
            (judged.click.publisher, judged.verdict)
            for judged in decisions.judged_clicks(conversion.decision)
        )
        rows.append((conversion.order, conversion.amount_minor, verdicts, earned))
    return rows


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_seeding_is_thrown_away_and_the_next_tells_the_same_story(
    demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = Span(NOW, 2)
    with monkeypatch.context() as patch:
        patch.setattr(Life, "finish", interrupted_on(NOW))
        with pytest.raises(KeyboardInterrupt):
            seed.seed(span)
    assert seed.is_unfinished()
    assert Click.objects.exists()
    seed.seed(span)
    first = told()
    assert len(first) > 10
    assert not seed.is_unfinished()

    call_command("flush", verbosity=0, interactive=False)
    assert seed.is_empty()
    seed.seed(span)
    assert told() == first


def interrupted_on(end: datetime) -> Callable[[Life, datetime], None]:
    def finish(life: Life, ends: datetime) -> None:
        if ends == end:
            raise KeyboardInterrupt

    return finish


def test_the_clock_and_spool_of_an_earlier_network_are_forgotten(
    demo_settings: Settings,
) -> None:
    clock.skip(timedelta(days=31))
    demo_settings.SPOOL_DIR.mkdir()
    (demo_settings.SPOOL_DIR / "1.segment").write_bytes(b"an old click")
    seed.clear_leftovers()
    assert controls.ahead() == ""
    assert not demo_settings.SPOOL_DIR.exists()


def test_stories_happen_in_order_and_not_in_the_future() -> None:
    start = NOW - timedelta(days=seed.DAYS)
    steps = stories.steps(start, NOW)
    times = [step.at for step in steps]
    assert times == sorted(times)
    assert times[0] >= start
    assert times[-1] < NOW
    assert steps == stories.steps(start, NOW)


def test_the_stories_have_the_rhythm_of_a_shop() -> None:
    """Evenings, Sundays, growth, and a sale."""
    steps = stories.steps(NOW - timedelta(days=84), NOW)
    clicks = [step.at for step in steps if step.advertiser == cast.SHOP]
    by_hour = Counter(at.hour for at in clicks)
    assert by_hour[20] > 3 * by_hour[4]
    by_weekday = Counter(at.weekday() for at in clicks if NOW - at < timedelta(days=21))
    assert by_weekday[6] == max(by_weekday.values())
    first, last = (sum(abs(NOW - at - age) < timedelta(days=14) for at in clicks) for age in AGES)
    assert last > 1.2 * first


AGES = timedelta(days=70), timedelta(days=14)


# --- The shop ---------------------------------------------------------------------------------

PAGES = (
    (places.SHOP, "/"),
    (places.SHOP, "/product/tent"),
    (places.SHOP, "/checkout?product=lamp"),
    (places.SHOP, "/thank-you/NO-1?amount=34.50"),
    (places.BLOG, "/"),
    (places.EXTENSION, "/"),
    (places.CASHBACK, "/"),
    (places.OVERLAY, "/"),
)


@pytest.fixture
def shop(demo_settings: Settings, db: None, monkeypatch: pytest.MonkeyPatch) -> Advertiser:
    """The advertiser whose shop the demo serves, with the demo's pages behind the client."""
    advertiser = make_advertiser("Nimbus Outdoor", hard_days=30, soft_hours=24)
    advertiser.domains = [places.SHOP]
    advertiser.save()
    monkeypatch.setattr(cast, "SHOP", advertiser.id)
    demo_settings.ROOT_URLCONF = "network.demo.urls"
    demo_settings.MIDDLEWARE = []
    built = snapshot.build()
    monkeypatch.setattr(snapshot.keeper, "current", lambda: built)
    return advertiser


def ask(host: str, path: str, **cookies: str) -> HttpResponse:
    client = Client(headers={"host": host})
    client.cookies.load(cookies)
    response = client.get(path)
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize(("host", "path"), PAGES)
@pytest.mark.usefixtures("shop")
def test_every_page_is_there_without_a_query(
    host: str, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = ask(host, path)
    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("path", [path for host, path in PAGES if host == places.SHOP])
def test_the_tag_is_on_every_page_of_the_shop(shop: Advertiser, path: str) -> None:
    page = ask(places.SHOP, path).content.decode()
    tag = f"{django_settings.TRACKING_URL}/t/{shop.id}/tag.js"
    assert f'<script async src="{tag}"></script>' in page


@pytest.mark.parametrize("host", places.PUBLISHERS)
@pytest.mark.usefixtures("shop")
def test_the_shops_pages_are_on_no_other_host(host: str) -> None:
    for path in ("/product/tent", "/checkout?product=tent", "/thank-you/1", "/demo/strip"):
        assert ask(host, path).status_code == 404
    for control in ("/demo/skip", "/demo/end-session", "/demo/look"):
        assert Client(headers={"host": host}).post(control).status_code == 404


def test_publishers_link_to_the_shop_by_their_own_links(shop: Advertiser) -> None:
    linking = {
        places.BLOG: cast.BLOG,
        places.EXTENSION: cast.EXTENSION,
        places.CASHBACK: cast.CASHBACK,
    }
    for host, publisher in linking.items():
        page = ask(host, "/").content.decode()
        assert f'href="{django_settings.TRACKING_URL}/t/{shop.id}/c/{publisher}"' in page


@pytest.mark.usefixtures("shop")
def test_every_order_gets_a_number_of_its_own() -> None:
    client = Client(headers={"host": places.SHOP})
    answers = [client.post("/checkout?product=stove&quantity=2") for _ in range(20)]
    found = [
        re.fullmatch(r"/thank-you/(NO-\w{8})\?amount=99\.80", answer["Location"])
        for answer in answers
    ]
    assert len({match[1] for match in found if match}) == 20


@pytest.mark.parametrize(
    ("query", "total"),
    [
        pytest.param("product=stove", "£49.90", id="one"),
        pytest.param("product=stove&quantity=3", "£149.70", id="three"),
        pytest.param("product=stove&quantity=0", "£49.90", id="none"),
        pytest.param("product=stove&quantity=1000000", "£449.10", id="too_many"),
        pytest.param("product=stove&quantity=٣", "£49.90", id="other_digits"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_the_basket_is_in_the_address(query: str, total: str) -> None:
    page = ask(places.SHOP, f"/checkout?{query}").content.decode()
    assert f'<dd class="total" id="total">{total}</dd>' in page


@pytest.mark.parametrize("path", ["/product/boat", "/checkout?product=boat", "/checkout"])
@pytest.mark.usefixtures("shop")
def test_what_the_shop_does_not_sell_is_not_found(path: str) -> None:
    assert ask(places.SHOP, path).status_code == 404


@pytest.mark.parametrize(
    ("amount", "reported"),
    [
        pytest.param("34.50", "34.50", id="as_ordered"),
        pytest.param("7", "7.00", id="whole"),
        pytest.param("NaN", "0.00", id="nan"),
        pytest.param("</script>", "0.00", id="markup"),
    ],
)
def test_the_thank_you_page_reports_the_sale(shop: Advertiser, amount: str, reported: str) -> None:
    response = ask(places.SHOP, f"/thank-you/NO-1?amount={amount}")
    page = response.content.decode()
    order = re.search(r'<script id="order" type="application/json">(.*?)</script>', page)
    assert order
    assert json.loads(order[1]) == {"order": "NO-1", "amount": reported, "currency": "GBP"}
    assert '<script defer src="/static/demo/shop.js"></script>' in page
    pixel = f"{django_settings.TRACKING_URL}/t/{shop.id}/pixel.gif"
    assert f'<noscript><img src="{pixel}?order=NO-1&amp;amount={reported}&amp;currency=GBP"' in page


def test_a_network_without_the_shop_has_no_shop(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_advertiser("Another")
    monkeypatch.setattr(cast, "SHOP", other.id)
    built = snapshot.build()
    monkeypatch.setattr(snapshot.keeper, "current", lambda: built)
    assert ask(places.SHOP, "/").status_code == 404


# --- The strip --------------------------------------------------------------------------------


class FirstParty(Shopper):
    """A shopper whose tag keeps the same slots on the shop as the tracking host does."""

    @property
    def jar(self) -> dict[str, str]:
        names = {"__Secure-sch": "_sch", "__Secure-scs": "_scs", "__Secure-scl": "_scl"}
        names["__Secure-scn"] = "_scn"
        return {
            names[name.rpartition("-")[0]]: value for name, value in self.cookies.items() if value
        }


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("The Trail Blog"))


@pytest.fixture
def extension(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("PerkPanel", model_type="extension"))


Moves = Callable[[FirstParty, Partnership, Partnership], None]


def blog_then_extension(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(blog, NOW)
    shopper.follow(extension, NOW + timedelta(minutes=5))


def extension_then_blog(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)
    shopper.follow(blog, NOW + timedelta(minutes=5))


def extension_alone(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)


def extension_and_closed(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)
    shopper.end_session()


def nothing(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    pass


@pytest.mark.parametrize(
    ("moves", "after", "paid"),
    [
        pytest.param(blog_then_extension, timedelta(hours=1), "The Trail Blog", id="stood_down"),
        pytest.param(blog_then_extension, timedelta(days=31), "", id="all_expired"),
        pytest.param(extension_then_blog, timedelta(hours=1), "The Trail Blog", id="overwritten"),
        pytest.param(extension_alone, timedelta(hours=1), "PerkPanel", id="soft"),
        pytest.param(extension_alone, timedelta(hours=25), "", id="soft_expired"),
        pytest.param(extension_and_closed, timedelta(hours=1), "", id="session_ended"),
    ],
)
def test_an_order_then_pays_whom_the_strip_named(
    shop: Advertiser,
    blog: Partnership,
    extension: Partnership,
    moves: Moves,
    after: timedelta,
    paid: str,
) -> None:
    shopper = FirstParty()
    moves(shopper, blog, extension)
    at = NOW + after
    outcome = strip.outcome_now(strip.read(shopper.jar, shop.id, at), shop, at)
    names = strip.names_of(judged.click for judged in outcome.verdicts)
    assert (names.of(outcome.paid) if outcome.paid else "") == paid

    sale = shopper.buy(shop, at)
    assert sale.decision
    assert decisions.judged_clicks(sale.decision) == list(outcome.verdicts)


def look(shopper: FirstParty, monkeypatch: pytest.MonkeyPatch, query: str = "") -> str:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    response = ask(places.SHOP, f"/demo/strip{query}", **shopper.jar)
    assert response["Cache-Control"] == "no-store"
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")


def test_the_strip_shows_slots_and_clicks(
    blog: Partnership, extension: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    blog_then_extension(shopper, blog, extension)
    text = look(shopper, monkeypatch)
    assert "An order now would pay The Trail Blog ." in text
    assert "_sch hard slot The Trail Blog hard 12 Mar 14:00:00 11 Apr 2026 14:00 live" in text
    assert "_scl last click PerkPanel soft" in text
    assert "Stood down: The Trail Blog's hard cookie was live until 11 Apr 2026 14:00." in text


@pytest.mark.usefixtures("shop")
def test_the_strip_of_a_new_browser_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    text = look(FirstParty(), monkeypatch)
    assert "An order now would pay nobody ." in text
    assert "has followed no partner's link" in text


def test_the_strip_follows_an_order(
    shop: Advertiser, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    assert "Order NO-1: on its way to the network." in look(shopper, monkeypatch, "?order=NO-1")
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1", amount="50.00")
    text = look(shopper, monkeypatch, "?order=NO-1")
    assert "Order NO-1: £4.00 to The Trail Blog , hard — Pending , final on 11 Apr 2026" in text


def test_the_strip_follows_an_order_that_pays_nobody(
    shop: Advertiser, extension: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    shopper.follow(extension, NOW)
    shopper.end_session()
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-2")
    text = look(shopper, monkeypatch, "?order=NO-2")
    assert "Order NO-2: nobody is paid ." in text
    assert "PerkPanel's soft cookie had ended with its browser session" in text


def test_cookies_of_an_earlier_demo_are_cleared(shop: Advertiser, blog: Partnership) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    assert not ask(places.SHOP, "/", **shopper.jar).cookies
    forged = {**shopper.jar, "_scl": shopper.jar["_scl"][:-8] + "AAAAAAAA"}
    assert cleared(ask(places.SHOP, "/", **forged)) == Counter(
        {"_sch": 2, "_scs": 2, "_scl": 2, "_scn": 2}
    )


def cleared(response: HttpResponseBase) -> Counter[str]:
    """Deleted cookies by name; each for the host alone and for the host's name as domain."""
    morsels: list[Any] = list(response.cookies.values())
    assert all(morsel["max-age"] in ("0", 0) and not morsel.value for morsel in morsels)
    return Counter(morsel.key for morsel in morsels)


# --- The controls -----------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("page", "back"),
    [
        pytest.param("/", "/", id="front"),
        pytest.param("/checkout?product=tent&quantity=2", "", id="query"),
        pytest.param("/product/tent?a=b&sclk=token", "/product/tent?a=b", id="landed"),
        pytest.param("/product/tent?sclk=token", "/product/tent", id="landed_without_more"),
    ],
)
def test_the_controls_lead_back_to_the_very_page(page: str, back: str) -> None:
    client = Client(headers={"host": places.SHOP, "referer": places.url(places.SHOP, page)})
    strip_page = client.get("/demo/strip").content.decode()
    backs = re.findall(r'name="back" value="([^"]+)"', strip_page)
    assert {html.unescape(found) for found in backs} == {back or page}
    answer = client.post("/demo/skip", {"duration": "hour", "back": back or page})
    assert answer["Location"] == places.url(places.SHOP, back or page)


@pytest.fixture
def client_at_shop(shop: Advertiser) -> Client:
    return Client(headers={"host": places.SHOP})


@pytest.mark.parametrize(
    ("duration", "ahead"),
    [
        pytest.param("hour", "1 hour", id="hour"),
        pytest.param("day", "1 day", id="day"),
        pytest.param("month", "31 days", id="month"),
    ],
)
def test_skip_moves_the_clock(client_at_shop: Client, duration: str, ahead: str) -> None:
    response = client_at_shop.post("/demo/skip", {"duration": duration, "back": "/product/tent"})
    assert (response.status_code, response["Location"]) == (
        303,
        places.url(places.SHOP, "/product/tent"),
    )
    assert controls.ahead() == ahead


def test_skips_add_up(client_at_shop: Client) -> None:
    for duration in ("month", "hour", "hour"):
        client_at_shop.post("/demo/skip", {"duration": duration})
    assert controls.ahead() == "31 days 2 hours"


def test_the_clock_is_moved_by_a_post_of_the_shop_only(client_at_shop: Client) -> None:
    month = {"duration": "month"}
    evil = {"origin": "http://evil.example"}
    assert client_at_shop.get("/demo/skip", month).status_code == 405
    assert client_at_shop.post("/demo/skip", month, headers=evil).status_code == 403
    assert client_at_shop.post("/demo/skip", {"duration": "century"}).status_code == 422
    assert controls.ahead() == ""
    own = {"origin": places.origin(places.SHOP)}
    assert client_at_shop.post("/demo/skip", month, headers=own).status_code == 303


@pytest.mark.parametrize(
    ("back", "path"),
    [
        pytest.param("/product/tent?sclk=x", "/product/tent?sclk=x", id="page"),
        pytest.param("", "/", id="none"),
        pytest.param("http://evil.example/", "/", id="elsewhere"),
        pytest.param("//evil.example/", "//evil.example/", id="a_path_of_the_shop"),
    ],
)
def test_a_control_leads_back_to_the_shop(client_at_shop: Client, back: str, path: str) -> None:
    response = client_at_shop.post("/demo/skip", {"duration": "hour", "back": back})
    assert response["Location"] == places.url(places.SHOP, path)
    assert response["Location"].startswith(f"{places.origin(places.SHOP)}/")


def test_the_session_ends_on_every_host(
    shop: Advertiser, client_at_shop: Client, demo_settings: Settings
) -> None:
    tracking_hosts.replace(shop, [places.SHOP_TRACKING])
    answer = client_at_shop.post("/demo/end-session", {"back": "/product/tent"})
    path = f"/t/{shop.id}/demo/end-session?back=%2Fproduct%2Ftent"
    assert cleared(answer) == Counter({"_scs": 2, "_scn": 2})

    demo_settings.ROOT_URLCONF = "network.demo.tracking_urls"
    for host in (django_settings.TRACKING_HOST, places.SHOP_TRACKING):
        assert (answer.status_code, answer["Location"]) == (307, places.url(host, path))
        there = Client(headers={"host": host})
        assert there.get(path).status_code == 405
        answer = there.post(path)
        names = (f"__Secure-scs-{shop.id}", f"__Secure-scn-{shop.id}")
        assert cleared(answer) == Counter(names)
        for morsel in answer.cookies.values():
            assert (morsel["path"], morsel["secure"]) == (f"/t/{shop.id}/", True)
    back = places.url(places.SHOP, "/product/tent")
    assert (answer.status_code, answer["Location"]) == (303, back)


# --- The guide --------------------------------------------------------------------------------


def ticked(text: str) -> list[str]:
    """The steps that are done, as the strip says."""
    titles = ("Come by a link", "Let a soft one ask", "Order", "See why", "Let the windows close")
    parts = re.split("|".join(map(re.escape, titles)), text.partition("An order now")[0])
    return [title for title, part in zip(titles, parts[1:], strict=False) if "Done." in part]


def test_the_guide_ticks_off_what_this_browser_has_done(
    shop: Advertiser,
    blog: Partnership,
    extension: Partnership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guide, "ASKING", frozenset({extension.publisher_id}))
    shopper = FirstParty()
    assert ticked(look(shopper, monkeypatch)) == []
    shopper.follow(blog, NOW)
    assert ticked(look(shopper, monkeypatch)) == ["Come by a link"]
    shopper.follow(extension, NOW + timedelta(minutes=5))
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1")
    done = ["Come by a link", "Let a soft one ask", "Order"]
    assert ticked(look(shopper, monkeypatch)) == done
    shown = ask(places.SHOP, "/demo/strip", **shopper.jar, demo_looked="NO-1").content.decode()
    assert ticked(re.sub(r"<[^>]+>", " ", shown)) == [*done, "See why"]
    finalisation.finalise_due(NOW + timedelta(days=31))
    assert ticked(look(shopper, monkeypatch)) == [*done, "Let the windows close"]


def test_the_guide_opens_the_sale_in_the_admin(
    shop: Advertiser, blog: Partnership, client_at_shop: Client
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1")
    answer = client_at_shop.post("/demo/look", {"order": "NO-1"})
    onward = f"person=nimbus&next=%2Fadmin%2Ftracking%2Fconversion%2F{sale.pk}%2Fchange%2F"
    there = f"{django_settings.SITE_URL}/demo/sign-in/?{onward}"
    assert (answer.status_code, answer["Location"]) == (307, there)
    assert answer.cookies["demo_looked"].value == "NO-1"
    assert client_at_shop.get("/demo/look").status_code == 405
    unknown = client_at_shop.post("/demo/look", {"order": "NO-2"})
    assert (unknown.status_code, unknown["Location"]) == (303, places.url(places.SHOP))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/static/demo/demo.css", 200, id="style"),
        pytest.param("/static/demo/overlay.js", 200, id="overlay"),
        pytest.param("/static/network/site.css", 404, id="of_the_site"),
        pytest.param("/static/demo/../network/site.css", 404, id="upwards"),
        pytest.param("/static/demo/none.css", 404, id="none"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_the_pages_files_are_there_and_no_others(path: str, status: int) -> None:
    client = Client(headers={"host": places.BLOG})
    answer = client.get(path)
    answer.close()
    assert answer.status_code == status


def test_the_tracking_host_keeps_its_own_urls_in_the_demo() -> None:
    for path in ("/t/1/c/1", "/t/1/tag.js", "/t/1/pixel.gif", "/t/1/sale", "/t/1/a/2"):
        here = resolve(path, "network.demo.tracking_urls")
        assert here.func is resolve(path, "tracking.urls").func
