"""The answer of a what-if as tables for spreadsheets."""

from network import money
from network.spreadsheets import as_csv, safe
from tracking.whatif.names import advertisers_of, names_of
from tracking.whatif.results import Question, Result, Tally, with_asked

PARTNER_COLUMNS = (
    "advertiser_id",
    "advertiser",
    "partner_id",
    "partner",
    "sales_before",
    "commission_before",
    "sales_after",
    "commission_after",
    "sales_difference",
    "commission_difference",
    "currency",
)
MOVE_COLUMNS = (
    "advertiser_id",
    "advertiser",
    "from_id",
    "from",
    "to_id",
    "to",
    "sales",
    "commission",
    "currency",
    "examples",
)


def partners_csv(question: Question, result: Result) -> str:
    """Before, after and difference of every partner and of nobody; partners that were asked about
    are in it even without a sale."""
    result = with_asked(result, question)
    names, shops = names_of(result), advertisers_of(question)
    return as_csv(
        PARTNER_COLUMNS,
        [
            [
                line.advertiser,
                safe(shops[line.advertiser].name),
                line.publisher or "",
                safe(names.publisher(line.publisher)),
                *_cells(line.before, shops[line.advertiser].currency),
                *_cells(line.after, shops[line.advertiser].currency),
                *_cells(line.difference, shops[line.advertiser].currency),
                shops[line.advertiser].currency,
            ]
            for line in result.lines
        ],
    )


def moves_csv(question: Question, result: Result) -> str:
    """Who loses sales to which partner: every pair, not only the first few."""
    names, shops = names_of(result), advertisers_of(question)
    return as_csv(
        MOVE_COLUMNS,
        [
            [
                move.advertiser,
                safe(shops[move.advertiser].name),
                move.source or "",
                safe(names.publisher(move.source)),
                move.target or "",
                safe(names.publisher(move.target)),
                *_cells(move.tally, shops[move.advertiser].currency),
                shops[move.advertiser].currency,
                safe(" ".join(names.order(key) for key in move.examples)),
            ]
            for move in result.moves
        ],
    )


def _cells(tally: Tally, currency: str) -> list[object]:
    return [tally.sales, money.plain(tally.commission_minor, currency)]
