"""What a field of a report should have been, and what to do about it: each wording by its name.
Pure.

Machines and the database are told in English (:meth:`Wording.of`); people are told in their own
language (:mod:`tracking.remedies.told`).
"""

from enum import StrEnum


def gettext_noop(message: str) -> str:
    """Marks a message for translation, as Django's does, which nothing pure knows."""
    return message


class Wording(StrEnum):
    """A message, which may have values in it."""

    def of(self, **values: object) -> str:
        """The message in English, with its values."""
        return self.value % values


class Expected(Wording):
    """What a field should have been. It follows *expected*, so it begins in lower case."""

    TEXT_OR_NUMBER = gettext_noop("text or a number")
    UTF8 = gettext_noop("text in UTF-8")
    PRINTABLE = gettext_noop("1 to %(most)s printable characters")
    FILLED_IN = gettext_noop("a reference: this is a placeholder that was not filled in")
    ISO_4217 = gettext_noop("an ISO 4217 code")
    DECIMALS = gettext_noop("at most %(places)s decimals in %(currency)s")
    AMOUNT = gettext_noop("a number such as 49.90, without sign, exponent or thousands separator")
    SUM = gettext_noop("parts that add up to %(amount)s")
    PART = gettext_noop("CODE:amount")
    ONE_OF = gettext_noop("one of %(known)s")
    ITEMS = gettext_noop("a list of items, or the same as JSON")
    ITEM = gettext_noop("a JSON object with the fields of an item")
    MOST_ITEMS = gettext_noop("%(most)s items at most")
    QUANTITY = gettext_noop("a whole number from 1 to %(most)s")
    CUSTOMER = gettext_noop("new or returning")
    SHORT_TEXT = gettext_noop("text of at most %(most)s characters")
    UNSIGNED = gettext_noop("no signature, as there is no signing key")
    SIGNATURE = gettext_noop("the HMAC-SHA-256 of %(text)s in lower-case hex")
    BODY = gettext_noop("a JSON object under %(most)s bytes")
    CONVERSION = gettext_noop("a JSON object with the fields of a conversion")
    CLICKS = gettext_noop("a list of click ids")
    MOST_CLICKS = gettext_noop("%(most)s click ids at most")
    TIME = gettext_noop("a time in ISO 8601 with its offset from UTC")
    THIS_CENTURY = gettext_noop("a time in this century")
    NOT_AFTER = gettext_noop("a time not after %(latest)s")
    NO_FIELD = gettext_noop("no such field")
    AT_MOST = gettext_noop("at most %(amount)s")
    KNOWN_ORDER = gettext_noop("an order that is credited to a partner")
    REASON_IN_WORDS = gettext_noop("the reason in words, which the partner reads")
    FEWER = gettext_noop("fewer orders without a click id from one network within an hour")


class Remedy(Wording):
    """What to do about a wrong field."""

    ORDER = gettext_noop("Send the shop's unique reference of this order.")
    CODE = gettext_noop("Send e.g. EUR.")
    OWN_CURRENCY = gettext_noop(
        "Report the sale in %(own)s: there is no daily rate from %(currency)s."
    )
    TOTAL = gettext_noop("Send the total after discounts, without tax and shipping.")
    ROUND = gettext_noop("Round it before it is sent; it was read as %(amount)s.")
    SEPARATORS = gettext_noop("Send it without separators; it was read as %(amount)s.")
    PARTS = gettext_noop("Correct the parts.")
    JOIN = gettext_noop("Join parts with |.")
    KNOWN_CODE = gettext_noop("Use a known code.")
    REASON = gettext_noop("Say why, or use a code that says it.")
    TEXT = gettext_noop("Send such text, or leave it out.")
    KEYED_AMOUNT = gettext_noop("Send what the order costs, or report it with the key.")
    LEAVE_OUT = gettext_noop("Leave it out if unknown. The sale was taken without it.")
    LEFT_OUT_OF_ITEMS = gettext_noop("Correct it in the shop. The sale was taken without it.")
    MOST_ITEMS = gettext_noop("The first %(most)s were kept.")
    SIGNING_KEY = gettext_noop("Make a signing key on the advertiser's page, and sign with it.")
    SIGN = gettext_noop(
        "Sign order, amount, currency and parts exactly as they are sent, with the current key."
    )
    TAG = gettext_noop("Use the tag.")
    CONVERSION = gettext_noop("Send e.g. order, amount and clicks.")
    CLICKS = gettext_noop('Send e.g. ["…"], or leave it out if there are none.')
    MOST_CLICKS = gettext_noop("The first %(most)s were read.")
    TIME = gettext_noop("Send e.g. 2026-03-12T14:00:00+01:00, or leave it out.")
    CLOCK = gettext_noop("Send when the order was placed, and check the server's clock.")
    NOT_READ = gettext_noop("It was not read.")
    KEYED = gettext_noop(
        "Send them from the shop's server with its key. If all shoppers seem to be of one network, "
        "tell Softclick of the proxy in front of it (TRUSTED_PROXIES)."
    )
    SETTLE = gettext_noop("If this one is right, settle the conflict on the page of the sale.")
