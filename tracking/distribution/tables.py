"""The tables of what happened: those that lie with their advertiser."""

COLUMN = "advertiser_id"

TABLES = (
    "tracking_click",
    "tracking_conversion",
    "tracking_conversionjourney",
    "tracking_report",
    "tracking_decision",
    "tracking_commission",
    "tracking_validation",
    "tracking_unattributedsales",
    "tracking_rollup",
    "tracking_orderseen",
    "tracking_landing",
    "tracking_correction",
)
"""In the order in which they are distributed: what others refer to comes before them."""
