import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
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
"""
DROP_CLICK = "DROP TABLE tracking_click"

TABLES = (
    "conversion", "conversionjourney", "report", "decision", "commission", "validation",
    "unattributedsales", "rollup",
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
        ('publishers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SpoolHost',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('registered_at', models.DateTimeField()),
                ('drained_to', models.DateTimeField()),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Conversion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('parts', models.JSONField(default=list)),
                ('voucher', models.CharField(blank=True, max_length=100)),
                ('channel', models.CharField(blank=True, max_length=60)),
                ('customer', models.CharField(blank=True, max_length=10)),
                ('conflict', models.CharField(blank=True, choices=[('', 'None'), ('figures', 'Reports with different figures'), ('journeys', 'Reports of different journeys')], max_length=10)),
                ('settled_at', models.DateTimeField(null=True)),
                ('settled_reason', models.CharField(blank=True, max_length=500)),
                ('verified', models.BooleanField(default=True)),
                ('closes_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions', to='network.advertiser')),
                ('settled_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'sale',
            },
        ),
        migrations.CreateModel(
            name='ConversionJourney',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('journey', models.BigIntegerField()),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='journeys', to='tracking.conversion')),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveIntegerField()),
                ('decided_at', models.DateTimeField()),
                ('cause', models.CharField(choices=[('report', 'A report arrived'), ('click', 'A click arrived'), ('final', 'The cookie windows closed'), ('staff', 'Staff resolved a conflict')], max_length=10)),
                ('rule_version', models.PositiveSmallIntegerField()),
                ('inputs', models.JSONField()),
                ('verdicts', models.JSONField()),
                ('paid_click', models.UUIDField(null=True)),
                ('closes_at', models.DateTimeField()),
                ('closes_by_click', models.UUIDField(null=True)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='tracking.conversion')),
                ('paid_publisher', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher')),
            ],
        ),
        migrations.AddField(
            model_name='conversion',
            name='decision',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='current_of', to='tracking.decision'),
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('tag', 'Tag'), ('pixel', 'Pixel'), ('server', 'Server, without a key'), ('keyed', 'Server, with a key')], max_length=6)),
                ('outcome', models.CharField(choices=[('created', 'created'), ('merged', 'merged'), ('unlinked', 'unlinked'), ('figures_conflict', 'figures_conflict'), ('journeys_conflict', 'journeys_conflict'), ('no_token', 'no_token'), ('channel_not_counted', 'channel_not_counted'), ('test', 'test'), ('invalid', 'invalid'), ('unknown_advertiser', 'unknown_advertiser'), ('late', 'late')], max_length=20)),
                ('order', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('figures', models.JSONField(default=dict)),
                ('tokens', models.JSONField(default=list)),
                ('sessions', models.JSONField(default=list)),
                ('from_browser', models.BooleanField(default=False)),
                ('errors', models.JSONField(default=list)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='network.advertiser')),
                ('conversion', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='tracking.conversion')),
            ],
        ),
        migrations.AddField(
            model_name='conversion',
            name='settled_report',
            field=models.ForeignKey(db_constraint=False, help_text='The report that staff chose where reports were in conflict.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracking.report'),
        ),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('cookie_type', models.CharField(blank=True, choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4)),
                ('counted', models.CharField(choices=[('click_took', 'click_took'), ('click_stood_down', 'click_stood_down'), ('click_not_partner', 'click_not_partner'), ('click_bot', 'click_bot'), ('click_prefetch', 'click_prefetch'), ('click_head', 'click_head'), ('click_stuffed', 'click_stuffed'), ('click_invalid_signature', 'click_invalid_signature'), ('click_no_consent', 'click_no_consent'), ('click_repeat', 'click_repeat'), ('click_advertiser_closed', 'click_advertiser_closed'), ('sale_pending', 'sale_pending'), ('sale_approved', 'sale_approved'), ('sale_final', 'sale_final'), ('sale_declined', 'sale_declined'), ('sale_unverified', 'sale_unverified'), ('sale_conflict', 'sale_conflict'), ('sale_conflict_unpaid', 'sale_conflict_unpaid'), ('sale_nobody', 'sale_nobody'), ('touched', 'touched'), ('after_other', 'after_other'), ('taken_over', 'taken_over'), ('stood_down_sale', 'stood_down_sale'), ('protected', 'protected'), ('left_to_others', 'left_to_others')], max_length=30)),
                ('time_step', models.SmallIntegerField(default=0, help_text='Click to sale, in quarters of an octave of its seconds.')),
                ('count', models.BigIntegerField()),
                ('sale_amount_minor', models.BigIntegerField(default=0)),
                ('commission_minor', models.BigIntegerField(default=0)),
                ('is_folded', models.BooleanField(default=False)),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='network.advertiser')),
                ('publisher', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher')),
            ],
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=200)),
                ('segment', models.CharField(max_length=200)),
                ('offset', models.BigIntegerField()),
                ('record', models.TextField()),
                ('error', models.TextField()),
                ('set_aside_at', models.DateTimeField()),
                ('replayed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
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
        ),
        migrations.CreateModel(
            name='UnattributedSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('source', models.CharField(choices=[('tag', 'Tag'), ('pixel', 'Pixel'), ('server', 'Server, without a key'), ('keyed', 'Server, with a key')], max_length=6)),
                ('count', models.BigIntegerField(default=0)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
            ],
            options={
                'verbose_name_plural': 'unattributed sales',
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
                ('made_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('publisher', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher')),
            ],
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
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE_CLICK, DROP_CLICK)],
            state_operations=[
                migrations.CreateModel(
                    name='Click',
                    fields=[
                        ('id', models.UUIDField(primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4)),
                        ('window_minutes', models.IntegerField()),
                        ('journey', models.BigIntegerField(default=0)),
                        ('session', models.BigIntegerField(default=0)),
                        ('stood_down', models.BooleanField(default=False)),
                        ('strictly_necessary', models.BooleanField(default=False)),
                        ('soft_rule', models.CharField(max_length=5)),
                        ('reason', models.CharField(blank=True, choices=[('not_partner', 'not_partner'), ('bot', 'bot'), ('prefetch', 'prefetch'), ('head', 'head'), ('stuffed', 'stuffed'), ('invalid_signature', 'invalid_signature'), ('no_consent', 'no_consent'), ('repeat', 'repeat'), ('advertiser_closed', 'advertiser_closed')], max_length=20)),
                        ('target_reason', models.CharField(blank=True, max_length=20)),
                        ('rejected_tokens', models.JSONField(default=list)),
                        ('references', models.JSONField(default=dict)),
                        ('campaign', models.CharField(blank=True, max_length=100)),
                        ('target', models.CharField(blank=True, max_length=2000)),
                        ('in_page', models.BooleanField(default=False)),
                        ('ip_prefix', models.CharField(blank=True, max_length=43)),
                        ('user_agent', models.CharField(blank=True, max_length=60)),
                        ('rebuilt', models.BooleanField(default=False, help_text='Known from its token only; its own record has not arrived.')),
                        ('received_at', models.DateTimeField()),
                        ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='network.advertiser')),
                        ('publisher', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['advertiser', 'journey', 'id'], name='click_journey'), models.Index(fields=['publisher', 'id'], name='click_publisher'), models.Index(fields=['advertiser', 'id'], name='click_advertiser')],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='Commission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('click_id', models.UUIDField()),
                ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft')], max_length=4)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('declined', 'Declined'), ('final', 'Final')], max_length=10)),
                ('decline_reason', models.CharField(blank=True, choices=[('nobody_paid', 'Later evidence: nobody is paid'), ('by_advertiser', 'Declined by the advertiser'), ('suspended', 'Partner suspended for fraud')], max_length=20)),
                ('decline_text', models.CharField(blank=True, db_default='', default='', help_text='Why it was declined, in words that its publisher reads.', max_length=400)),
                ('sale_amount_minor', models.BigIntegerField()),
                ('amount_minor', models.BigIntegerField()),
                ('network_fee_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('rates', models.JSONField(help_text='Frozen: the parts of the sale, each with its rate.')),
                ('sold_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('ledger_transaction', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.ledgertransaction')),
                ('publisher', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='commissions', to='publishers.publisher')),
                ('conversion', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='commission', to='tracking.conversion')),
            ],
            options={
                'indexes': [models.Index(fields=['publisher', '-sold_at'], name='commission_publisher'), models.Index(fields=['advertiser', '-sold_at'], name='commission_advertiser')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0), ('network_fee_minor__gte', 0), ('sale_amount_minor__gte', 0)), name='commission_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'final'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='commission_final_when_closed'), models.CheckConstraint(condition=models.Q(models.Q(('decline_reason__gt', ''), ('status', 'declined')), models.Q(models.Q(('status', 'declined'), _negated=True), ('decline_reason', '')), _connector='OR'), name='commission_declined_with_reason'), models.CheckConstraint(condition=models.Q(('decline_text', ''), ('decline_reason__in', ('by_advertiser', 'suspended')), _connector='OR'), name='commission_decline_text_of_advertiser')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='commission',
            trigger=pgtrigger.compiler.Trigger(name='closed_is_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8e617dd156240252db5664cd4b9fdadccf5a9940', operation='UPDATE OR DELETE', pgid='pgtrigger_closed_is_never_edited_01fe4', table='tracking_commission', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='conversionjourney',
            index=models.Index(fields=['advertiser', 'journey'], name='journey_sales'),
        ),
        migrations.AddConstraint(
            model_name='conversionjourney',
            constraint=models.UniqueConstraint(fields=('conversion', 'journey', 'advertiser'), name='conversion_journey_once'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('conversion', 'sequence', 'advertiser'), name='decision_sequence'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paid_click__isnull', True), ('paid_publisher__isnull', True)), models.Q(('paid_click__isnull', False), ('paid_publisher__isnull', False)), _connector='OR'), name='decision_pays_by_a_click'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8843c5de26a59c0623fe2a262ba72835cba0bbf8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4a631', table='tracking_decision', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['advertiser', '-received_at'], name='report_recent'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['conversion'], name='report_conversion'),
        ),
        migrations.AddIndex(
            model_name='conversion',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['advertiser', 'closes_at'], name='conversion_due'),
        ),
        migrations.AddIndex(
            model_name='conversion',
            index=models.Index(fields=['advertiser', '-at'], name='conversion_recent'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.UniqueConstraint(fields=('advertiser', 'order'), name='conversion_once_per_order'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='conversion_amount'),
        ),
        migrations.AddIndex(
            model_name='rollup',
            index=models.Index(fields=['advertiser', 'hour'], name='rollup_advertiser'),
        ),
        migrations.AddIndex(
            model_name='rollup',
            index=models.Index(fields=['publisher', 'counted', 'hour'], include=('advertiser', 'cookie_type', 'time_step', 'count', 'sale_amount_minor', 'commission_minor'), name='rollup_of_publisher'),
        ),
        migrations.AddIndex(
            model_name='rollup',
            index=models.Index(condition=models.Q(('is_folded', False)), fields=['advertiser', 'id'], name='rollup_fresh'),
        ),
        migrations.AddConstraint(
            model_name='spoolposition',
            constraint=models.UniqueConstraint(fields=('host', 'segment'), name='spool_position_once'),
        ),
        migrations.AddConstraint(
            model_name='unattributedsales',
            constraint=models.UniqueConstraint(fields=('advertiser', 'hour', 'source'), name='unattributed_once_per_hour'),
        ),
        migrations.AddConstraint(
            model_name='validation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', 'decline'), ('code__gt', '')), models.Q(models.Q(('action', 'decline'), _negated=True), ('code', '')), _connector='OR'), name='validation_declines_by_a_code'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validation',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='afcaba0f2ccd679cc4400737acc75d8be66f2981', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6fc9e', table='tracking_validation', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='whatifrun',
            index=models.Index(condition=models.Q(('status__in', ('waiting', 'counting'))), fields=['touched_at'], name='whatif_unfinished'),
        ),
        migrations.AddIndex(
            model_name='whatifrun',
            index=models.Index(fields=['made_by', '-created_at'], name='whatif_of_person'),
        ),
        *(primary_key(table) for table in TABLES),
        *(one_to_one(table, field) for table, field in ONE_TO_ONE),
        *(among_them(table, field, other) for table, field, other in AMONG_THEM),
    ]
