"""What PostgreSQL refuses to everybody, whoever asks; put in place after every ``migrate``.

The triggers of models (``network.effective.guards``) protect rows. These protect whole tables, the
audit log, which is Django's own, and the triggers themselves.
"""

from django.db import connection, transaction

PREFIXES = ("network_", "publishers_", "tracking_")
AUDIT_LOG = "django_admin_log"

_FUNCTIONS = """
    CREATE OR REPLACE FUNCTION softclick_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the table % is never emptied', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE OR REPLACE FUNCTION softclick_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$;
"""
_NO_BACK_DOOR = """
    CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS 'SELECT false'
"""
"""Pgtrigger's own would spare a session the triggers that it names in ``pgtrigger.ignore``."""
_WITHOUT = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        AND (relname = %s OR relname ^@ ANY(%s))
        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = %s)
    ORDER BY 1
"""
_NEVER_EMPTIED = "BEFORE TRUNCATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION softclick_never_emptied"
_ONLY_ADDED_TO = (
    "BEFORE UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION softclick_only_added_to"
)


@transaction.atomic
def put_in_place() -> None:
    """Make those that are missing; run again, nothing is left to do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL citus.enable_unsafe_triggers = on")  # they look at no row
        cursor.execute(_FUNCTIONS)
        cursor.execute("SELECT to_regprocedure('_pgtrigger_should_ignore(name)')")
        if cursor.fetchone() != (None,):
            cursor.execute(_NO_BACK_DOOR)
    for table in _without("never_emptied"):
        _guard("never_emptied", _NEVER_EMPTIED, table)
    if AUDIT_LOG in _without("only_added_to"):
        _guard("only_added_to", _ONLY_ADDED_TO, AUDIT_LOG)


def _without(trigger: str) -> list[str]:
    """The product's tables that lack it."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT, [AUDIT_LOG, list(PREFIXES), trigger])
        return [name for (name,) in cursor.fetchall()]


def _guard(trigger: str, rest: str, table: str) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER {trigger} {rest.format(quote(table))}()")
