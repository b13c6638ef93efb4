import datetime
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import network.names
import network.people.models
import uuid
import pgtrigger.compiler
from network.database.triggers import AddTrigger
from django.conf import settings
from django.db import migrations, models

# Whoever changes policy locks it, the first one included.
FIRST_VERSION = "INSERT INTO network_policyversion (id, version) VALUES (1, 0)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Advertiser',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, validators=[network.names.plain], verbose_name='name')),
                ('status', models.CharField(choices=[('active', 'Active'), ('closed', 'Closed')], default='active', max_length=10, verbose_name='status')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$')], verbose_name='currency')),
                ('landing_url', models.URLField(max_length=500, verbose_name='landing page')),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), help_text='Links may lead to these domains and their subdomains, separated by commas.', size=None, verbose_name='domains')),
                ('click_parameter', models.CharField(default='sclk', max_length=30, validators=[django.core.validators.RegexValidator('^[A-Za-z_][A-Za-z0-9_]*$')], verbose_name='click parameter')),
                ('strip_click_parameter', models.BooleanField(default=False, help_text='The tag removes the click parameter from the address bar.', verbose_name='strip click parameter')),
                ('consent_default', models.CharField(choices=[('store', 'Store'), ('ask', 'Ask in the shop'), ('refuse', 'Do not store')], help_text='What holds when a link says nothing about consent.', max_length=10, verbose_name='consent without an answer')),
                ('verification', models.CharField(choices=[('confirmed', 'Only sales that you confirm are paid'), ('browser', 'Sales that only a browser reported are paid, too')], default='confirmed', max_length=10, verbose_name='verification')),
                ('confirm_days', models.PositiveSmallIntegerField(db_default=60, default=60, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)], verbose_name='days to confirm')),
                ('conflict_days', models.PositiveSmallIntegerField(db_default=30, default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)], verbose_name='days of conflict')),
                ('largest_order_minor', models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='largest order in minor units')),
                ('network_fee_percent', models.DecimalField(decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='network fee in percent')),
                ('uncounted_channels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text="Values of the shop's own last paid channel that do not count.", size=None, verbose_name='uncounted channels')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'advertiser',
                'verbose_name_plural': 'advertisers',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('first_name', models.CharField(blank=True, max_length=150, validators=[network.names.plain], verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, validators=[network.names.plain], verbose_name='last name')),
                ('time_zone', models.CharField(default='UTC', max_length=64, verbose_name='time zone')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower_case'), models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='user_name_once', violation_error_message='This name is taken.'), models.UniqueConstraint(condition=models.Q(('email', ''), _negated=True), fields=('email',), name='user_address_once', violation_error_message='Another account has this address. Somebody has one account for all their roles.')],
            },
            managers=[
                ('objects', network.people.models.People()),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('prefix', models.CharField(max_length=16)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('last_used_on', models.DateField(null=True)),
                ('minute', models.DateTimeField(null=True)),
                ('calls', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_address', models.GenericIPAddressField(null=True)),
                ('may_decide', models.BooleanField(db_default=False, default=False)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='network.advertiser')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('advertiser_id', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='api_key_digest_is_sha256'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='api_key_has_a_name'), models.CheckConstraint(condition=models.Q(('revoked_at__isnull', True), ('revoked_at__gte', models.F('created_at')), _connector='OR'), name='api_key_revoked_after_made'), models.CheckConstraint(condition=models.Q(('revoked_by__isnull', True), ('revoked_at__isnull', False), _connector='OR'), name='api_key_revoked_by_when_revoked'), models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('advertiser', 'name'), name='api_key_live_name_once')],
            },
        ),
        migrations.CreateModel(
            name='AnsweredCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('content_type', models.CharField(blank=True, max_length=40)),
                ('answer', models.TextField(blank=True)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.apikey')),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='answered_call_at')],
                'constraints': [models.UniqueConstraint(fields=('key', 'name'), name='answered_call_once')],
            },
        ),
        migrations.CreateModel(
            name='AttributionTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('soft_rule', models.CharField(choices=[('first', 'First: a soft click overwrites nothing'), ('last', 'Last: a later soft click takes over from a soft one'), ('sole', "Sole: as first, and unpaid when another publisher's window is open")], default='first', max_length=5, verbose_name='soft rule')),
                ('hard_days', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)], verbose_name='hard days')),
                ('soft_hours', models.PositiveSmallIntegerField(default=24, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(720)], verbose_name='soft hours')),
                ('validation_days', models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(400)], verbose_name='validation days')),
                ('notice_days', models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(90)], verbose_name='notice days')),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='network.advertiser', verbose_name='advertiser')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='network.attributionterms', verbose_name='cancels')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('rewrites', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rewritten_by', to='network.attributionterms', verbose_name='rewrites')),
            ],
            options={
                'verbose_name': 'attribution terms',
                'verbose_name_plural': 'attribution terms',
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='attributionterms_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='attributionterms_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='attributionterms_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('advertiser', 'starts_at'), name='terms_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('soft_rule__in', ['first', 'last', 'sole'])), name='terms_soft_rule_is_known'), models.CheckConstraint(condition=models.Q(('hard_days__range', (1, 400)), ('soft_hours__range', (1, 720))), name='terms_windows_in_range'), models.CheckConstraint(condition=models.Q(('notice_days__lte', 90)), name='terms_notice_in_range')],
            },
        ),
        migrations.CreateModel(
            name='CommissionGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9_.-]+$')])),
                ('name', models.CharField(blank=True, max_length=120)),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commission_groups', to='network.advertiser')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'code'), name='commission_group_code')],
            },
        ),
        migrations.CreateModel(
            name='CommissionRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('percent', models.DecimalField(blank=True, decimal_places=3, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)])),
                ('fixed_minor', models.BigIntegerField(blank=True, help_text='In minor units.', null=True, validators=[django.core.validators.MinValueValidator(0)])),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='network.commissionrate', verbose_name='cancels')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='network.commissiongroup')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='commissionrate_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='commissionrate_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='commissionrate_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('group', 'starts_at'), name='rate_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('percent__isnull', True), ('fixed_minor__isnull', True), _connector='XOR'), name='rate_percent_or_fixed'), models.CheckConstraint(condition=models.Q(('percent__isnull', True), ('percent__range', (0, 100)), _connector='OR'), name='rate_percent_in_range'), models.CheckConstraint(condition=models.Q(('fixed_minor__isnull', True), ('fixed_minor__gte', 0), _connector='OR'), name='rate_fixed_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='SavedReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=60, validators=[network.names.plain])),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('mailed', models.CharField(blank=True, choices=[('', 'Not mailed'), ('daily', 'Every day'), ('weekly', 'Every Monday'), ('monthly', 'On the first of each month')], default='', max_length=7)),
                ('next_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField()),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_reports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='saved_report_due')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'page', 'name'), name='saved_report_name'), models.CheckConstraint(condition=models.Q(models.Q(('mailed', ''), ('next_at', None)), models.Q(models.Q(('mailed', ''), _negated=True), ('next_at__isnull', False)), _connector='OR'), name='saved_report_next')],
            },
        ),
        migrations.CreateModel(
            name='HostProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=253)),
                ('way', models.CharField(choices=[('cname', 'CNAME record'), ('txt', 'TXT record'), ('file', 'File'), ('local', 'This machine')], max_length=10)),
                ('proven_at', models.DateTimeField()),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('advertiser_id', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('way__in', ['cname', 'txt', 'file', 'local'])), name='host_proof_way_is_known')],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='policy_version_one')],
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_keys', to='network.advertiser')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('advertiser_id', '-pk'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_until__isnull', True)), fields=('advertiser',), name='signing_key_one_without_end')],
            },
        ),
        migrations.CreateModel(
            name='StaffMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('viewer', 'Viewer')], max_length=10, verbose_name='role')),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_memberships', to='network.advertiser', verbose_name='advertiser')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'staff membership',
                'verbose_name_plural': 'staff memberships',
                'constraints': [models.UniqueConstraint(fields=('user', 'advertiser'), name='staff_once_per_advertiser'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'manager', 'viewer'])), name='staff_role_is_known')],
            },
        ),
        migrations.CreateModel(
            name='TrackingHost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=253)),
                ('position', models.PositiveSmallIntegerField()),
                ('token', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4)),
                ('checked_at', models.DateTimeField(null=True)),
                ('answers', models.JSONField(db_default=[], default=list)),
                ('missing_since', models.DateTimeField(null=True)),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='own_hosts', to='network.advertiser')),
                ('proof', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.hostproof')),
            ],
            options={
                'ordering': ('advertiser_id', 'position'),
                'constraints': [models.CheckConstraint(condition=models.Q(('host', django.db.models.functions.text.Lower('host'))), name='tracking_host_lower_case'), models.UniqueConstraint(fields=('advertiser', 'position'), name='tracking_host_one_per_position'), models.UniqueConstraint(models.F('advertiser'), models.F('host'), name='tracking_host_once_each'), models.UniqueConstraint(condition=models.Q(('proof__isnull', False)), fields=('host',), name='tracking_host_one_owner'), models.CheckConstraint(condition=models.Q(('missing_since__isnull', True), ('proof__isnull', False), _connector='OR'), name='tracking_host_missing_when_proven')],
            },
        ),
        AddTrigger(
            model_name='advertiser',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='0f50efd5548ce0b3b4c1f97f2e81f8050cffb5a1', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_18d4b', table='network_advertiser', when='AFTER')),
        ),
        AddTrigger(
            model_name='attributionterms',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4a49334bde12bee65873f8393e38c69f86e09c54', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b5629', table='network_attributionterms', when='BEFORE')),
        ),
        AddTrigger(
            model_name='attributionterms',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='9d914eb54f2d38d255b93dbc80249e40d4b2096f', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_cd2bd', table='network_attributionterms', when='AFTER')),
        ),
        AddTrigger(
            model_name='attributionterms',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='ee9d05c0dbe62a47b43ece0b60cdcdfc4cb0adc5', operation='INSERT', pgid='pgtrigger_commits_in_time_19e45', table='network_attributionterms', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='attributionterms',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM network_attributionterms AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='705239c9270d8611178c19844c7431d6bc39d149', operation='INSERT', pgid='pgtrigger_cancels_its_own_a6353', table='network_attributionterms', when='BEFORE')),
        ),
        AddTrigger(
            model_name='commissiongroup',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='7e924b4cfbf491c84363203671bfc77578ab8626', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_34b60', table='network_commissiongroup', when='AFTER')),
        ),
        AddTrigger(
            model_name='commissiongroup',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."advertiser_id" IS DISTINCT FROM (NEW."advertiser_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6d9d4f9fd801ef4270fb9bcfd93a1b1b36561622', operation='UPDATE', pgid='pgtrigger_fixed_e7d0b', table='network_commissiongroup', when='BEFORE')),
        ),
        AddTrigger(
            model_name='commissionrate',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f616f671a607c4b00795f82da6e4f2be9fd84992', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a630c', table='network_commissionrate', when='BEFORE')),
        ),
        AddTrigger(
            model_name='commissionrate',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='a0d9b89c94e7f7ce447959d8c4721860299edc9d', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_3dea5', table='network_commissionrate', when='AFTER')),
        ),
        AddTrigger(
            model_name='commissionrate',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='2c78d8238a0df06672dd95e9a6c1710eeb4e719c', operation='INSERT', pgid='pgtrigger_commits_in_time_f9d43', table='network_commissionrate', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='commissionrate',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM network_commissionrate AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='818df1e62030681015bde24049d9d4d5a7a4b704', operation='INSERT', pgid='pgtrigger_cancels_its_own_24b93', table='network_commissionrate', when='BEFORE')),
        ),
        AddTrigger(
            model_name='commissionrate',
            trigger=pgtrigger.compiler.Trigger(name='says_as_its_parent', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF NOT EXISTS (\n                SELECT FROM network_commissiongroup AS parent WHERE parent.id = NEW.group_id AND parent.advertiser_id = NEW.advertiser_id\n            ) THEN\n                RAISE EXCEPTION 'it says another tenant than its group_id'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='ff3582576c4a3b9c504761907fa311bca66ace36', operation='INSERT', pgid='pgtrigger_says_as_its_parent_51a1d', table='network_commissionrate', when='BEFORE')),
        ),
        AddTrigger(
            model_name='hostproof',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fbe9dc70689e507546da82a010fbc69064b2cc86', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d0aad', table='network_hostproof', when='BEFORE')),
        ),
        AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='d2a318d914f30cbae7eb174d6859aa596f735ee3', level='STATEMENT', operation='INSERT OR UPDATE OF "position", "proof_id" OR DELETE', pgid='pgtrigger_bumps_policy_018aa', table='network_trackinghost', when='AFTER')),
        ),
        AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."advertiser_id" IS DISTINCT FROM (NEW."advertiser_id") OR OLD."host" IS DISTINCT FROM (NEW."host") OR OLD."token" IS DISTINCT FROM (NEW."token"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='eabc3b06b398724ef5c9751d54d32450bcc85bcf', operation='UPDATE', pgid='pgtrigger_fixed_039aa', table='network_trackinghost', when='BEFORE')),
        ),
        AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='proof_is_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NEW.proof_id IS NOT NULL AND NOT EXISTS (\n                        SELECT FROM network_hostproof AS proof WHERE proof.id = NEW.proof_id\n                        AND proof.advertiser_id = NEW.advertiser_id AND proof.host = NEW.host\n                    ) THEN\n                        RAISE EXCEPTION 'the proof is of another host or advertiser'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='7c3216255f009096ec69368741e37f4e4d1a8fcc', operation='INSERT OR UPDATE', pgid='pgtrigger_proof_is_its_own_54299', table='network_trackinghost', when='BEFORE')),
        ),
        migrations.RunSQL(FIRST_VERSION, migrations.RunSQL.noop),
    ]
