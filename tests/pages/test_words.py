"""What counts as marked and whole on a page in the made-up language."""

from collections.abc import Sequence

import pytest

from network.pages.site.pseudo import CLOSE, pseudo
from tests.pages.words import faults

SALE, NEW = pseudo("Sale"), pseudo("New")


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(["Sale"], id="not_marked"),
        pytest.param([SALE, " for 3 days only"], id="partly_marked"),
        pytest.param([NEW, " ", SALE], id="in_pieces"),
        pytest.param([SALE, " Blum"], id="continued_by_data"),
        pytest.param([SALE.strip(CLOSE)], id="cut_off"),
        pytest.param([pseudo("The sale is %s.") % "pending"], id="filled_in_and_not_marked"),
    ],
)
def test_what_is_wrong_is_found(run: Sequence[str]) -> None:
    assert list(faults(run, ["Blum"]))


@pytest.mark.parametrize(
    "run",
    [
        pytest.param([SALE], id="marked"),
        pytest.param(["Blum"], id="data"),
        pytest.param([pseudo("The sale is of %s.") % "Blum"], id="data_filled_in"),
        pytest.param(["£49.90"], id="amount"),
        pytest.param(["12 Mar 2026 14:06 GMT"], id="time"),
        pytest.param([pseudo("It is off."), " ", pseudo("Turn it on.")], id="sentences"),
        pytest.param([SALE, " · ", "Blum"], id="side_by_side"),
    ],
)
def test_what_is_right_is_left_alone(run: Sequence[str]) -> None:
    assert list(faults(run, ["Blum"])) == []
