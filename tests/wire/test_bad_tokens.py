"""Tokens that are not ours, or not for here, or not for now: in cookies, in a pixel, in a tag's
report. Each is recorded with its reason and credits nobody."""

import json
from base64 import b32decode, b32encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from time_machine import Traveller
from uuid_utils.compat import uuid7

from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tests.wire.answers import clicks, cookie_kinds, link, only_click, token_in
from tracking.clicks.keys import KEYS
from tracking.models import Commission, Conversion, Report, UnattributedSales
from tracking.rule.attribution import Click, CookieType
from tracking.rule.tokens import TOKEN_LENGTH, Keys, Token, encode, time_of

Forge = Callable[[Partnership], str]
HARD_MINUTES = 30 * 24 * 60


def genuine(
    partnership: Partnership,
    *,
    ahead: timedelta = -timedelta(minutes=1),
    advertiser: int = 0,
    keys: Keys = KEYS,
    cookie_type: CookieType = CookieType.HARD,
) -> str:
    """A click's token, by default a hard one's and a minute old."""
    identifier = uuid7(nanoseconds=to_ms(NOW + ahead) * 1_000_000)
    click = Click(
        id=identifier,
        at=time_of(identifier),
        publisher=partnership.publisher_id,
        cookie_type=cookie_type,
        window_minutes=HARD_MINUTES,
        journey=77,
        session=7,
    )
    return encode(Token(advertiser or partnership.advertiser_id, click), keys)


def with_byte(number: int, value: int | None = None) -> Forge:
    """A genuine token with one byte changed."""

    def forge(partnership: Partnership) -> str:
        raw = bytearray(b32decode(genuine(partnership).upper() + "==="))
        raw[number] = raw[number] ^ 1 if value is None else value
        return b32encode(raw).decode().rstrip("=").lower()

    return forge


def elsewhere(partnership: Partnership) -> str:
    return genuine(partnership, advertiser=make_advertiser().id)


def without_canonical_end(partnership: Partnership) -> str:
    """Its last character carries two bits that no byte has."""
    token = genuine(partnership)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


FORGED = [
    pytest.param(with_byte(-1), "bad_signature", id="signature"),
    pytest.param(with_byte(1), "bad_signature", id="cookie_type"),
    pytest.param(with_byte(5), "bad_signature", id="advertiser"),
    pytest.param(with_byte(9), "bad_signature", id="publisher"),
    pytest.param(with_byte(12), "bad_signature", id="time"),
    pytest.param(with_byte(33), "bad_signature", id="journey"),
    pytest.param(with_byte(38), "bad_signature", id="window"),
    pytest.param(
        lambda own: genuine(own, keys=Keys({KEYS.signing: b"x" * 32}, KEYS.signing)),
        "bad_signature",
        id="signed_with_another_secret",
    ),
    pytest.param(
        lambda own: genuine(own, keys=Keys({9: b"x" * 32}, 9)), "unknown_key", id="unknown_key"
    ),
    pytest.param(with_byte(0, 0x20), "unknown_key", id="unknown_version"),
    pytest.param(lambda own: genuine(own)[:-1], "malformed", id="truncated"),
    pytest.param(lambda own: genuine(own)[:20], "malformed", id="truncated_a_lot"),
    pytest.param(lambda own: genuine(own) + "A", "malformed", id="extended"),
    pytest.param(lambda own: "*" * TOKEN_LENGTH, "malformed", id="not_base32"),
    pytest.param(without_canonical_end, "malformed", id="not_canonical"),
    pytest.param(lambda own: "awc_1234_5678", "malformed", id="another_networks"),
    pytest.param(elsewhere, "other_advertiser", id="of_another_advertiser"),
    pytest.param(
        lambda own: genuine(own, ahead=timedelta(minutes=5, milliseconds=1)),
        "from_future",
        id="from_the_future",
    ),
]


EVERYWHERE = [
    *(pytest.param(*case.values, "hard", id=f"hard_{case.id}") for case in FORGED),
    *(pytest.param(*FORGED[0].values, role, id=role) for role in ("soft", "last")),
]


@pytest.mark.parametrize(("forge", "reason", "role"), EVERYWHERE)
def test_in_a_cookie_it_credits_nobody_and_protects_the_holder(
    tracking_client: TrackingClient,
    blog: Partnership,
    extension: Partnership,
    forge: Forge,
    reason: str,
    role: str,
) -> None:
    """Whoever damages a cookie that may hold somebody's claim does not get the cookie by that."""
    cookie = f"__Secure-sc{role[0]}-{blog.advertiser_id}={forge(blog)}"
    response = tracking_client.get(link(extension), headers={"Cookie": cookie})

    click = only_click(tracking_client)
    stands_down = role in ("hard", "last")
    assert click.rejected_tokens == [f"{role}: {reason}"]
    assert (click.stood_down, click.reason) == (stands_down, "")
    assert click.journey not in (0, 77)
    always = {"__Secure-scl", "__Secure-scn"}
    assert cookie_kinds(response) == (always if stands_down else {*always, "__Secure-scs"})


@pytest.mark.parametrize("role", ["hard", "soft", "last"])
@pytest.mark.parametrize("in_page", [False, True])
def test_two_cookies_of_one_name_are_somebodys(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, role: str, in_page: bool
) -> None:
    """A page's script can set a cookie of the same name for a wider domain or another path."""
    overlay = make_partner(shop, make_publisher(model_type="overlay"), in_page=True)
    name, value = f"__Secure-sc{role[0]}-{shop.id}", genuine(blog)
    headers = {"Cookie": f"{name}={value}; {name}=x"}
    if in_page:
        headers |= {"Sec-Fetch-Mode": "cors", "Origin": "https://shop.example"}
    address = link(overlay).replace("/c/", "/a/") if in_page else link(overlay)
    tracking_client.get(address, headers=headers)

    click = only_click(tracking_client)
    assert (click.reason, click.stood_down) == ("", True)
    assert click.rejected_tokens == [f"{role}: doubled"]


@pytest.mark.parametrize(
    ("slot", "cookie_type", "stands_down"),
    [
        pytest.param("h", CookieType.SOFT, True, id="a_soft_click_as_the_hard_one"),
        pytest.param("s", CookieType.HARD, False, id="a_hard_click_as_the_soft_one"),
    ],
)
def test_a_genuine_click_in_the_other_slot_is_none_of_ours(
    tracking_client: TrackingClient,
    blog: Partnership,
    extension: Partnership,
    slot: str,
    cookie_type: CookieType,
    stands_down: bool,
) -> None:
    """Who overwrites the hard cookie with a soft click's token is no better than with rubbish."""
    token = genuine(blog, cookie_type=cookie_type)
    cookie = f"__Secure-sc{slot}-{blog.advertiser_id}={token}"
    tracking_client.get(link(extension), headers={"Cookie": cookie})

    click = only_click(tracking_client)
    assert click.stood_down is stands_down
    role = {"h": "hard", "s": "soft"}[slot]
    assert (click.rejected_tokens, click.journey == 77) == ([f"{role}: wrong_slot"], False)


SESSIONS = [
    pytest.param("{name}=7; {name}=8", ["session: doubled"], id="doubled"),
    pytest.param("{name}=; {name}=7", ["session: doubled"], id="doubled_with_an_empty_one"),
    pytest.param("{name}=x", [], id="damaged"),
    pytest.param("other=1", [], id="deleted"),
]


@pytest.mark.parametrize(("cookies", "rejected"), SESSIONS)
def test_damaging_the_session_ends_nobodys(
    tracking_client: TrackingClient,
    blog: Partnership,
    extension: Partnership,
    cookies: str,
    rejected: list[str],
) -> None:
    """The soft slot of another click would be free for the taking, and its sale nobody's."""
    soft = genuine(blog, cookie_type=CookieType.SOFT)
    damaged = cookies.format(name=f"__Secure-scn-{blog.advertiser_id}")
    headers = {"Cookie": f"__Secure-scs-{blog.advertiser_id}={soft}; {damaged}"}
    tracking_client.get(link(extension), headers=headers)

    click = only_click(tracking_client)
    assert (click.stood_down, click.session, click.rejected_tokens) == (True, 7, rejected)


def test_two_cookies_that_say_the_same_are_one(
    tracking_client: TrackingClient, blog: Partnership, extension: Partnership
) -> None:
    pair = f"__Secure-sch-{blog.advertiser_id}={genuine(blog)}"
    tracking_client.get(link(extension), headers={"Cookie": f"{pair}; {pair}"})

    click = only_click(tracking_client)
    assert (click.rejected_tokens, click.stood_down, click.journey) == ([], True, 77)


def test_a_hard_click_wins_over_damaged_cookies_too(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    cookie = f"__Secure-sch-{blog.advertiser_id}=damaged"
    tracking_client.get(link(blog), headers={"Cookie": cookie})

    assert only_click(tracking_client).stood_down is False


@pytest.mark.parametrize("text", ["x", "-1", "4294967296", "1e3", "9" * 400, "1 OR 1=1"])
def test_a_forged_session_is_none(
    tracking_client: TrackingClient, blog: Partnership, text: str
) -> None:
    cookie = f"__Secure-scn-{blog.advertiser_id}={text}"
    tracking_client.get(link(blog), headers={"Cookie": cookie})

    assert 0 < only_click(tracking_client).session < 2**31


@pytest.mark.parametrize("has_cookies", [True, False])
def test_a_session_in_a_cookie_comes_before_what_a_script_says(
    tracking_client: TrackingClient, extension: Partnership, has_cookies: bool
) -> None:
    token = token_in(tracking_client.get(link(extension)))
    own = only_click(tracking_client).session
    if not has_cookies:
        tracking_client.cookies.clear()
    said = {"order": "1", "amount": "49.90", "tokens": {"soft": [token]}, "session": f"{own + 1}"}
    tracking_client.post(f"/t/{extension.advertiser_id}/sale", content=json.dumps(said))
    tracking_client.drain()

    report = Report.objects.get()
    assert report.session_by_cookie is has_cookies
    assert report.sessions == [own if has_cookies else own + 1]


@pytest.mark.parametrize(("forge", "reason"), FORGED)
def test_in_a_pixel_it_credits_nobody(
    tracking_client: TrackingClient, blog: Partnership, forge: Forge, reason: str
) -> None:
    response = tracking_client.get(
        f"/t/{blog.advertiser_id}/pixel.gif",
        params={"order": "1", "amount": "49.90", "click": forge(blog)},
    )

    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/gif")
    check_credits_nobody(tracking_client, blog, [("server", reason)])


@pytest.mark.parametrize(("forge", "reason", "role"), EVERYWHERE)
def test_in_a_tags_report_it_credits_nobody(
    tracking_client: TrackingClient, blog: Partnership, forge: Forge, reason: str, role: str
) -> None:
    body = {"order": "1", "amount": "49.90", "tokens": {role: [forge(blog)]}, "session": "7"}
    response = tracking_client.post(f"/t/{blog.advertiser_id}/sale", content=json.dumps(body))

    assert (response.status_code, response.content) == (204, b"")
    check_credits_nobody(tracking_client, blog, [(role, reason)])


def check_credits_nobody(
    client: TrackingClient, blog: Partnership, reasons: list[tuple[str, str]]
) -> None:
    client.drain()
    report = Report.objects.get(advertiser=blog.advertiser_id)
    assert [(token["role"], token["reason"]) for token in report.tokens] == reasons
    assert (report.outcome, report.conversion_id) == ("no_token", None)
    assert UnattributedSales.objects.get(advertiser=blog.advertiser_id).count == 1
    assert not Conversion.objects.exists()
    assert not Commission.objects.exists()
    assert not clicks(client)


def test_a_genuine_token_beside_a_forged_one_counts(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    tokens = f"{with_byte(-1)(blog)},,{genuine(blog)},nonsense"
    tracking_client.get(
        f"/t/{blog.advertiser_id}/pixel.gif",
        params={"order": "1", "amount": "49.90", "click": tokens},
    )
    tracking_client.drain()

    report = Report.objects.get()
    assert [token["reason"] for token in report.tokens] == ["bad_signature", "", "malformed"]
    assert Commission.objects.get().publisher_id == blog.publisher_id


@pytest.mark.parametrize("written", ["{}\n", " {} ", "\t{}", "{} {}", "\u00a0{},\r\n"])
def test_blanks_around_a_token_are_none_of_it(
    tracking_client: TrackingClient, blog: Partnership, written: str
) -> None:
    """A template leaves them."""
    token = genuine(blog)
    tracking_client.get(
        f"/t/{blog.advertiser_id}/pixel.gif",
        params={"order": "1", "amount": "49.90", "click": written.format(token, token)},
    )
    tracking_client.drain()

    assert [one["token"] for one in Report.objects.get().tokens] == [token]
    assert Commission.objects.get().publisher_id == blog.publisher_id


@pytest.mark.parametrize("number", [1, 20, 500])
def test_no_number_of_others_pushes_out_those_in_our_cookies(
    tracking_client: TrackingClient, blog: Partnership, number: int
) -> None:
    """A script in the page may send as many as it likes."""
    tokens = {"hard": [f"x{each}" for each in range(number)]}
    body = {"order": "1", "amount": "49.90", "tokens": tokens}
    headers = {"Cookie": f"__Secure-sch-{blog.advertiser_id}={genuine(blog)}"}
    path = f"/t/{blog.advertiser_id}/sale"
    tracking_client.post(path, content=json.dumps(body), headers=headers)
    tracking_client.drain()

    assert Commission.objects.get().publisher_id == blog.publisher_id


def test_our_own_clocks_may_differ_by_five_minutes(
    tracking_client: TrackingClient, blog: Partnership, now: Traveller
) -> None:
    token = genuine(blog, ahead=timedelta(minutes=5))
    name = f"__Secure-sch-{blog.advertiser_id}"
    response = tracking_client.get(link(blog), headers={"Cookie": f"{name}={token}"})

    click = only_click(tracking_client)
    assert click.rejected_tokens == []
    assert click.journey == 77
    assert click.at == NOW + timedelta(minutes=5, milliseconds=1)  # after what the browser brought
    assert token_in(response) > token
