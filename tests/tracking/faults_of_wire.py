"""What could be wrong with what comes in from browsers: consent, cookies, sessions, signatures."""

from tests.support.faults import Fault

_BELIEVING = "tests/tracking/conversions/test_believing.py::"
_WIRE = "tests/wire/"

WIRE = (
    Fault(
        "a stolen signing key is believed",
        "tracking.conversions.reports",
        "signing_keys.valid_at(shops.get(report.advertiser, ()), report.received_at)",
        "[key.secret for key in shops.get(report.advertiser, ())]",
        _BELIEVING + "test_a_report_signed_with_a_stolen_key_is_not_believed",
    ),
    Fault(
        "what was seen before a rotation of keys is forgotten",
        "tracking.conversions.seen",
        "for named in orders for key in KEYS.by_id}",
        "for named in orders for key in (KEYS.signing,)}",
        _BELIEVING + "test_an_order_that_was_seen_is_known_when_keys_were_rotated",
    ),
    Fault(
        "a crowd at one shop is one at every shop",
        "tracking.wire.crowds",
        "key = advertiser, cut_address(address)",
        "key = 0, cut_address(address)",
        _WIRE + "test_crowds.py::test_it_leaves_other_shops_alone",
    ),
    Fault(
        "a link of somebody else is a repeat",
        "tracking.rule.slots",
        "last.publisher == publisher and",
        "",
        _WIRE + "test_bad_clicks.py::test_another_publishers_link_within_a_second_is_no_repeat",
    ),
    Fault(
        "a script says in which session a browser is",
        "tracking.wire.native",
        "seen = [brought.slots.session] if brought.any else sessions or ()",
        "seen = sessions or [brought.slots.session]",
        _WIRE + "test_bad_tokens.py::test_a_session_in_a_cookie_comes_before_what_a_script_says",
        case="True",
    ),
    Fault(
        "what a script says counts as a cookie",
        "tracking.wire.native",
        "session_by_cookie=brought.any,",
        "session_by_cookie=True,",
        _WIRE + "test_bad_tokens.py::test_a_session_in_a_cookie_comes_before_what_a_script_says",
        case="False",
    ),
    Fault(
        "a no beside a yes is lost",
        "tracking.rule.consent",
        "return None if answers <= {None} else False not in answers",
        "return None if answers <= {None} else True in answers",
        "tests/tracking/rule/test_consent.py::test_a_no_is_not_lost_among_others",
        case="no_and_yes",
    ),
    Fault(
        "where the shop asks the redirect stores",
        "tracking.clicks.redirect",
        "if consent is Consent.STORE:\n            write",
        "if consent is not Consent.REFUSE:\n            write",
        _WIRE + "test_consent.py::test_where_the_shop_asks_what_the_browser_brings_is_not_read",
    ),
    Fault(
        "a report without consent brings its clicks",
        "tracking.wire.native",
        "tokens, sessions = ([], None) if _is_refused(data) else evidence",
        "tokens, sessions = evidence",
        _WIRE + "test_consent.py::test_a_report_without_consent_brings_no_evidence",
    ),
    Fault(
        "a doubled cookie protects nobody",
        "tracking.clicks.cookies",
        "return is_doubled or bool(",
        "return bool(",
        _WIRE + "test_bad_tokens.py::test_two_cookies_of_one_name_are_somebodys",
        case="soft",
    ),
)
