"""Ways in which a stored decision may not be what the rule says."""

import pytest

from tests.tracking.verify.breaking import conversion, decision, of

IN_DECISIONS = [
    pytest.param(
        [decision("inputs = jsonb_set(inputs, '{at}', '0')", "open")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="inputs_changed",
    ),
    pytest.param(
        [decision("verdicts = '[]'", "final")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="verdicts_changed",
    ),
    pytest.param(
        [decision("paid_publisher_id = paid_publisher_id + 1", "final")],
        r"I6 decision \d+: recomputing it from what is stored with it gives another outcome",
        id="pays_another",
    ),
    pytest.param(
        [decision("inputs = '{}'", "open")],
        r"I6 decision \d+: what is stored with it cannot be read: KeyError.*",
        id="inputs_lost",
    ),
    pytest.param(
        [decision("rule_version = 9", "open")],
        r"I6 decision \d+: it was made by version 9 of the rule, not 1",
        id="unknown_rule",
    ),
    pytest.param(
        [decision("closes_at = closes_at - interval '1 hour'", "final")],
        r"I6 decision \d+: it closes at .*, and its clicks' windows at .*",
        id="closes_at_changed",
    ),
    pytest.param(
        [decision("inputs = jsonb_set(inputs, '{conflict}', '\"journeys\"')", "open")],
        r"I6 decision \d+: it pays publisher \d+ although its journeys conflict",
        id="pays_in_conflict",
    ),
    pytest.param(
        [conversion("decision_id = NULL", "open")],
        r"I6 conversion \d+: it has no decision",
        id="open_without_decision",
    ),
    pytest.param(
        ["UPDATE tracking_click SET window_minutes = 1"],
        r"I6 conversion \d+: what is stored differs from its decision's inputs in clicks",
        id="click_changed",
    ),
    pytest.param(
        [f"UPDATE tracking_report SET sessions = '[5]' WHERE conversion_id = {of('open')}"],
        r"I6 conversion \d+: what is stored differs from its decision's inputs in sessions",
        id="report_changed",
    ),
    pytest.param(
        [
            f'UPDATE tracking_report SET tokens = \'[{{"role": "hard", "token": "x", '
            f'"reason": ""}}]\' WHERE conversion_id = {of("open")}'
        ],
        r"I6 conversion \d+: its reports and clicks cannot be read: TokenError.*",
        id="token_lost",
    ),
    pytest.param(
        [f"DELETE FROM tracking_report WHERE conversion_id = {of('open')}"],
        r"I6 conversion \d+: its reports and clicks cannot be read: \w+.*",
        id="reports_lost",
    ),
]
