"""Scenarios as people write them."""

TWO_HARD = """
- name: two hard
  do: [{click: {at: 0, by: A, type: hard}}, {click: {at: 1d, by: B, type: hard}}]
  sale: {at: 3d}
"""


def entry(
    do: str = "[{click: {at: 0, by: A, type: hard}}]", sale: str = "{at: 1}", more: str = ""
) -> str:
    """An input of two entries, the second being made of these parts."""
    return f"{TWO_HARD}- {{name: mine, do: {do}, sale: {sale}{more}}}"
