"""Takes the README's pictures of a running demo, with Chromium:

.venv/bin/python docs/pictures/record.py [PORT [NAME …]]

Without names, all of them.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
PORT = sys.argv[1] if len(sys.argv) > 1 else "8000"
NETWORK, BLOG = f"http://network.localhost:{PORT}", f"http://blog.localhost:{PORT}"
EXTENSION = f"http://extension.localhost:{PORT}"
SIZE = {"width": 1440, "height": 900}
MOST_BYTES = 250_000
# The one of headless Chromium says that it is a robot, whose clicks do not count.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
STOOD_DOWN = "Stood down"


def home(page: Page) -> None:
    sign_in(page, "nimbus")


def partners(page: Page) -> None:
    sign_in(page, "nimbus")
    page.goto(f"{NETWORK}/admin/publishers/partnership/")


def confirmation(page: Page) -> None:
    """What setting the first partner suggested to soft would have done."""
    partners(page)
    page.locator("td a", has_text="Consider soft").first.click()
    page.get_by_text("would have been credited differently").wait_for()


def sale(page: Page) -> None:
    """The newest sale in which somebody stood down for somebody else."""
    sign_in(page, "nimbus")
    page.goto(f"{NETWORK}/admin/tracking/conversion/")
    links = page.locator("#result_list tbody th a")
    addresses = links.evaluate_all("(found) => found.map((each) => each.href)")
    for address in addresses:
        page.goto(address)
        if STOOD_DOWN in page.content():
            return
    raise SystemExit(f"No sale of the first page says {STOOD_DOWN!r}.")


def dashboard(page: Page) -> None:
    sign_in(page, "blog")
    page.goto(f"{NETWORK}/dashboard/1/")


def simulator(page: Page) -> None:
    sign_in(page, "nimbus")
    page.goto(f"{NETWORK}/admin/simulator/")
    page.locator(".journey-scroll").first.evaluate("(found) => found.scrollIntoView(false)")
    page.mouse.wheel(0, 400)


def shop(page: Page) -> None:
    """Through the blog's link, and then the extension's."""
    for origin in (BLOG, EXTENSION):
        page.goto(origin)
        page.locator('a[href*="/t/1/c/"]').first.click()
        page.wait_for_url("**shop.localhost**")
        accept = page.get_by_role("button", name="Accept", exact=True)
        if accept.is_visible():
            accept.click()
        page.wait_for_timeout(1_500)  # the click is taken in


PICTURES: dict[str, Callable[[Page], None]] = {
    "home": home,
    "partners": partners,
    "confirmation": confirmation,
    "sale": sale,
    "dashboard": dashboard,
    "simulator": simulator,
    "shop": shop,
}


def sign_in(page: Page, username: str) -> None:
    page.goto(f"{NETWORK}/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/sign-in/" not in address)


def record(browser: Browser, name: str) -> None:
    context = browser.new_context(
        viewport=SIZE,
        user_agent=BROWSER,
        locale="en-GB",
        color_scheme="light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    PICTURES[name](page)
    page.wait_for_load_state("networkidle")
    path = HERE / f"{name}.png"
    page.screenshot(path=path)
    context.close()
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}.")


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for name in sys.argv[2:] or PICTURES:
            record(browser, name)
        browser.close()


if __name__ == "__main__":
    main()
