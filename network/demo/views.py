"""The demo's pages: the shop with the merchant's tag, the blog, the extension's panel.

The pages themselves ask no database, so that the shop is there while PostgreSQL is not; the strip
at the bottom is fetched apart.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from network import clock
from network.demo import cast, controls, places, strip
from network.demo.catalogue import BY_SLUG, CURRENCY, PRODUCTS, Product
from network.models import Advertiser
from network.money import AmountError, Money, parse, plain
from tracking.snapshot import AdvertiserSnapshot, keeper
from tracking.tag import TagSettings, snippet

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
        places.BLOG: blog,
        places.EXTENSION: extension,
    }
    return pages[request.get_host().partition(":")[0].lower()](request)


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
        return HttpResponseRedirect(f"/thank-you/{number}?amount={amount}")
    total = Money(chosen.price_minor * quantity, CURRENCY)
    context = {"product": chosen, "quantity": quantity, "total": total}
    return _shop_page(request, "demo/shop_checkout.html", context)


@at(places.SHOP)
def thank_you(request: HttpRequest, number: str) -> HttpResponse:
    """Where the shop reports the sale: by its tag, and by a pixel where there is no script."""
    amount_minor = _amount(request.GET.get("amount", ""))
    sale = {"order": number, "amount": plain(amount_minor, CURRENCY), "currency": CURRENCY}
    total = Money(amount_minor, CURRENCY)
    context = {"number": number, "total": total, "sale": sale, "sale_query": urlencode(sale)}
    return _shop_page(request, "demo/shop_thank_you.html", context)


@at(places.SHOP)
def show_strip(request: HttpRequest) -> HttpResponse:
    """What this browser holds, who would be paid now, and what became of ``?order=``."""
    advertiser = Advertiser.objects.get(id=_shop().id)
    now = clock.now()
    brought = strip.read(request.COOKIES, advertiser.id, now)
    outcome = strip.outcome_now(brought, advertiser, now)
    names = strip.names_of(judged.click for judged in outcome.verdicts)
    number = request.GET.get("order", "")
    context = {
        "slots": strip.slots_of(brought, names, now),
        "sessions": sorted(brought.sessions),
        "lines": strip.lines_of(outcome, names),
        "paid": names.of(outcome.paid) if outcome.paid else "",
        "order": strip.order_of(number, advertiser) if number else None,
        "now": now,
        "ahead": controls.ahead(),
    }
    response = render(request, "demo/strip.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


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
        strip_click_parameter=shop.strip_click_parameter,
    )
    more = {"shop": shop, "tag": snippet(tag), "pixel": f"{base_url}pixel.gif"}
    strip_context = {
        "links": _links(),
        "skips": controls.SKIP_LABELS.items(),
        "back": _without(request, shop.click_parameter),
    }
    response = render(request, template, {**context, **more, **strip_context})
    if strip.read(request.COOKIES, shop.id, clock.now()).foreign:
        for name in (*strip.TOKENS.values(), strip.SESSIONS):
            controls.forget(response, name, places.SHOP)
    return response


def _without(request: HttpRequest, parameter: str) -> str:
    """The page's own address without this parameter: the click has landed already."""
    query = request.GET.copy()
    query.pop(parameter, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


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


@at(places.BLOG)
def blog(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/blog.html", {"links": _links(), "products": PRODUCTS})


@at(places.EXTENSION)
def extension(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/extension.html", {"links": _links()})


def _links() -> dict[str, str]:
    return {
        "shop": places.url(places.SHOP),
        "blog": places.url(places.BLOG),
        "extension": places.url(places.EXTENSION),
        "network": settings.SITE_URL,
        "by_blog": places.tracking_link(cast.SHOP, cast.BLOG),
        "by_extension": places.tracking_link(cast.SHOP, cast.EXTENSION),
    }
