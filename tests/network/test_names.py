"""Names that people give go into mails as they are."""

import pytest
from django.core.exceptions import ValidationError

from network.models import Advertiser, User
from network.names import plain
from publishers.models import Publisher, Team
from tests.support.makers import NOW


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("Mesh\nBcc: all@example.com", "not_one_line", id="line_break"),
        pytest.param("Mesh\x00", "not_one_line", id="control_character"),
        pytest.param("Mesh\u2028", "not_one_line", id="line_separator"),
        pytest.param("txt.\u202eexe", "not_one_line", id="turned_direction"),
        pytest.param("txt.\u061cexe", "not_one_line", id="mark_of_arabic_letters"),
        pytest.param("Visit http://evil.example", "link", id="web_address"),
        pytest.param("Visit www.evil.example now", "link", id="web_address_without_scheme"),
        pytest.param("Sign in at evil.example/keep", "link", id="path_of_a_host"),
        pytest.param("mailto:all@example.com", "link", id="mail_address"),
    ],
)
def test_a_name_that_would_be_more_in_a_mail_is_refused(name: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        plain(name)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "name",
    [
        *("Rösterei 日本 👩\u200d🌾", "O'Neil & Co. (UK): shoes/boots", "Shop.example", "No.10/b"),
        "Awww. Pets",
    ],
)
def test_other_names_are_taken(name: str) -> None:
    Team(name=name, created_at=NOW).full_clean()  # raises nothing
    assert Team._meta.get_field("name").clean(name, None) == name


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Advertiser, "name"),
        (Publisher, "name"),
        (Team, "name"),
        (User, "first_name"),
        (User, "last_name"),
    ],
)
def test_every_name_is_asked(model: type, field: str) -> None:
    assert plain in model._meta.get_field(field).validators  # type: ignore[attr-defined]
