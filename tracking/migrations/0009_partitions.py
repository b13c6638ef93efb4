from django.db import migrations

# The application's role owns nothing, and so can attach no partition; it may call this. What the
# default partition holds of the month is moved. Bounds are UUIDv7: 48 bits of milliseconds, then 0.
MAKE = """
CREATE FUNCTION softclick_make_click_partition(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    start timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    until timestamptz :=
        (date_trunc('month', month)::timestamp + interval '1 month') AT TIME ZONE 'UTC';
    low uuid := (lpad(to_hex((extract(epoch FROM start) * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid;
    high uuid := (lpad(to_hex((extract(epoch FROM until) * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid;
    name text := 'tracking_click_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('tracking_click partitions'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE tracking_click IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE tracking_click INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name
    );
    EXECUTE format(
        'WITH moved AS ('
        'DELETE FROM tracking_click_default WHERE id >= %L AND id < %L RETURNING *'
        ') INSERT INTO %I SELECT * FROM moved', low, high, name
    );
    EXECUTE format(
        'ALTER TABLE tracking_click ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, low, high
    );
    RETURN true;
END $$;
REVOKE EXECUTE ON FUNCTION softclick_make_click_partition(date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0008_guards"),
    ]

    operations = [
        migrations.RunSQL(MAKE, "DROP FUNCTION softclick_make_click_partition(date)"),
    ]
