import django.db.models.deletion
import pgtrigger.compiler
from network.database.triggers import AddTrigger
from django.conf import settings
from django.db import migrations, models

# Every key has the advertiser, so that these tables can be distributed over machines by it, and
# rows of one advertiser refer to each other by (advertiser_id, id); references to other tables have
# no constraint (docs/decisions/0016-keys-carry-the-advertiser.md). Django knows one column as the
# key, and it comes first: what is looked up by it alone is found by it, too.

# Partitioned by the click's UUIDv7, that is by time, so that retention drops partitions. The default
# partition takes what lies outside of those that ``tracking.clicks.partitions`` keeps.
CREATE_CLICK = """
CREATE TABLE tracking_click (
    id uuid NOT NULL,
    advertiser_id integer NOT NULL,
    publisher_id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    cookie_type varchar(4) NOT NULL,
    window_minutes integer NOT NULL,
    journey bigint NOT NULL,
    session bigint NOT NULL,
    stood_down boolean NOT NULL,
    strictly_necessary boolean NOT NULL,
    soft_rule varchar(5) NOT NULL,
    reason varchar(20) NOT NULL,
    target_reason varchar(20) NOT NULL,
    rejected_tokens jsonb NOT NULL,
    "references" jsonb NOT NULL,
    campaign varchar(100) NOT NULL,
    target varchar(2000) NOT NULL,
    in_page boolean NOT NULL,
    ip_prefix varchar(43) NOT NULL,
    user_agent varchar(60) NOT NULL,
    rebuilt boolean NOT NULL,
    received_at timestamp with time zone NOT NULL,
    PRIMARY KEY (id, advertiser_id)
) PARTITION BY RANGE (id);
CREATE TABLE tracking_click_default PARTITION OF tracking_click DEFAULT;
CREATE INDEX click_journey ON tracking_click (advertiser_id, journey, id);
CREATE INDEX click_publisher ON tracking_click (publisher_id, id);
CREATE INDEX click_advertiser ON tracking_click (advertiser_id, id);
CREATE INDEX click_uncounted ON tracking_click (advertiser_id, reason, id) WHERE reason <> '';
CREATE INDEX click_uncounted_of_all ON tracking_click (id) WHERE reason <> '';
CREATE INDEX click_without_cookie ON tracking_click (publisher_id, id)
    WHERE stood_down OR reason <> '';
CREATE INDEX click_soft ON tracking_click (advertiser_id, id) WHERE cookie_type = 'soft';
CREATE INDEX click_stood_down ON tracking_click (advertiser_id, id) WHERE reason = '' AND stood_down;
CREATE INDEX click_left ON tracking_click (advertiser_id, id)
    WHERE reason = '' AND NOT stood_down AND NOT rebuilt AND user_agent = '';
CREATE INDEX click_left_of_partner ON tracking_click (publisher_id, id)
    WHERE reason = '' AND NOT stood_down AND NOT rebuilt AND user_agent = '';
"""
DROP_CLICK = "DROP TABLE tracking_click"

# The application's role owns nothing, and so can attach no partition; it may call this. What the
# default partition holds of the month is moved. Bounds are UUIDv7: 48 bits of milliseconds, then 0.
MAKE_PARTITION = """
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
DROP_MAKE_PARTITION = "DROP FUNCTION softclick_make_click_partition(date)"

TABLES = (
    "conversion", "conversionjourney", "report", "decision", "commission", "validation",
    "unattributedsales", "rollup", "orderseen", "landing", "correction",
)
ONE_TO_ONE = (("conversion", "decision"), ("commission", "conversion"), ("commission", "ledger_transaction"))
AMONG_THEM = (
    ("conversion", "decision", "decision"),
    ("conversion", "settled_report", "report"),
    ("conversionjourney", "conversion", "conversion"),
    ("report", "conversion", "conversion"),
    ("decision", "conversion", "conversion"),
    ("commission", "conversion", "conversion"),
    ("validation", "conversion", "conversion"),
    ("correction", "report", "report"),
    ("correction", "taken", "report"),
    ("correction", "conversion", "conversion"),
)


def primary_key(table):
    change = """
        ALTER TABLE tracking_{0} DROP CONSTRAINT tracking_{0}_pkey,
            ADD CONSTRAINT tracking_{0}_pkey PRIMARY KEY ({1})
    """
    return migrations.RunSQL(change.format(table, "id, advertiser_id"), change.format(table, "id"))


def one_to_one(table, field):
    change = """
        ALTER TABLE tracking_{0} DROP CONSTRAINT tracking_{0}_{1}_id_key,
            ADD CONSTRAINT tracking_{0}_{1}_id_key UNIQUE ({1}_id{2})
    """
    return migrations.RunSQL(
        change.format(table, field, ", advertiser_id"), change.format(table, field, "")
    )


def among_them(table, field, other):
    return migrations.RunSQL(
        f"""
        ALTER TABLE tracking_{table} ADD CONSTRAINT {table}_{field}_of_advertiser
            FOREIGN KEY (advertiser_id, {field}_id) REFERENCES tracking_{other} (advertiser_id, id)
            DEFERRABLE INITIALLY DEFERRED
        """,
        f"ALTER TABLE tracking_{table} DROP CONSTRAINT {table}_{field}_of_advertiser",
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('network', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('publishers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SpoolHost',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False, verbose_name='name')),
                ('registered_at', models.DateTimeField(verbose_name='registered at')),
                ('drained_to', models.DateTimeField(verbose_name='drained to')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='removed at')),
                ('lost_clicks', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='lost clicks')),
                ('lost_reports', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='lost reports')),
                ('lost_at', models.DateTimeField(blank=True, null=True, verbose_name='lost at')),
            ],
            options={
                'verbose_name': 'spool host',
                'verbose_name_plural': 'spool hosts',
            },
        ),
        migrations.CreateModel(
            name='Conversion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.CharField(max_length=64, verbose_name='order')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount in minor units')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('parts', models.JSONField(default=list, verbose_name='parts')),
                ('voucher', models.CharField(blank=True, max_length=100, verbose_name='voucher')),
                ('channel', models.CharField(blank=True, max_length=60, verbose_name='channel')),
                ('customer', models.CharField(blank=True, max_length=10, verbose_name='customer')),
                ('conflict', models.CharField(blank=True, choices=[('', 'None'), ('figures', 'Reports with different figures'), ('journeys', 'Reports of different journeys')], max_length=10, verbose_name='conflict')),
                ('conflict_since', models.DateTimeField(null=True, verbose_name='conflict since')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='settled at')),
                ('settled_reason', models.CharField(blank=True, max_length=500, verbose_name='settled reason')),
                ('verified', models.BooleanField(default=True, verbose_name='verified')),
                ('over_limit', models.BooleanField(db_default=False, default=False, help_text="Above the advertiser's largest plausible order, and not approved.", verbose_name='over limit')),
                ('pays_nobody', models.BooleanField(db_default=False, default=False, help_text='Nobody is paid for it, and no conflict leaves that open.', verbose_name='pays nobody')),
                ('lapsed', models.BooleanField(db_default=False, default=False, help_text='Not confirmed in time; open.', verbose_name='lapsed')),
                ('approved_at', models.DateTimeField(help_text='When the advertiser approved it. Declining it ends that.', null=True, verbose_name='approved at')),
                ('first_seen_at', models.DateTimeField(help_text='When its order was first heard of in a report that was not kept.', null=True, verbose_name='first seen at')),
                ('dropped_reports', models.PositiveIntegerField(db_default=0, default=0, help_text='Reports beyond the number that is kept of an order.', verbose_name='dropped reports')),
                ('is_crowded', models.BooleanField(db_default=False, default=False, help_text='While it was open a report with a token was not kept: there were too many.', verbose_name='crowded')),
                ('closes_at', models.DateTimeField(null=True, verbose_name='closes at')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions', to='network.advertiser', verbose_name='advertiser')),
                ('contested_by', models.ForeignKey(db_constraint=False, db_index=False, help_text='Whose click came with the report that contradicts the earlier one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='contested by')),
                ('settled_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
            ],
            options={
                'verbose_name': 'sale',
                'verbose_name_plural': 'sales',
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True), ('lapsed', False)), fields=['advertiser', 'closes_at'], name='conversion_due'), models.Index(fields=['advertiser', '-at'], name='conversion_recent'), models.Index(fields=['-at'], name='conversion_recent_of_all'), models.Index(condition=models.Q(('closed_at__isnull', True), ('conflict_since__isnull', False)), fields=['advertiser', 'conflict_since'], name='conversion_contested'), models.Index(condition=models.Q(('closed_at__isnull', True), ('lapsed', False), models.Q(('verified', False), ('over_limit', True), _connector='OR')), fields=['advertiser', 'closes_at'], name='conversion_waits'), models.Index(condition=models.Q(('lapsed', True)), fields=['advertiser'], name='conversion_lapsed'), models.Index(condition=models.Q(('pays_nobody', True)), fields=['advertiser', '-at'], name='conversion_nobodys'), models.Index(condition=models.Q(('pays_nobody', True)), fields=['-at'], name='conversion_nobodys_of_all'), models.Index(condition=models.Q(('contested_by__isnull', False)), fields=['advertiser', 'contested_by'], name='conversion_contested_by'), models.Index(condition=models.Q(('settled_by__isnull', False)), fields=['settled_by'], name='conversion_settled_by')],
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'order'), name='conversion_once_per_order'), models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='conversion_amount')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveIntegerField()),
                ('decided_at', models.DateTimeField()),
                ('cause', models.CharField(choices=[('report', 'A report arrived'), ('click', 'A click arrived'), ('final', 'The cookie windows closed'), ('staff', 'Staff resolved a conflict'), ('earlier', 'Nobody settled the conflict: the earlier report decides')], max_length=10)),
                ('rule_version', models.PositiveSmallIntegerField()),
                ('inputs', models.JSONField()),
                ('verdicts', models.JSONField()),
                ('paid_click', models.UUIDField(null=True)),
                ('closes_at', models.DateTimeField()),
                ('closes_by_click', models.UUIDField(null=True)),
                ('orders_of_click', models.PositiveSmallIntegerField(db_default=1, default=1, help_text='How many orders its click was credited with by then, this one included; rather more than fewer.')),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='tracking.conversion')),
                ('paid_publisher', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('paid_click__isnull', False)), fields=['advertiser', 'paid_click'], name='decision_paid_click'), models.Index(condition=models.Q(('paid_click__isnull', True)), fields=['advertiser'], name='decision_pays_nobody'), models.Index(condition=models.Q(('orders_of_click__gt', 3)), fields=['advertiser', 'paid_click'], name='decision_often')],
                'constraints': [models.UniqueConstraint(fields=('conversion', 'sequence', 'advertiser'), name='decision_sequence'), models.CheckConstraint(condition=models.Q(models.Q(('paid_click__isnull', True), ('paid_publisher__isnull', True)), models.Q(('paid_click__isnull', False), ('paid_publisher__isnull', False)), _connector='OR'), name='decision_pays_by_a_click')],
            },
        ),
        migrations.AddField(
            model_name='conversion',
            name='decision',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='current_of', to='tracking.decision', verbose_name='decision'),
        ),
        migrations.CreateModel(
            name='Landing',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False, verbose_name='ID')),
                ('click', models.UUIDField(verbose_name='click')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('is_fresh', models.BooleanField(verbose_name='is fresh')),
                ('journey', models.BigIntegerField(default=0, verbose_name='journey')),
                ('number', models.PositiveSmallIntegerField(db_default=1, default=1, help_text='Which landing of its click it is, as they came; rather more than fewer.', verbose_name='number')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('publisher', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'landing',
                'verbose_name_plural': 'landings',
                'indexes': [models.Index(fields=['advertiser', 'click'], name='landing_click'), models.Index(condition=models.Q(('number__gt', 2)), fields=['advertiser', 'click'], name='landing_often')],
            },
        ),
        migrations.CreateModel(
            name='OrderSeen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=32)),
                ('first_at', models.DateTimeField()),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
            ],
            options={
                'verbose_name_plural': 'orders seen',
                'indexes': [models.Index(fields=['advertiser', 'first_at'], name='order_seen_first')],
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'digest'), name='order_seen_once')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('tag', 'Tag'), ('pixel', 'Pixel'), ('server', 'Server, without a key'), ('keyed', 'Server, with a key')], max_length=6, verbose_name='source')),
                ('rank', models.CharField(choices=[('keyed', 'keyed'), ('signed', 'signed'), ('token', 'token'), ('bare', 'bare')], db_default='bare', default='bare', max_length=6, verbose_name='rank')),
                ('outcome', models.CharField(choices=[('created', 'created'), ('merged', 'merged'), ('unlinked', 'unlinked'), ('discrepancy', 'discrepancy'), ('figures_conflict', 'figures_conflict'), ('journeys_conflict', 'journeys_conflict'), ('no_token', 'no_token'), ('waiting', 'waiting'), ('too_many', 'too_many'), ('channel_not_counted', 'channel_not_counted'), ('test', 'test'), ('invalid', 'invalid'), ('corrected', 'corrected'), ('unknown_advertiser', 'unknown_advertiser'), ('late', 'late')], max_length=20, verbose_name='outcome')),
                ('order', models.CharField(blank=True, max_length=64, verbose_name='order')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('figures', models.JSONField(default=dict, verbose_name='figures')),
                ('tokens', models.JSONField(default=list, verbose_name='tokens')),
                ('sessions', models.JSONField(default=list, verbose_name='sessions')),
                ('from_browser', models.BooleanField(default=False, verbose_name='from browser')),
                ('session_by_cookie', models.BooleanField(db_default=False, default=False, help_text='No script could have sent its session.', verbose_name='session by cookie')),
                ('is_uncounted', models.BooleanField(db_default=False, default=False, help_text='It names a channel that does not count.', verbose_name='is uncounted')),
                ('is_unanswered', models.BooleanField(db_default=False, default=False, help_text='The tag got no answer whether a click that it sent was fresh when it landed.', verbose_name='is unanswered')),
                ('fingerprint', models.CharField(blank=True, db_default='', default='', max_length=32, verbose_name='fingerprint')),
                ('repeats', models.PositiveIntegerField(db_default=0, default=0, verbose_name='repeats')),
                ('errors', models.JSONField(default=list, verbose_name='errors')),
                ('sent', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, verbose_name='sent')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='network.advertiser', verbose_name='advertiser')),
                ('conversion', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='tracking.conversion', verbose_name='conversion')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'indexes': [models.Index(fields=['advertiser', '-received_at'], name='report_recent'), models.Index(fields=['-received_at'], name='report_recent_of_all'), models.Index(fields=['advertiser', 'source', '-received_at'], name='report_source'), models.Index(fields=['conversion'], name='report_conversion'), models.Index(condition=models.Q(('outcome', 'created'), _negated=True), fields=['advertiser', 'outcome', '-received_at'], name='report_outcome'), models.Index(condition=models.Q(('outcome', 'created'), _negated=True), fields=['outcome', '-received_at'], name='report_outcome_of_all'), models.Index(condition=models.Q(('source', 'tag'), _negated=True), fields=['source', '-received_at'], name='report_source_of_all'), models.Index(condition=models.Q(('conversion__isnull', True), ('outcome', 'waiting')), fields=['advertiser', 'order'], name='report_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('created', 'created'), ('merged', 'merged'), ('unlinked', 'unlinked'), ('discrepancy', 'discrepancy'), ('figures_conflict', 'figures_conflict'), ('journeys_conflict', 'journeys_conflict'), ('no_token', 'no_token'), ('waiting', 'waiting'), ('too_many', 'too_many'), ('channel_not_counted', 'channel_not_counted'), ('test', 'test'), ('invalid', 'invalid'), ('corrected', 'corrected'), ('unknown_advertiser', 'unknown_advertiser'), ('late', 'late')], max_length=20)),
                ('fields', models.JSONField()),
                ('at', models.DateTimeField()),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='tracking.conversion')),
                ('made_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='tracking.report')),
                ('taken', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections_taken', to='tracking.report')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'report'), name='correction_once_per_report')],
            },
        ),
        migrations.AddField(
            model_name='conversion',
            name='settled_report',
            field=models.ForeignKey(db_constraint=False, help_text='The report that staff chose where reports were in conflict.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracking.report', verbose_name='settled report'),
        ),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('cookie_type', models.CharField(blank=True, choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4)),
                ('counted', models.CharField(choices=[('click_took', 'click_took'), ('click_stood_down', 'click_stood_down'), ('click_not_partner', 'click_not_partner'), ('click_bot', 'click_bot'), ('click_prefetch', 'click_prefetch'), ('click_head', 'click_head'), ('click_stuffed', 'click_stuffed'), ('click_invalid_signature', 'click_invalid_signature'), ('click_no_consent', 'click_no_consent'), ('click_repeat', 'click_repeat'), ('click_advertiser_closed', 'click_advertiser_closed'), ('sale_pending', 'sale_pending'), ('sale_approved', 'sale_approved'), ('sale_final', 'sale_final'), ('sale_declined', 'sale_declined'), ('sale_unverified', 'sale_unverified'), ('sale_on_hold', 'sale_on_hold'), ('sale_conflict', 'sale_conflict'), ('sale_conflict_unpaid', 'sale_conflict_unpaid'), ('sale_nobody', 'sale_nobody'), ('touched', 'touched'), ('after_other', 'after_other'), ('taken_over', 'taken_over'), ('stood_down_sale', 'stood_down_sale'), ('protected', 'protected'), ('left_to_others', 'left_to_others')], max_length=30)),
                ('time_step', models.SmallIntegerField(default=0, help_text='Click to sale, in quarters of an octave of its seconds.')),
                ('count', models.BigIntegerField()),
                ('sale_amount_minor', models.BigIntegerField(default=0)),
                ('commission_minor', models.BigIntegerField(default=0)),
                ('network_fee_minor', models.BigIntegerField(db_default=0, default=0)),
                ('is_folded', models.BooleanField(default=False)),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='network.advertiser')),
                ('publisher', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher')),
            ],
            options={
                'indexes': [models.Index(fields=['advertiser', 'hour'], name='rollup_advertiser'), models.Index(fields=['publisher', 'counted', 'hour'], include=('advertiser', 'cookie_type', 'time_step', 'count', 'sale_amount_minor', 'commission_minor'), name='rollup_of_publisher'), models.Index(condition=models.Q(('counted__in', ['sale_pending', 'sale_unverified', 'sale_on_hold', 'sale_conflict', 'sale_conflict_unpaid'])), fields=['advertiser', 'counted'], include=('count', 'commission_minor'), name='rollup_waiting'), models.Index(condition=models.Q(('counted__in', ['sale_pending', 'sale_approved', 'sale_final', 'sale_declined', 'sale_unverified', 'sale_on_hold', 'sale_conflict', 'sale_conflict_unpaid', 'sale_nobody'])), fields=['advertiser', 'hour'], include=('publisher', 'cookie_type', 'counted', 'count', 'sale_amount_minor', 'commission_minor'), name='rollup_sales'), models.Index(condition=models.Q(('is_folded', False)), fields=['advertiser', 'id'], name='rollup_fresh')],
            },
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=200, verbose_name='host')),
                ('segment', models.CharField(max_length=200, verbose_name='segment')),
                ('offset', models.BigIntegerField(verbose_name='offset')),
                ('record', models.TextField(verbose_name='record')),
                ('error', models.TextField(verbose_name='error')),
                ('set_aside_at', models.DateTimeField(verbose_name='set aside at')),
                ('replayed_at', models.DateTimeField(blank=True, null=True, verbose_name='replayed at')),
            ],
            options={
                'verbose_name': 'record set aside',
                'verbose_name_plural': 'records set aside',
                'constraints': [models.UniqueConstraint(fields=('host', 'segment', 'offset'), name='set_aside_once_per_record')],
            },
        ),
        migrations.CreateModel(
            name='SpoolPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('segment', models.CharField(max_length=200)),
                ('offset', models.BigIntegerField()),
                ('host', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='positions', to='tracking.spoolhost')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'segment'), name='spool_position_once')],
            },
        ),
        migrations.CreateModel(
            name='UnattributedSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(verbose_name='hour')),
                ('source', models.CharField(choices=[('tag', 'Tag'), ('pixel', 'Pixel'), ('server', 'Server, without a key'), ('keyed', 'Server, with a key')], max_length=6, verbose_name='source')),
                ('count', models.BigIntegerField(default=0, verbose_name='count')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
            ],
            options={
                'verbose_name': 'unattributed sales',
                'verbose_name_plural': 'unattributed sales',
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'hour', 'source'), name='unattributed_once_per_hour')],
            },
        ),
        migrations.CreateModel(
            name='Validation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('action', models.CharField(choices=[('approve', 'Approved'), ('decline', 'Declined'), ('take_back', 'Decline taken back')], max_length=10)),
                ('code', models.CharField(blank=True, choices=[('cancelled', 'Order cancelled'), ('returned', 'Order returned'), ('duplicate', 'Duplicate order'), ('fraud', 'Fraud'), ('other', 'Other')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('commission_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='validations', to='tracking.conversion')),
                ('key', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.apikey')),
                ('made_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('publisher', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('action', 'decline'), ('code__gt', '')), models.Q(models.Q(('action', 'decline'), _negated=True), ('code', '')), _connector='OR'), name='validation_declines_by_a_code'), models.CheckConstraint(condition=models.Q(('made_by__isnull', False), ('key__isnull', False), _connector='XOR'), name='validation_by_a_person_or_a_key')],
            },
        ),
        migrations.CreateModel(
            name='WhatIfRun',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('counting', 'Counting'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], max_length=10)),
                ('question_kept', models.JSONField()),
                ('total', models.IntegerField(help_text='Sales to replay.')),
                ('counted', models.IntegerField(default=0)),
                ('position', models.JSONField(default=dict)),
                ('sums', models.JSONField(default=dict)),
                ('touched_at', models.DateTimeField(help_text='When it last went on.')),
                ('error', models.CharField(blank=True, max_length=200)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'what-if',
                'verbose_name_plural': 'what-ifs',
                'indexes': [models.Index(condition=models.Q(('status__in', ('waiting', 'counting'))), fields=['touched_at'], name='whatif_unfinished'), models.Index(fields=['made_by', '-created_at'], name='whatif_of_person')],
            },
        ),
        migrations.CreateModel(
            name='Commission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('click_id', models.UUIDField(verbose_name='click ID')),
                ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4, verbose_name='cookie type')),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('declined', 'Declined'), ('final', 'Final')], max_length=10, verbose_name='status')),
                ('decline_reason', models.CharField(blank=True, choices=[('nobody_paid', 'Later evidence: nobody is paid'), ('in_conflict', 'In conflict with another report'), ('by_advertiser', 'Declined by the advertiser'), ('suspended', 'Partner suspended for fraud'), ('not_confirmed', 'Not confirmed by the advertiser')], max_length=20, verbose_name='decline reason')),
                ('decline_text', models.CharField(blank=True, db_default='', default='', help_text='Why it was declined, in words that its publisher reads.', max_length=400, verbose_name='reason in words')),
                ('approval_suspended', models.BooleanField(db_default=False, default=False, help_text='It was approved when its partner was suspended, and is again afterwards.', verbose_name='approval suspended')),
                ('sale_amount_minor', models.BigIntegerField(verbose_name='sale value in minor units')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount in minor units')),
                ('network_fee_minor', models.BigIntegerField(verbose_name='network fee in minor units')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('rates', models.JSONField(help_text='Frozen: the parts of the sale, each with its rate.', verbose_name='rates')),
                ('sold_at', models.DateTimeField(verbose_name='sold at')),
                ('closes_at', models.DateTimeField(verbose_name='closes at')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('ledger_transaction', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.ledgertransaction', verbose_name='ledger transaction')),
                ('publisher', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='commissions', to='publishers.publisher', verbose_name='publisher')),
                ('conversion', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='commission', to='tracking.conversion', verbose_name='conversion')),
            ],
            options={
                'verbose_name': 'commission',
                'verbose_name_plural': 'commissions',
                'indexes': [models.Index(fields=['publisher', '-sold_at'], name='commission_publisher'), models.Index(fields=['advertiser', '-sold_at'], name='commission_advertiser'), models.Index(fields=['-sold_at'], name='commission_recent_of_all'), models.Index(condition=models.Q(('status', 'approved')), fields=['advertiser', '-sold_at'], name='commission_approved'), models.Index(condition=models.Q(('cookie_type', 'soft')), fields=['advertiser', '-sold_at'], name='commission_soft'), models.Index(condition=models.Q(('cookie_type', 'soft')), fields=['-sold_at'], name='commission_soft_of_all'), models.Index(condition=models.Q(('status', 'final')), fields=['advertiser', '-sold_at'], name='commission_final'), models.Index(condition=models.Q(('status', 'final')), fields=['-sold_at'], name='commission_final_of_all'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['advertiser', 'closes_at'], include=('status', 'currency', 'amount_minor', 'conversion', 'id'), name='commission_closing'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['publisher', 'closes_at'], include=('status', 'currency', 'amount_minor', 'conversion', 'advertiser', 'id'), name='commission_closing_of_partner'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['closes_at'], name='commission_closing_of_all'), models.Index(condition=models.Q(('status', 'declined')), fields=['advertiser', '-sold_at'], name='commission_declined'), models.Index(condition=models.Q(('decline_reason', 'nobody_paid')), fields=['advertiser', '-sold_at'], name='commission_nobody_paid')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0), ('network_fee_minor__gte', 0), ('sale_amount_minor__gte', 0)), name='commission_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'final'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='commission_final_when_closed'), models.CheckConstraint(condition=models.Q(models.Q(('decline_reason__gt', ''), ('status', 'declined')), models.Q(models.Q(('status', 'declined'), _negated=True), ('decline_reason', '')), _connector='OR'), name='commission_declined_with_reason'), models.CheckConstraint(condition=models.Q(('decline_text', ''), ('decline_reason__in', ('by_advertiser', 'suspended')), _connector='OR'), name='commission_decline_text_of_advertiser'), models.CheckConstraint(condition=models.Q(('approval_suspended', False), ('decline_reason', 'suspended'), _connector='OR'), name='commission_approval_suspended')],
            },
        ),
        migrations.CreateModel(
            name='ConversionJourney',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('journey', models.BigIntegerField()),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='journeys', to='tracking.conversion')),
            ],
            options={
                'indexes': [models.Index(fields=['advertiser', 'journey'], name='journey_sales')],
                'constraints': [models.UniqueConstraint(fields=('conversion', 'journey', 'advertiser'), name='conversion_journey_once')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE_CLICK, DROP_CLICK)],
            state_operations=[
                migrations.CreateModel(
                    name='Click',
                    fields=[
                        ('id', models.UUIDField(primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(verbose_name='time')),
                        ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4, verbose_name='cookie type')),
                        ('window_minutes', models.IntegerField(verbose_name='window minutes')),
                        ('journey', models.BigIntegerField(default=0, verbose_name='journey')),
                        ('session', models.BigIntegerField(default=0, verbose_name='session')),
                        ('stood_down', models.BooleanField(default=False, verbose_name='stood down')),
                        ('strictly_necessary', models.BooleanField(default=False, verbose_name='strictly necessary')),
                        ('soft_rule', models.CharField(max_length=5, verbose_name='soft rule')),
                        ('reason', models.CharField(blank=True, choices=[('not_partner', 'not_partner'), ('bot', 'bot'), ('prefetch', 'prefetch'), ('head', 'head'), ('stuffed', 'stuffed'), ('invalid_signature', 'invalid_signature'), ('no_consent', 'no_consent'), ('repeat', 'repeat'), ('advertiser_closed', 'advertiser_closed')], max_length=20, verbose_name='reason')),
                        ('target_reason', models.CharField(blank=True, max_length=20, verbose_name='target reason')),
                        ('rejected_tokens', models.JSONField(default=list, verbose_name='rejected tokens')),
                        ('references', models.JSONField(default=dict, verbose_name='references')),
                        ('campaign', models.CharField(blank=True, max_length=100, verbose_name='campaign')),
                        ('target', models.CharField(blank=True, max_length=2000, verbose_name='target')),
                        ('in_page', models.BooleanField(default=False, verbose_name='activated in the page')),
                        ('ip_prefix', models.CharField(blank=True, max_length=43, verbose_name='IP prefix')),
                        ('user_agent', models.CharField(blank=True, max_length=60, verbose_name='user agent')),
                        ('rebuilt', models.BooleanField(default=False, help_text='Known from its token only; its own record has not arrived.', verbose_name='rebuilt')),
                        ('received_at', models.DateTimeField(verbose_name='received at')),
                        ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                        ('publisher', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher', verbose_name='publisher')),
                    ],
                    options={
                        'verbose_name': 'click',
                        'verbose_name_plural': 'clicks',
                        'indexes': [models.Index(fields=['advertiser', 'journey', 'id'], name='click_journey'), models.Index(fields=['publisher', 'id'], name='click_publisher'), models.Index(fields=['advertiser', 'id'], name='click_advertiser'), models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['advertiser', 'reason', 'id'], name='click_uncounted'), models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['id'], name='click_uncounted_of_all'), models.Index(condition=models.Q(('stood_down', True), models.Q(('reason', ''), _negated=True), _connector='OR'), fields=['publisher', 'id'], name='click_without_cookie'), models.Index(condition=models.Q(('cookie_type', 'soft')), fields=['advertiser', 'id'], name='click_soft'), models.Index(condition=models.Q(('reason', ''), ('stood_down', True)), fields=['advertiser', 'id'], name='click_stood_down'), models.Index(condition=models.Q(('reason', ''), ('rebuilt', False), ('stood_down', False), ('user_agent', '')), fields=['advertiser', 'id'], name='click_left'), models.Index(condition=models.Q(('reason', ''), ('rebuilt', False), ('stood_down', False), ('user_agent', '')), fields=['publisher', 'id'], name='click_left_of_partner')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(MAKE_PARTITION, DROP_MAKE_PARTITION),
        AddTrigger(
            model_name='commission',
            trigger=pgtrigger.compiler.Trigger(name='closed_is_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8e617dd156240252db5664cd4b9fdadccf5a9940', operation='UPDATE OR DELETE', pgid='pgtrigger_closed_is_never_edited_01fe4', table='tracking_commission', when='BEFORE')),
        ),
        AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8843c5de26a59c0623fe2a262ba72835cba0bbf8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4a631', table='tracking_decision', when='BEFORE')),
        ),
        AddTrigger(
            model_name='correction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9acaf2a4245d11393bfda7c561f82cc514fd7aa3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f3ada', table='tracking_correction', when='BEFORE')),
        ),
        AddTrigger(
            model_name='conversion',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='f55261b400a1a5f11dae3bbd920972207d400501', operation='DELETE', pgid='pgtrigger_never_deleted_d60ea', table='tracking_conversion', when='BEFORE')),
        ),
        AddTrigger(
            model_name='conversion',
            trigger=pgtrigger.compiler.Trigger(name='closed_is_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.closed_at IS NOT NULL\n    AND to_jsonb(OLD) - 'dropped_reports' IS DISTINCT FROM to_jsonb(NEW) - 'dropped_reports')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='abac55e3f40c8c33e02d10ffc9aa59be81747ea5', operation='UPDATE', pgid='pgtrigger_closed_is_never_edited_756f4', table='tracking_conversion', when='BEFORE')),
        ),
        AddTrigger(
            model_name='validation',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='afcaba0f2ccd679cc4400737acc75d8be66f2981', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6fc9e', table='tracking_validation', when='BEFORE')),
        ),
        *(primary_key(table) for table in TABLES),
        *(one_to_one(table, field) for table, field in ONE_TO_ONE),
        *(among_them(table, field, other) for table, field, other in AMONG_THEM),
    ]
