"""Triggers by which PostgreSQL itself refuses to change what is never changed.

That no table of the product is emptied is guarded for all of them at once, by
:mod:`network.database.guards`.
"""

import pgtrigger


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def fixed(*fields: str) -> pgtrigger.ReadOnly:
    return pgtrigger.ReadOnly(name="fixed", fields=list(fields))
