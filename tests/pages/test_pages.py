"""Every page, in Chromium: nothing for axe, room for what it says at three widths, no error
in the console, nothing that its policy forbids, nothing from elsewhere, and every string marked for
translation, and whole. With ``PICTURES=folder``, as ``.ci/run pictures`` has it, each is also
pictured at three widths: light, dark, and in the made-up language."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Browser

from network.demo.pages.mailbox import mails
from network.models import User
from network.pages.site.pseudo import LANGUAGE
from publishers.models import NoticeMail
from publishers.notices.words import mail_text
from publishers.teams import invitation_mail
from publishers.teams.models import Invitation
from tests.browser.chromium import ThirdPartyCookies
from tests.network.people.rules import RULES, urls_of
from tests.pages.looking import Readers, look, look_while_it_turns
from tests.pages.stage import NO_PAGES, OTHER_PAGES, URLCONF, Site, site_pages
from tests.pages.staged_rows import STAFF
from tests.pages.words import free_texts, wrong_in_text
from tests.support.makers import NOW

pytestmark = pytest.mark.django_db
Browsers = Callable[[ThirdPartyCookies], Browser]
TURNING = (
    "admin:index",
    "admin:tracking_conversion_change",
    "dashboard",
    "account_login",
    "demo-shop",
)
"""One of each frame and of each way to draw."""


@pytest.fixture(scope="module")
def readers(site: Site) -> Readers:
    """Who looks at the pages; their tabs go with the browser."""
    return Readers(site)


@pytest.fixture(scope="module")
def rows(site: Site) -> list[str]:
    """What the pages hold that is no message."""
    return free_texts()


@pytest.mark.parametrize("name", [*site_pages(), *OTHER_PAGES])
def test_a_page_is_sound(
    readers: Readers, rows: list[str], shared_browser: Browsers, name: str
) -> None:
    wrong = look(shared_browser("blocked"), readers, name, rows)
    assert not wrong, "\n".join([readers.site.pages[name].address, *wrong])


@pytest.mark.parametrize("name", TURNING)
def test_a_page_is_sound_while_its_theme_turns(
    readers: Readers, shared_browser: Browsers, name: str
) -> None:
    wrong = look_while_it_turns(shared_browser("blocked"), readers, name)
    assert not wrong, "\n".join([readers.site.pages[name].address, *wrong])


def test_mails_are_marked_and_whole(site: Site, rows: list[str]) -> None:
    with transaction.atomic(), translation.override(LANGUAGE):
        due = NoticeMail.objects.all()
        notices = [mail_text(mail.publisher, list(mail.notices.all())) for mail in due]
        before = {mail.name for mail in mails()}
        for row in Invitation.objects.all():
            invitation_mail.send(row.pk, "a-token-1", NOW)
        address = User.objects.get(username=STAFF).email
        client = Client(HTTP_HOST=settings.SITE_HOST)
        client.post(reverse("account_reset_password"), {"email": address})
        transaction.set_rollback(True)
    sent = [mail for mail in mails() if mail.name not in before]
    assert len(notices) > 3
    assert len(sent) > 3
    texts = [*(each.text for each in notices), *(each.text for each in sent)]
    subjects = [*(each.subject for each in notices), *(each.subject for each in sent)]
    wrong = [each for text in [*texts, *subjects] for each in wrong_in_text(text, rows)]
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_every_staged_page_is_looked_at(site: Site) -> None:
    assert set(site.pages) == {*site_pages(), *OTHER_PAGES}


def test_every_page_of_the_site_is_looked_at() -> None:
    readable = {key for key, rule in RULES.items() if rule.read and rule.answer == 200}
    histories = {key for key in readable if key.endswith("_history")}
    looked_at = set(site_pages())
    assert readable - looked_at - histories == set(NO_PAGES)
    assert looked_at <= {url.key for url in urls_of(URLCONF)}
    assert len(looked_at & histories) == 1
    assert len(looked_at) > 50
