"""The demo's pages: the shop with the merchant's tag, and the pages of four of its publishers.

The pages themselves ask no database, so that the shop is there while PostgreSQL is not; the strip
at the bottom is fetched apart.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from posixpath import normpath
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.staticfiles import views as static_files
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render

from network import clock
from network.advertisers import signing_keys
from network.demo.pages import controls, guide, places, shop_server, strip
from network.demo.story import cast
from network.demo.story.catalogue import BY_SLUG, CURRENCY, PRODUCTS, Product, item_of
from network.models import Advertiser
from network.money import AmountError, Money, parse, plain
from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.evidence import signing
from tracking.evidence.fields import MAX_ORDER
from tracking.rule.text import printable
from tracking.wire.tag import TagSettings, snippet

View = Callable[..., HttpResponse]
MOST_OF_ONE = 9
ORDER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def at(host: str) -> Callable[[View], View]:
    """Only this host has the page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def respond(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.get_host().partition(":")[0].lower() != host:
                raise Http404
            return view(request, *args, **kwargs)

        return respond

    return decorate


def front(request: HttpRequest) -> HttpResponse:
    """The first page of whichever host was asked."""
    pages: Mapping[str, View] = {
        places.SHOP: shop_front,
        places.BLOG: at(places.BLOG)(blog),
        places.EXTENSION: at(places.EXTENSION)(extension),
        places.CASHBACK: at(places.CASHBACK)(cashback),
        places.OVERLAY: at(places.OVERLAY)(overlay),
    }
    return pages[request.get_host().partition(":")[0].lower()](request)


def static_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """The pages' own styles, scripts and pictures, from ``network/static/demo``."""
    if not normpath(path).startswith("demo/"):
        raise Http404
    response = static_files.serve(request, path, insecure=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


# --- The shop ---------------------------------------------------------------------------------


@at(places.SHOP)
def shop_front(request: HttpRequest) -> HttpResponse:
    return _shop_page(request, "demo/shop_front.html", {"products": PRODUCTS})


@at(places.SHOP)
def product(request: HttpRequest, slug: str) -> HttpResponse:
    return _shop_page(request, "demo/shop_product.html", {"product": _product(slug)})


@at(places.SHOP)
def checkout(request: HttpRequest) -> HttpResponse:
    """The basket, from the address; a POST orders it under a number of its own."""
    chosen = _product(request.GET.get("product", ""))
    quantity = _quantity(request.GET.get("quantity", "1"))
    if request.method == "POST":
        number = "NO-" + "".join(secrets.choice(ORDER_ALPHABET) for _ in range(8))
        amount = plain(chosen.price_minor * quantity, CURRENCY)
        item = item_of(chosen.price_minor, quantity, CURRENCY)
        query: dict[str, object]
        if request.POST.get("by") == "server":
            sale = {"order": number, "amount": amount, "currency": CURRENCY, "items": [item]}
            query = {"amount": amount, "call": _reported_by_server(request, sale)}
        else:
            query = {"amount": amount, "sig": _signed(number, amount)}
            query |= {"product": chosen.slug, "quantity": quantity}
        return HttpResponseRedirect(f"/thank-you/{number}?{urlencode(query)}")
    total = Money(chosen.price_minor * quantity, CURRENCY)
    context = {"product": chosen, "quantity": quantity, "total": total}
    return _shop_page(request, "demo/shop_checkout.html", context)


def _signed(number: str, amount: str) -> str:
    """The shop's signature of an order, made when its server takes it and never of what an address
    says; empty without a signing key."""
    keys = signing_keys.keys_of([_shop().id])[_shop().id]
    return signing.sign(f"{number}|{amount}|{CURRENCY}|", keys[0].secret) if keys else ""


def _reported_by_server(request: HttpRequest, sale: Mapping[str, object]) -> str:
    """What the shop's server sent about the order, and what was answered. The click ids are those
    that the tag has kept in this browser, which the shop's server gets with each request."""
    clicks = [request.COOKIES[name] for name in strip.TOKENS.values() if request.COOKIES.get(name)]
    return shop_server.report(Advertiser.objects.get(id=_shop().id), sale, clicks).dump()


@at(places.SHOP)
def thank_you(request: HttpRequest, number: str) -> HttpResponse:
    """Where the shop reports the sale: by its tag, and by a pixel where there is no script. If its
    server has done so, the page shows that call instead."""
    amount_minor = _amount(request.GET.get("amount", ""))
    sale: dict[str, object] = {
        "order": number,
        "amount": plain(amount_minor, CURRENCY),
        "currency": CURRENCY,
    }
    if sig := request.GET.get("sig", ""):
        sale["sig"] = sig
    query = urlencode(sale)  # a pixel lists no items
    if bought := BY_SLUG.get(request.GET.get("product", "")):
        quantity = _quantity(request.GET.get("quantity", "1"))
        sale["items"] = [item_of(bought.price_minor, quantity, CURRENCY)]
    call = shop_server.load(request.GET.get("call", ""))
    total = Money(amount_minor, CURRENCY)
    context = {"number": number, "total": total, "sale": sale, "sale_query": query}
    context["call"] = call
    return _shop_page(request, "demo/shop_thank_you.html", context)


@at(places.SHOP)
def show_strip(request: HttpRequest) -> HttpResponse:
    """What this browser holds, who would be paid now, what became of its order, what comes next."""
    advertiser = Advertiser.objects.get(id=_shop().id)
    now = clock.now()
    brought = strip.read(request.COOKIES, advertiser.id, now)
    outcome = strip.outcome_now(brought, advertiser, now)
    names = strip.names_of(judged.click for judged in outcome.verdicts)
    asked = printable(request.GET.get("order", ""), MAX_ORDER)
    number = asked or strip.order_number_of(outcome, advertiser)
    order = strip.order_of(number, advertiser) if number else None
    steps = guide.steps(outcome, order, request.COOKIES.get(strip.LOOKED, ""))
    context = {
        "steps": steps,
        "done": sum(step.done for step in steps),
        "slots": strip.slots_of(brought, names, now),
        "sessions": sorted(brought.sessions),
        "lines": strip.lines_of(outcome, names),
        "paid": names.of(outcome.paid) if outcome.paid else "",
        "order": order,
        "links": _links(),
        "back": _page_of(request, advertiser),
        "skips": controls.SKIP_LABELS.items(),
        "now": now,
        "ahead": controls.ahead(),
    }
    response = render(request, "demo/strip.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_of(request: HttpRequest, advertiser: Advertiser) -> str:
    """The page that asks for the strip, without the click that has landed on it already."""
    parts = urlsplit(request.headers.get("Referer", ""))
    query = QueryDict(parts.query, mutable=True)
    query.pop(advertiser.click_parameter, None)
    return f"{parts.path}?{query.urlencode()}" if query else parts.path


def _shop() -> AdvertiserSnapshot:
    """The advertiser whose shop this is. Raises Http404 in a network that has no such one."""
    shop = keeper.current().advertisers.get(cast.SHOP)
    if shop is None or places.SHOP not in shop.domains:
        raise Http404("This network has no advertiser with this shop.")
    return shop


def _shop_page(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    shop = _shop()
    base_url = shop.base_url
    tag = TagSettings(
        advertiser=shop.id,
        click_parameter=shop.click_parameter,
        base_url=base_url,
        longest_window_days=shop.longest_window_days,
        consent_default=shop.consent_default,
        currency=shop.currency,
        strip_click_parameter=shop.strip_click_parameter,
    )
    more = {"shop": shop, "tag": snippet(tag), "pixel": f"{base_url}pixel.gif"}
    more |= {"links": _links(), "overlay_publisher": cast.OVERLAY}
    response = render(request, template, {**context, **more})
    if strip.read(request.COOKIES, shop.id, clock.now()).foreign:
        for name in strip.COOKIES:
            controls.forget(response, name, places.SHOP)
    return response


def _product(slug: str) -> Product:
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


def _quantity(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        return 1
    return min(max(int(text[:3]), 1), MOST_OF_ONE)


def _amount(text: str) -> int:
    try:
        return parse(text, CURRENCY)
    except AmountError:
        return 0


# --- The publishers ---------------------------------------------------------------------------


def blog(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/blog.html", {"links": _links(), "products": PRODUCTS})


def cashback(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/cashback.html", {"links": _links()})


def overlay(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/overlay.html", {"links": _links(), "publisher": cast.OVERLAY})


def extension(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/extension.html", {"links": _links()})


def _links() -> dict[str, str]:
    return {
        "shop": places.url(places.SHOP),
        "blog": places.url(places.BLOG),
        "extension": places.url(places.EXTENSION),
        "cashback": places.url(places.CASHBACK),
        "overlay": places.url(places.OVERLAY),
        "overlay_script": places.url(places.OVERLAY, "/static/demo/overlay.js"),
        "network": settings.SITE_URL,
        "people": f"{settings.SITE_URL}/demo/",
        "mails": f"{settings.SITE_URL}/demo/mail/",
        "by_blog": places.tracking_link(cast.SHOP, cast.BLOG),
        "by_extension": places.tracking_link(cast.SHOP, cast.EXTENSION),
        "by_cashback": places.tracking_link(cast.SHOP, cast.CASHBACK),
    }
