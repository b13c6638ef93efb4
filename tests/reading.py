"""What a person reads on a page."""

import re
from html import unescape
from typing import Any

UNREAD = (
    r"<(script|style).*?</\1>",
    r'<details class="tip"[^>]*>.*?</details>',
    r'<button[^>]* class="meaning".*?</button><div popover.*?</div>',
)


def text(response: Any) -> str:
    """Without tags, scripts and the definitions that open from a "?"; blanks collapsed."""
    body = response.content.decode()
    for unread in UNREAD:
        body = re.sub(unread, " ", body, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
