"""What a shop pastes or writes to be tracked, with its own tracking host and id in it.

Code is the same in every language; only titles and notes are translated.
"""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from network.models import Advertiser
from network.money import decimals
from tracking.pages.integration import recipes
from tracking.wire.tag import STUB_HASH, snippet_at


@dataclass(frozen=True, slots=True)
class CodeSnippet:
    """Code to be copied; ``key`` names it in the page. A title that ``is_name`` is the same in
    every language."""

    key: str
    title: str
    note: str
    code: str
    is_name: bool = False


def snippets(shop: Advertiser, base: str) -> Sequence[CodeSnippet]:
    """What every shop needs, or may; ``base`` is where its tag and pixel are."""
    return [*_in_pages(shop, base), *_besides(shop, base)]


def _in_pages(shop: Advertiser, base: str) -> Sequence[CodeSnippet]:
    return [
        CodeSnippet(
            "tag",
            _("The tag, on every page"),
            _("As high in the page's head as you can. The first part has to stay in the page."),
            snippet_at(base),
        ),
        CodeSnippet(
            "sale",
            _("The sale, on the thank-you page"),
            _(
                "With the order's own values, written by the shop's server. The amount is the "
                "total after discounts, without tax and shipping."
            ),
            _call(shop, {}),
        ),
        CodeSnippet(
            "signed",
            _("The same, signed"),
            _(
                "A signed report confirms the sale. The shop's server computes the signature with "
                "the signing key when it renders the page; docs/signing.md says how, in five "
                "languages."
            ),
            _call(shop, {"sig": "…"}),
        ),
    ]


def _besides(shop: Advertiser, base: str) -> Sequence[CodeSnippet]:
    return [
        CodeSnippet(
            "pixel",
            _("The pixel, for browsers without scripts"),
            _(
                "Also on the thank-you page. On the shared tracking host most browsers send no "
                "cookies with it: it is no replacement for the tag."
            ),
            _pixel(shop, base),
        ),
        CodeSnippet(
            "csp",
            _("For a Content-Security-Policy"),
            _("Only if the shop sends one: add these sources to its policy."),
            _policy(base),
        ),
        CodeSnippet(
            "server",
            _("The call of the shop's server"),
            _(
                "Such a report is believed most, and needs no browser. The click ids are those "
                "that the shop's server kept of the buyer's visits. Make the API key under Terms "
                "and keys."
            ),
            recipes.CURL % _values(shop, base),
        ),
    ]


def ready_recipes(shop: Advertiser, base: str) -> Sequence[CodeSnippet]:
    """For shop systems. They are written from each system's documentation."""
    values = _values(shop, base)
    return [*_systems(values), *_languages(values)]


def _systems(values: Mapping[str, str]) -> Sequence[CodeSnippet]:
    return [
        CodeSnippet(
            "shopify",
            "Shopify",
            _(
                "Paste the tag into theme.liquid. Then, under Settings, Customer events, add a "
                "custom pixel with this code and the permission Marketing. Where prices include "
                "tax, so does the amount: report sales from the server then."
            ),
            recipes.SHOPIFY % values,
            is_name=True,
        ),
        CodeSnippet(
            "woocommerce",
            "WooCommerce",
            _("Into the child theme's functions.php, or a plugin for code snippets."),
            recipes.WOOCOMMERCE % values,
            is_name=True,
        ),
        CodeSnippet(
            "gtm",
            _("Google Tag Manager, in the page"),
            _(
                "Two tags of the type Custom HTML. Order, Amount and Currency are variables of the "
                "type Data Layer Variable: ecommerce.transaction_id, ecommerce.value and "
                "ecommerce.currency. Check that the value is without tax and shipping."
            ),
            recipes.GTM % values,
        ),
    ]


def _languages(values: Mapping[str, str]) -> Sequence[CodeSnippet]:
    return [
        CodeSnippet(
            "php",
            "PHP",
            _(
                "Safari keeps what a script stores for 7 days at most, and after a click with a "
                "known parameter for 24 hours. A cookie that the shop's own server sets is kept as "
                "long as it says. Call keep_click() on every page once the shopper agrees, and "
                "report_sale() when the order is paid."
            ),
            recipes.PHP % values,
            is_name=True,
        ),
        CodeSnippet(
            "python",
            "Python",
            _("Both halves for any framework: what to keep of a landing, and the report."),
            recipes.PYTHON % values,
            is_name=True,
        ),
    ]


def _values(shop: Advertiser, base: str) -> dict[str, str]:
    return {
        "tag": snippet_at(base),
        "base": base,
        "api": f"{settings.SITE_URL}/api/v1/conversions",
        "parameter": shop.click_parameter,
        "currency": shop.currency,
        "places": str(decimals(shop.currency)),
        "amount": _amount(shop),
    }


def _amount(shop: Advertiser) -> str:
    return "49.90" if decimals(shop.currency) else "4990"


def _call(shop: Advertiser, more: dict[str, str]) -> str:
    sale = {"order": "10023", "amount": _amount(shop), "currency": shop.currency, **more}
    return f"<script>softclick('sale', {json.dumps(sale, ensure_ascii=False)});</script>"


def _pixel(shop: Advertiser, base: str) -> str:
    query = f"order=10023&amount={_amount(shop)}&currency={shop.currency}"
    address = html.escape(f"{base}pixel.gif?{query}")
    return f'<noscript><img src="{address}" width="1" height="1" alt=""></noscript>'


def _policy(base: str) -> str:
    parts = urlsplit(base)
    host = f"{parts.scheme}://{parts.netloc}"
    return f"script-src {host} {STUB_HASH}; connect-src {host}; img-src {host}"
