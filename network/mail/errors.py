"""Why a mail could not be sent, in words for those who can do something about it."""

from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPResponseException


def told(error: Exception) -> str:
    """What the mail server answered, or that nobody answered; of anything else, the error's own
    words and its kind."""
    match error:
        case SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return f"The mail server refused the address: {_answered(code, answer)}"
        case SMTPAuthenticationError():
            answered = _answered(error.smtp_code, error.smtp_error)
            return f"The mail server refused the network's own account: {answered}"
        case SMTPResponseException():
            answered = _answered(error.smtp_code, error.smtp_error)
            return f"The mail server refused the mail: {answered}"
        case OSError():
            return f"The mail server could not be reached: {error.strerror or error}"
        case _:
            return f"{type(error).__name__}: {error}"


def _answered(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"
