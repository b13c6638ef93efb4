"""Why a mail could not be sent, in words."""

from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

import pytest

from network.mail import errors as mail_errors


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(
            SMTPRecipientsRefused({"nina@example.com": (550, b"5.1.1 no such\r\nmailbox")}),
            "The mail server refused the address: 550 5.1.1 no such mailbox",
            id="address",
        ),
        pytest.param(
            SMTPAuthenticationError(535, b"wrong password"),
            "The mail server refused the network's own account: 535 wrong password",
            id="account",
        ),
        pytest.param(
            SMTPDataError(554, "looks like spam"),
            "The mail server refused the mail: 554 looks like spam",
            id="mail",
        ),
        pytest.param(
            SMTPServerDisconnected("Connection unexpectedly closed"),
            "The mail server could not be reached: Connection unexpectedly closed",
            id="closed",
        ),
        pytest.param(
            ConnectionRefusedError(111, "Connection refused"),
            "The mail server could not be reached: Connection refused",
            id="refused",
        ),
        pytest.param(ValueError("no header"), "ValueError: no header", id="another"),
    ],
)
def test_it_says_who_refused_what(error: Exception, told: str) -> None:
    assert mail_errors.told(error) == told
