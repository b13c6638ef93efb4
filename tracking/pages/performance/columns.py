"""The figures of the page of performance, as they are written there and in spreadsheets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from network import money
from network.pages.figures.definitions import Figure, figure
from tracking.figures.queries import Line

CLICKS, COMMISSIONS = "admin:tracking_click_changelist", "admin:tracking_commission_changelist"


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a line: its definition, its value (None of nothing), how that is written on the
    page, plainly in CSV, and as a number in XLSX with the format of such a number."""

    figure: Figure
    value: Callable[[Line], float | None]
    written: Callable[[Line], str]
    plain: Callable[[Line], object]
    number: Callable[[Line], float | Decimal | None]
    number_format: Callable[[str], str]
    """By currency."""
    opens: str = ""
    """The list whose rows it counts."""

    @property
    def name(self) -> str:
        return self.figure.name


def _number(defined: Figure, value: Callable[[Line], int], opens: str) -> Column:
    return Column(
        defined, value, lambda line: f"{value(line):,}", value, value, lambda _: "#,##0", opens
    )


def _amount(defined: Figure, value: Callable[[Line], int | None]) -> Column:
    def written(line: Line) -> str:
        minor = value(line)
        return "—" if minor is None else money.display(minor, line.currency)

    def plain(line: Line) -> str:
        minor = value(line)
        return "" if minor is None else money.plain(minor, line.currency)

    def number(line: Line) -> Decimal | None:
        minor = value(line)
        return None if minor is None else Decimal(money.plain(minor, line.currency))

    return Column(defined, value, written, plain, number, _decimals)


def _decimals(currency: str, more: int = 0) -> str:
    places = money.decimals(currency) + more
    return f"#,##0.{'0' * places}" if places else "#,##0"


def _share(defined: Figure, value: Callable[[Line], float | None]) -> Column:
    def written(line: Line) -> str:
        share = value(line)
        return "—" if share is None else f"{share:.1%}"

    def plain(line: Line) -> str:
        share = value(line)
        return "" if share is None else f"{share:.4f}"

    return Column(defined, value, written, plain, value, lambda _: "0.0%")


def _per_click(line: Line) -> float | None:
    """In minor units."""
    return line.commission_minor / line.clicks_counting if line.clicks_counting else None


def _number_per_click(line: Line) -> Decimal | None:
    if not line.clicks_counting:
        return None
    return money.average(line.commission_minor, line.clicks_counting, line.currency)


COLUMNS: Sequence[Column] = (
    _amount(figure("sale_amount"), lambda line: line.sale_amount_minor),
    _number(figure("sales"), lambda line: line.sales, COMMISSIONS),
    _amount(figure("average_order"), lambda line: line.average_order_minor),
    _amount(figure("commission"), lambda line: line.commission_minor),
    _amount(figure("network_fees"), lambda line: line.network_fee_minor),
    _share(figure("cost_of_sale"), lambda line: line.cost_of_sale),
    _number(figure("clicks_counting"), lambda line: line.clicks_counting, CLICKS),
    _share(figure("conversion_rate"), lambda line: line.conversion_rate),
    Column(
        figure("earnings_per_click"),
        _per_click,
        lambda line: line.earnings_per_click,
        lambda line: "" if (number := _number_per_click(line)) is None else number,
        _number_per_click,
        lambda currency: _decimals(currency, more=1),
    ),
    _share(figure("share_soft"), lambda line: line.share_soft),
    _amount(figure("protected"), lambda line: line.protected_minor),
)
