"""What lists call their parts, for those who hear them."""

import re

import pytest
from django.test import Client

from publishers.models import Partnership

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_rows_and_sorting_have_names_of_their_own(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    page = owner.get("/admin/publishers/partnership/?o=-3").content.decode()
    boxes = re.findall(r'<input type="checkbox" name="_selected_action"[^>]*>', page)
    named = {name for box in boxes for name in re.findall('aria-label="([^"]*)"', box)}
    assert named == {f"Choose {row}" for row in partners.values()}
    assert re.search(r'aria-label="Sort by [^"]+, (a|de)scending"', page)
    assert re.search(r'aria-label="Do not sort by [^"]+"', page)
    icons = re.findall(r"<span[^>]*>(?:arrow_circle_up|arrow_circle_down|cancel)</span>", page)
    assert icons
    assert all('aria-hidden="true"' in icon for icon in icons)
