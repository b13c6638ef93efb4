"""Who may read and write what: a rule for every URL of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

NOBODY: frozenset[str] = frozenset()
OPERATORS = frozenset({"operator"})
WRITERS_OF_A = OPERATORS | {"owner_a", "manager_a"}
STAFF_OF_A = WRITERS_OF_A | {"viewer_a"}
STAFF = STAFF_OF_A | {"owner_b"}
WRITERS = WRITERS_OF_A | {"owner_b"}
TEAM_OF_P = frozenset({"owner_p", "member_p"})
PUBLISHERS = TEAM_OF_P | {"member_q"}
SIGNED_IN = STAFF | PUBLISHERS | {"stranger"}
ASKED = frozenset({"owner_a"})
"""Who asked a what-if; nobody else sees it."""


EVERYBODY = SIGNED_IN | {"anonymous"}


@dataclass(frozen=True)
class Rule:
    """Who may GET a URL and with which answer, and who may POST to it. Everybody else gets 404,
    403 or the way to the sign-in."""

    read: frozenset[str]
    write: frozenset[str] = NOBODY
    answer: int = 200


@dataclass(frozen=True)
class AdminRules:
    """The pages that the admin makes for a model; ``page`` is that of a row of A's."""

    listed: frozenset[str]
    page: frozenset[str]
    add: frozenset[str] = NOBODY
    change: frozenset[str] = NOBODY


OF_A = AdminRules(listed=STAFF, page=STAFF_OF_A)
OF_OPERATORS = AdminRules(listed=OPERATORS, page=OPERATORS)
ADMIN: dict[str, AdminRules] = {
    "network_advertiser": AdminRules(STAFF, STAFF_OF_A, add=OPERATORS, change=WRITERS_OF_A),
    "network_user": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_publisher": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_team": AdminRules(OPERATORS, OPERATORS, add=OPERATORS, change=OPERATORS),
    "publishers_invitation": AdminRules(OPERATORS, OPERATORS, add=OPERATORS),
    "publishers_partnership": AdminRules(STAFF, STAFF_OF_A, add=OPERATORS),
    "publishers_modeltypecookietype": AdminRules(STAFF, STAFF_OF_A, add=WRITERS),
    "publishers_ledgeraccount": OF_A,
    "publishers_ledgertransaction": OF_A,
    "tracking_conversion": OF_A,
    "tracking_commission": OF_A,
    "tracking_report": OF_A,
    "tracking_click": OF_A,
    "tracking_unattributedsales": OF_A,
    "tracking_spoolhost": OF_OPERATORS,
    "tracking_setaside": OF_OPERATORS,
    "publishers_noticemail": OF_OPERATORS,
    "admin_logentry": OF_OPERATORS,
}


RULES: dict[str, Rule] = {
    "home": Rule(SIGNED_IN),
    "account_login": Rule(EVERYBODY),
    "account_inactive": Rule(EVERYBODY),
    "account_logout": Rule(SIGNED_IN | {"anonymous"}, answer=405),
    "account_reauthenticate": Rule(SIGNED_IN),
    "account_change_password": Rule(SIGNED_IN),
    "own_account": Rule(SIGNED_IN, write=SIGNED_IN),
    "change_email": Rule(SIGNED_IN, answer=302),  # by password first
    "confirm_email": Rule(SIGNED_IN, answer=410),
    "own_sessions": Rule(SIGNED_IN),
    "end_session": Rule(SIGNED_IN, answer=302),  # of none that is theirs: back to the list
    "end_other_sessions": Rule(SIGNED_IN, answer=302),  # without another
    "own_emails": Rule(SIGNED_IN, write=SIGNED_IN),
    "account_set_password": Rule(SIGNED_IN, answer=302),
    "account_reset_password": Rule(EVERYBODY),
    "account_reset_password_done": Rule(EVERYBODY),
    "account_reset_password_from_key": Rule(EVERYBODY),
    "account_reset_password_from_key_done": Rule(EVERYBODY),
    "mfa_authenticate": Rule(SIGNED_IN),  # in the midst of signing in; leads on after it
    "invitation": Rule(EVERYBODY),
    "first_operator": Rule(EVERYBODY, answer=410),
    "mfa_index": Rule(SIGNED_IN),
    "mfa_reauthenticate": Rule(SIGNED_IN, answer=302),  # without one: by password
    "mfa_activate_totp": Rule(SIGNED_IN, answer=302),  # by password first
    "mfa_deactivate_totp": Rule(NOBODY),  # without one
    "mfa_view_recovery_codes": Rule(NOBODY),  # without one
    "mfa_generate_recovery_codes": Rule(SIGNED_IN, answer=302),  # by password first
    "publisher_home": Rule(SIGNED_IN),
    "dashboard": Rule(TEAM_OF_P),
    "programmes": Rule(TEAM_OF_P),
    "find_programmes": Rule(TEAM_OF_P),
    "applied_programmes": Rule(TEAM_OF_P),
    "links": Rule(TEAM_OF_P),
    "apply": Rule(TEAM_OF_P, answer=405),
    "answer": Rule(TEAM_OF_P, answer=405),
    "clicks": Rule(TEAM_OF_P),
    "clicks_without_cookie": Rule(TEAM_OF_P),
    "notices": Rule(TEAM_OF_P),
    "sales": Rule(TEAM_OF_P),
    "team": Rule(TEAM_OF_P, write=frozenset({"owner_p"})),
    "sales_elsewhere": Rule(TEAM_OF_P),
    "sale": Rule(TEAM_OF_P),
    "admin:index": Rule(STAFF),
    "admin:login": Rule(STAFF, answer=302),
    "admin:logout": Rule(STAFF, answer=405),
    "admin:password_change": Rule(STAFF, answer=302),
    "admin:password_change_done": Rule(STAFF),
    "admin:autocomplete": Rule(OPERATORS),
    "admin:jsi18n": Rule(STAFF),
    "admin:view_on_site": Rule(NOBODY),
    "admin:search": Rule(NOBODY),
    "admin:app_list": Rule(STAFF),
    "admin:own_staff": Rule(STAFF),
    "admin:staff": Rule(STAFF_OF_A, write=OPERATORS | {"owner_a"}),
    "admin:publishers_invitation_do": Rule(OPERATORS, write=OPERATORS, answer=405),
    "admin:find": Rule(STAFF),
    "admin:integration": Rule(STAFF_OF_A),
    "admin:applications": Rule(STAFF),
    "admin:publishers_partnership_decide_many": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:performance": Rule(STAFF, write=STAFF),
    "admin:simulator": Rule(STAFF, write=STAFF),
    "admin:whatif": Rule(STAFF, write=STAFF),
    "admin:whatif_run": Rule(ASKED, write=ASKED),
    "admin:whatif_csv": Rule(ASKED),
    "admin/(?P<url>.*)$": Rule(NOBODY),
    "admin:auth_user_password_change": Rule(OPERATORS, write=OPERATORS),
    "admin:network_user_second_factor": Rule(OPERATORS, write=OPERATORS),
    "admin:network_advertiser_terms": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_rate": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_signing_key": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_api_key": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_revoke_api_key": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:network_advertiser_check_host": Rule(WRITERS_OF_A, write=WRITERS_OF_A, answer=405),
    "admin:network_advertiser_close": Rule(OPERATORS, write=OPERATORS),
    "admin:publishers_ledgeraccount_csv": Rule(STAFF_OF_A),
    "admin:publishers_publisher_close": Rule(OPERATORS, write=OPERATORS),
    "admin:publishers_publisher_model_type": Rule(OPERATORS, write=OPERATORS),
    "admin:publishers_partnership_terms": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:cancel_change": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_note": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_ask": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_status": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:publishers_partnership_cookie_type": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_approve": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_decline": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_rule_many": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_settle_many": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_settle": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_conversion_take_back": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_report_correct": Rule(WRITERS_OF_A, write=WRITERS_OF_A),
    "admin:tracking_health": Rule(OPERATORS),
    "admin:tracking_setaside_replay": Rule(OPERATORS, write=OPERATORS, answer=405),
    "admin:publishers_noticemail_again": Rule(OPERATORS, write=OPERATORS, answer=405),
}


for model, rules in ADMIN.items():
    RULES |= {
        f"admin:{model}_changelist": Rule(rules.listed),
        f"admin:{model}_add": Rule(rules.add, write=rules.add),
        f"admin:{model}_history": Rule(rules.page),
        f"admin:{model}_delete": Rule(NOBODY),
        f"admin:{model}_change": Rule(rules.page, write=rules.change),
        f"admin/{model.replace('_', '/')}/<path:object_id>/": Rule(STAFF, answer=302),
    }


WITHOUT_A_FORM = {
    "admin:network_advertiser_check_host",
    "admin:tracking_setaside_replay",
    "admin:publishers_invitation_do",
    "admin:publishers_noticemail_again",
    "admin:whatif_run",
    "own_emails",  # nothing chosen is a choice
}
"""A POST there does it, and leads on to the page of what it was done to."""


SENT_ON = {"/admin/logout/": "/admin/"}
"""Where those whom a URL is not for are sent, if not to the sign-in; that is hidden in its turn."""


@dataclass(frozen=True)
class Url:
    """A pattern of the URL configuration: its name where it has one, else its route."""

    key: str
    name: str
    route: str


def walk(patterns: list[Any], route: str = "", namespace: str = "") -> Iterator[Url]:
    for item in patterns:
        below = f"{route}{item.pattern}"
        if isinstance(item, URLResolver):
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            yield from walk(item.url_patterns, below, inner)
        elif isinstance(item, URLPattern):
            name = f"{namespace}{item.name}" if item.name else ""
            yield Url(name or below, name, below)


def urls_of(urlconf: str) -> list[Url]:
    return list(walk(get_resolver(urlconf).url_patterns))
