"""Code for shop systems, with places for a shop's own values (``%(base)s``)."""

CURL = """\
curl %(api)s \\
  -H 'Authorization: Bearer sclk_…' \\
  -H 'Content-Type: application/json' \\
  -d '{"order": "10023", "amount": "%(amount)s", "currency": "%(currency)s", "clicks": ["…"]}'
"""

SHOPIFY = """\
analytics.subscribe('checkout_completed', async (event) => {
  const checkout = event.data.checkout;
  const query = new URLSearchParams({
    order: checkout.order.id,
    amount: Number(checkout.subtotalPrice.amount).toFixed(%(places)s),
    currency: checkout.currencyCode,
  });
  for (const name of ['_sch', '_scs', '_scl']) {
    const click = await browser.cookie.get(name);
    if (click) query.append('click', click);
  }
  fetch('%(base)spixel.gif?' + query, { mode: 'no-cors', keepalive: true });
});
"""

WOOCOMMERCE = """\
add_action('wp_head', function () {
    ?>%(tag)s<?php
}, 1);

add_action('woocommerce_thankyou', function ($order_id) {
    $order = wc_get_order($order_id);
    if (!$order || $order->has_status('failed')) {
        return;
    }
    $net = $order->get_total() - $order->get_total_tax() - $order->get_shipping_total();
    $sale = [
        'order' => $order->get_order_number(),
        'amount' => number_format(max($net, 0), %(places)s, '.', ''),
        'currency' => $order->get_currency(),
        'voucher' => implode(',', $order->get_coupon_codes()),
    ];
    $json = wp_json_encode($sale, JSON_HEX_TAG | JSON_HEX_AMP);
    echo "<script>softclick('sale', $json);</script>";
});
"""

GTM = """\
<!-- First tag. Trigger: all pages -->
%(tag)s

<!-- Second tag. Trigger: custom event "purchase" -->
<script>
  softclick('sale', {order: {{Order}}, amount: {{Amount}}, currency: {{Currency}}});
</script>
"""

PHP = """\
<?php
function kept_clicks(): array
{
    preg_match_all('/[a-z2-7]{85}/i', $_COOKIE['shop_clicks'] ?? '', $found);
    return array_slice($found[0], 0, 10);
}

function keep_click(): void
{
    $click = $_GET['%(parameter)s'] ?? '';
    if (!is_string($click) || !preg_match('/^[a-z2-7]{85}$/iD', $click)) {
        return;
    }
    $clicks = array_slice(array_unique([$click, ...kept_clicks()]), 0, 10);
    setcookie('shop_clicks', implode('.', $clicks), [
        'expires' => time() + 30 * 86400, 'path' => '/',
        'secure' => true, 'httponly' => true, 'samesite' => 'Lax',
    ]);
}

function report_sale(string $order, string $amount, string $currency): int
{
    $sale = ['order' => $order, 'amount' => $amount, 'currency' => $currency];
    $call = curl_init('%(api)s');
    curl_setopt_array($call, [
        CURLOPT_POST => true,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 5,
        CURLOPT_HTTPHEADER => [
            'Content-Type: application/json',
            'Authorization: Bearer ' . getenv('SOFTCLICK_KEY'),
        ],
        CURLOPT_POSTFIELDS => json_encode($sale + ['clicks' => kept_clicks()]),
    ]);
    curl_exec($call);
    return curl_getinfo($call, CURLINFO_RESPONSE_CODE); // 0, 429 and 503: send it again later
}
"""

PYTHON = """\
import json
import os
import re
import urllib.error
import urllib.request


def clicks_to_keep(query: dict[str, str], cookie: str) -> list[str]:
    \"\"\"What the cookie shop_clicks should hold, joined by dots: newest first.\"\"\"
    found = [query.get("%(parameter)s", ""), *cookie.split(".")]
    valid = [text for text in found if re.fullmatch("[A-Za-z2-7]{85}", text)]
    return list(dict.fromkeys(valid))[:10]


def report_sale(order: str, amount: str, currency: str, clicks: list[str]) -> int:
    \"\"\"The status of the answer; 429 and 503, or an OSError: send it again later.\"\"\"
    sale = {"order": order, "amount": amount, "currency": currency, "clicks": clicks}
    request = urllib.request.Request(
        "%(api)s",
        json.dumps(sale).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": "Bearer " + os.environ["SOFTCLICK_KEY"],
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
"""
