"""The demo's five steps, as a person walks them in a browser other than Chromium."""

import json

from tests.flows.network import wait_until
from tests.flows.started import Started
from tests.support.other_browsers import OtherBrowser, click, holds


def walk_the_five_steps(demo: Started, browser: OtherBrowser) -> None:
    """From the blog's link to the final commission; fails the test where a step is not seen."""

    def becomes(expression: str) -> None:
        wait_until(lambda: holds(browser, expression), expression)

    def sees(text: str, done: int) -> None:
        seen = "(document.querySelector('#seen')?.innerText ?? '')"
        becomes(f"{seen}.includes({json.dumps(text)})")
        becomes(f"document.querySelectorAll('.steps .ticked').length === {done}")

    def press(text: str, within: str = "body") -> None:
        wait_until(lambda: click(browser, text, within), f"{text} can be pressed")

    browser.open(demo.url("blog", "/"))
    press("Straight to the tent")
    press("Accept", "#consent")
    sees("An order now would be credited to The Trail Blog.", 1)
    press("Add to basket")
    press("Activate")
    sees("Stood down: The Trail Blog's hard cookie was live", 2)
    press("Place order")
    sees("£15.12 to The Trail Blog, hard — Pending", 3)
    # Into the same window: WebKit opens another one only for a person's own click.
    browser.ask("document.querySelectorAll('form').forEach((form) => { form.target = ''; })")
    press("Open it in the admin")
    becomes("location.pathname.startsWith('/admin/tracking/conversion/')")
    becomes("document.readyState === 'complete'")
    browser.open(demo.url("shop", "/"))
    sees("£15.12 to The Trail Blog, hard — Pending", 4)
    press("Skip 31 days", ".steps")
    sees("£15.12 to The Trail Blog, hard — Final, payable on", 5)
