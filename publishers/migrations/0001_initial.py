import datetime
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import network.names
import pgtrigger.compiler
from network.database.triggers import AddTrigger
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('network', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Publisher',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, validators=[network.names.plain], verbose_name='name')),
                ('website', models.URLField(blank=True, max_length=500, verbose_name='website')),
                ('promotion', models.CharField(blank=True, help_text='In a sentence: where, to whom, by what. Advertisers read it.', max_length=500, verbose_name='how it promotes')),
                ('status', models.CharField(choices=[('active', 'Active'), ('closed', 'Closed')], default='active', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'publisher',
                'verbose_name_plural': 'publishers',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, validators=[network.names.plain], verbose_name='name')),
                ('company', models.CharField(blank=True, help_text='As it is registered, and as it stands on invoices.', max_length=120, validators=[network.names.plain], verbose_name='company')),
                ('country', models.CharField(blank=True, max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$')], verbose_name='country')),
                ('tax_id', models.CharField(blank=True, max_length=40, validators=[network.names.plain], verbose_name='tax id')),
                ('contact_name', models.CharField(blank=True, max_length=120, validators=[network.names.plain], verbose_name='contact')),
                ('contact_email', models.EmailField(blank=True, help_text='Operators and the advertisers whose partner it is see the contact.', max_length=254, verbose_name="contact's email")),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'team',
                'verbose_name_plural': 'teams',
                'ordering': ('name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='email')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('viewer', 'Viewer'), ('member', 'Member'), ('operator', 'Operator')], max_length=10, verbose_name='role')),
                ('token_hash', models.CharField(max_length=64, unique=True, verbose_name='token hash')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('mail_sent_at', models.DateTimeField(blank=True, null=True, verbose_name='email sent at')),
                ('mail_error', models.CharField(blank=True, max_length=200, verbose_name='email error')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='accepted by')),
                ('advertiser', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
                'ordering': ('-created_at', '-id'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('advertiser__isnull', False), ('role__in', ('owner', 'manager', 'viewer')), ('team', None)), models.Q(('advertiser', None), ('role__in', ('owner', 'member')), ('team__isnull', False)), models.Q(('advertiser', None), ('role', 'operator'), ('team', None)), _connector='OR'), name='invitation_role_of_its_place'), models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), fields=('email', 'advertiser', 'team'), name='invitation_open_once', nulls_distinct=False, violation_error_message='This address is invited already.')],
            },
        ),
        migrations.CreateModel(
            name='LedgerAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('advertiser_receivable', 'Owed by an advertiser'), ('publisher_payable', 'Owed to a publisher'), ('network_fees', 'Earned by the network')], max_length=25, verbose_name='kind')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$')], verbose_name='currency')),
                ('advertiser', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('publisher', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'ledger account',
                'verbose_name_plural': 'ledger accounts',
                'constraints': [models.UniqueConstraint(fields=('kind', 'advertiser', 'publisher', 'currency'), name='ledger_account_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('advertiser__isnull', False), ('kind', 'advertiser_receivable'), ('publisher__isnull', True)), models.Q(('advertiser__isnull', True), ('kind', 'publisher_payable'), ('publisher__isnull', False)), models.Q(('advertiser__isnull', True), ('kind', 'network_fees'), ('publisher__isnull', True)), _connector='OR'), name='ledger_account_owner')],
            },
        ),
        migrations.CreateModel(
            name='LedgerTransaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='The idempotency key.', max_length=100, unique=True, verbose_name='key')),
                ('kind', models.CharField(choices=[('commission_final', 'Commission became final')], max_length=25, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('advertiser', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='publishers.ledgertransaction', verbose_name='corrects')),
                ('publisher', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'ledger transaction',
                'verbose_name_plural': 'ledger transactions',
            },
        ),
        migrations.CreateModel(
            name='Partnership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partnerships', to='network.advertiser', verbose_name='advertiser')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partnerships', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'partner',
                'verbose_name_plural': 'partners',
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'publisher'), name='partners_once')],
            },
        ),
        migrations.CreateModel(
            name='PartnerNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=2000)),
                ('created_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='publishers.partnership')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('cookie_type.changed', 'Cookie type'), ('partnership.changed', 'Partnership'), ('terms.changed', 'Terms'), ('commission.declined', 'Sales declined'), ('partnership.asked', 'Question')], max_length=30)),
                ('created_at', models.DateTimeField()),
                ('takes_effect_at', models.DateTimeField()),
                ('decided_by', models.CharField(choices=[('advertiser', 'The advertiser'), ('network', 'The network')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('facts', models.JSONField(help_text="'from' and 'to', whether it is 'cancelled', and the 'terms' in force then.")),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('made_by', models.ForeignKey(help_text='For staff only; publishers read who decided in general.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='publishers.partnership')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='publishers.publisher')),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['publisher', '-id'], name='notice_by_publisher')],
            },
        ),
        migrations.CreateModel(
            name='EmailOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('cookie_type.changed', 'Cookie type'), ('partnership.changed', 'Partnership'), ('terms.changed', 'Terms'), ('commission.declined', 'Sales declined'), ('partnership.asked', 'Question')], max_length=30)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'event'), name='email_off_once')],
            },
        ),
        migrations.CreateModel(
            name='NoticesRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('up_to', models.BigIntegerField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='publishers.publisher')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'publisher'), name='notices_read_once')],
            },
        ),
        migrations.CreateModel(
            name='NoticeMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('skipped', 'Not sent'), ('parked', 'Given up')], default='waiting', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_try_at', models.DateTimeField(verbose_name='next try at')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('last_error', models.CharField(blank=True, max_length=300, verbose_name='last error')),
                ('notices', models.ManyToManyField(related_name='mails', to='publishers.notice', verbose_name='notices')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_mails', to=settings.AUTH_USER_MODEL, verbose_name='recipient')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'email of a notice',
                'verbose_name_plural': 'emails of notices',
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at', 'id'], name='notice_mail_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='notice_mail_sent_when'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('skipped', 'parked')), _negated=True), models.Q(('last_error', ''), _negated=True), _connector='OR'), name='notice_mail_says_why_not')],
            },
        ),
        migrations.CreateModel(
            name='CookieTypeAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft'), ('inherit', "Model type's default")], max_length=7, verbose_name='cookie type')),
                ('internal_note', models.CharField(blank=True, max_length=500, verbose_name='internal note')),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='publishers.cookietypeassignment', verbose_name='cancels')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='publishers.partnership', verbose_name='partnership')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'cookie type of a partner',
                'verbose_name_plural': 'cookie types of partners',
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='cookietypeassignment_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='cookietypeassignment_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='cookietypeassignment_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('partnership', 'starts_at'), name='assignment_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('cookie_type__in', ['hard', 'soft', 'inherit'])), name='assignment_is_known')],
            },
        ),
        migrations.CreateModel(
            name='PublisherModelType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('model_type', models.CharField(choices=[('content', 'Content'), ('influencer', 'Influencer'), ('comparison', 'Comparison'), ('cashback', 'Cashback'), ('loyalty', 'Loyalty'), ('voucher', 'Voucher'), ('email', 'Email'), ('search', 'Search'), ('display', 'Display'), ('retargeting', 'Retargeting'), ('overlay', 'Overlay'), ('extension', 'Extension'), ('subnetwork', 'Subnetwork'), ('other', 'Other')], max_length=12, verbose_name='model type')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='publishers.publishermodeltype', verbose_name='cancels')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_types', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'model type of a publisher',
                'verbose_name_plural': 'model types of publishers',
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='publishermodeltype_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='publishermodeltype_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='publishermodeltype_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('publisher', 'starts_at'), name='model_type_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('model_type__in', ['content', 'influencer', 'comparison', 'cashback', 'loyalty', 'voucher', 'email', 'search', 'display', 'retargeting', 'overlay', 'extension', 'subnetwork', 'other'])), name='model_type_is_known')],
            },
        ),
        migrations.AddField(
            model_name='publisher',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publishers', to='publishers.team', verbose_name='team'),
        ),
        migrations.CreateModel(
            name='TeamMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member')], max_length=10, verbose_name='role')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='publishers.team', verbose_name='team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='team_memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'team membership',
                'verbose_name_plural': 'team memberships',
                'constraints': [models.UniqueConstraint(fields=('user', 'team'), name='member_once_per_team'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'member'])), name='member_role_is_known')],
            },
        ),
        migrations.CreateModel(
            name='InvitationSending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sendings', to='publishers.invitation')),
            ],
            options={
                'indexes': [models.Index(fields=['asked_by', 'at'], name='invitation_sending_of_person'), models.Index(fields=['at'], name='invitation_sending_at')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='publishers.ledgeraccount')),
                ('transaction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='publishers.ledgertransaction')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(fields=['account', 'id'], name='ledger_entry_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor', 0), _negated=True), name='ledger_entry_not_zero')],
            },
        ),
        migrations.CreateModel(
            name='LedgerSum',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='summed', serialize=False, to='publishers.ledgeraccount')),
                ('up_to', models.BigIntegerField(help_text='The id of the last entry in it.')),
                ('amount_minor', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ModelTypeCookieType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('model_type', models.CharField(choices=[('content', 'Content'), ('influencer', 'Influencer'), ('comparison', 'Comparison'), ('cashback', 'Cashback'), ('loyalty', 'Loyalty'), ('voucher', 'Voucher'), ('email', 'Email'), ('search', 'Search'), ('display', 'Display'), ('retargeting', 'Retargeting'), ('overlay', 'Overlay'), ('extension', 'Extension'), ('subnetwork', 'Subnetwork'), ('other', 'Other')], max_length=12, verbose_name='model type')),
                ('cookie_type', models.CharField(choices=[('hard', 'Hard'), ('soft', 'Soft'), ('inherit', "Model type's default")], max_length=7, verbose_name='cookie type')),
                ('advertiser', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='model_type_defaults', to='network.advertiser', verbose_name='advertiser')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='publishers.modeltypecookietype', verbose_name='cancels')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'verbose_name': 'model type default',
                'verbose_name_plural': 'model type defaults',
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='modeltypecookietype_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='modeltypecookietype_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='modeltypecookietype_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('advertiser', 'model_type', 'starts_at'), name='model_default_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('model_type__in', ['content', 'influencer', 'comparison', 'cashback', 'loyalty', 'voucher', 'email', 'search', 'display', 'retargeting', 'overlay', 'extension', 'subnetwork', 'other'])), name='model_default_of_known_type'), models.CheckConstraint(condition=models.Q(('cookie_type__in', ['hard', 'soft', 'inherit'])), name='model_default_is_known')],
            },
        ),
        migrations.CreateModel(
            name='PartnershipTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='start')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('status', models.CharField(choices=[('applied', 'Applied'), ('approved', 'Approved'), ('declined', 'Declined'), ('ended', 'Ended'), ('suspended', 'Suspended for fraud')], max_length=10, verbose_name='status')),
                ('hard_days', models.PositiveSmallIntegerField(blank=True, help_text="Own cookie period; empty: the advertiser's.", null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)], verbose_name='hard days')),
                ('in_page', models.BooleanField(default=False, help_text='May activate from the page without a navigation; soft only.', verbose_name='may activate in the page')),
                ('strictly_necessary', models.BooleanField(default=False, verbose_name='strictly necessary')),
                ('evidence', models.TextField(blank=True, help_text='Why the cookie counts as strictly necessary.', verbose_name='evidence')),
                ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('cancels', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_by', to='publishers.partnershipterms', verbose_name='cancels')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='publishers.partnership', verbose_name='partnership')),
                ('rewrites', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rewritten_by', to='publishers.partnershipterms', verbose_name='rewrites')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'partnership terms',
                'verbose_name_plural': 'partnership terms',
                'ordering': ('starts_at', 'id'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__gte', models.F('created_at'))), name='partnershipterms_starts_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', True), ('starts_at__gte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(seconds=15), models.DurationField()))), _connector='OR'), name='partnershipterms_cancelled_ahead'), models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='partnershipterms_starts_within_a_year'), models.UniqueConstraint(condition=models.Q(('cancels__isnull', True)), fields=('partnership', 'starts_at'), name='partnership_terms_one_per_start', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('status__in', ['applied', 'approved', 'declined', 'ended', 'suspended'])), name='partnership_status_is_known'), models.CheckConstraint(condition=models.Q(('hard_days__isnull', True), ('hard_days__range', (1, 400)), _connector='OR'), name='partnership_window_in_range')],
            },
        ),
        AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a987ce3ec87b3e5f22b6eda7d137c2a52181e562', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_412c0', table='publishers_ledgerentry', when='BEFORE')),
        ),
        AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='same_currency', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE wrong RECORD;', func="\n                    SELECT e.currency, a.currency AS of_account INTO wrong\n                    FROM added e JOIN publishers_ledgeraccount a ON a.id = e.account_id\n                    WHERE a.currency <> e.currency LIMIT 1;\n                    IF FOUND THEN\n                        RAISE EXCEPTION 'ledger entry in % on an account in %',\n                            wrong.currency, wrong.of_account USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NULL;\n                ", hash='ecc57d40449fd5b67784113f16676ef53734c4a3', level='STATEMENT', operation='INSERT', pgid='pgtrigger_same_currency_3cf74', referencing='REFERENCING NEW TABLE AS added ', table='publishers_ledgerentry', when='AFTER')),
        ),
        AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='sums_to_zero', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE wrong BIGINT;', func="\n                    SELECT transaction_id INTO wrong FROM added\n                    GROUP BY transaction_id, currency HAVING SUM(amount_minor) <> 0 LIMIT 1;\n                    IF FOUND THEN\n                        RAISE EXCEPTION 'ledger transaction % does not sum to zero',\n                            wrong USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NULL;\n                ", hash='8121fac44cca834252e56c577016506029a27611', level='STATEMENT', operation='INSERT', pgid='pgtrigger_sums_to_zero_5f9f0', referencing='REFERENCING NEW TABLE AS added ', table='publishers_ledgerentry', when='AFTER')),
        ),
        AddTrigger(
            model_name='modeltypecookietype',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='18b89b56003a9c835e6aa90ebb69b007a0e33f4b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5eef8', table='publishers_modeltypecookietype', when='BEFORE')),
        ),
        AddTrigger(
            model_name='modeltypecookietype',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='b42d87417195d4db2f758a27f72dfe805dedc75f', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_31e55', table='publishers_modeltypecookietype', when='AFTER')),
        ),
        AddTrigger(
            model_name='modeltypecookietype',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='339b7fbf0f7ef90b9e153bff045ff8943fac9595', operation='INSERT', pgid='pgtrigger_commits_in_time_2cfc7', table='publishers_modeltypecookietype', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='modeltypecookietype',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_modeltypecookietype AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='20e41a48337daf85f8b74d4140f80e55ee533a04', operation='INSERT', pgid='pgtrigger_cancels_its_own_793bb', table='publishers_modeltypecookietype', when='BEFORE')),
        ),
        AddTrigger(
            model_name='partnernote',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='250cc24b77f7619264d23f27017db497bb269435', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_de5a3', table='publishers_partnernote', when='BEFORE')),
        ),
        AddTrigger(
            model_name='partnershipterms',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='082b4587a082a97f2697a994afb13370d7983659', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_49857', table='publishers_partnershipterms', when='BEFORE')),
        ),
        AddTrigger(
            model_name='partnershipterms',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='fd06caecc7b3b77d6f4527857442f03f5a9e22fc', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_1d0d6', table='publishers_partnershipterms', when='AFTER')),
        ),
        AddTrigger(
            model_name='partnershipterms',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='a0710fc90aed01a64ee4121c71bcfd4a4edcdbe8', operation='INSERT', pgid='pgtrigger_commits_in_time_4b767', table='publishers_partnershipterms', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='partnershipterms',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_partnershipterms AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='339d9c530a7f8d7e870eb4980a11072fa2b952ce', operation='INSERT', pgid='pgtrigger_cancels_its_own_d7450', table='publishers_partnershipterms', when='BEFORE')),
        ),
        AddTrigger(
            model_name='partnershipterms',
            trigger=pgtrigger.compiler.Trigger(name='says_as_its_parent', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_partnership AS parent WHERE parent.id = NEW.partnership_id AND parent.advertiser_id = NEW.advertiser_id AND parent.publisher_id = NEW.publisher_id\n            ) THEN\n                RAISE EXCEPTION 'it says another tenant than its partnership_id'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='0920fcef8e16cb8b84649bc8cc555d3bf2c5c85c', operation='INSERT', pgid='pgtrigger_says_as_its_parent_98eb0', table='publishers_partnershipterms', when='BEFORE')),
        ),
        AddTrigger(
            model_name='partnership',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='e0719600a8f5c77ed163b1177827e02dad47a10d', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_3b174', table='publishers_partnership', when='AFTER')),
        ),
        AddTrigger(
            model_name='partnership',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."advertiser_id" IS DISTINCT FROM (NEW."advertiser_id") OR OLD."publisher_id" IS DISTINCT FROM (NEW."publisher_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='0101b449bb912b6260dc585dc59d80b78dbe6e0c', operation='UPDATE', pgid='pgtrigger_fixed_14371', table='publishers_partnership', when='BEFORE')),
        ),
        AddTrigger(
            model_name='noticemail',
            trigger=pgtrigger.compiler.Trigger(name='guarded_state', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF OLD.state = 'waiting' OR (OLD.state = 'parked' AND NEW.state = 'waiting')\n                    THEN RETURN NEW; END IF;\n                    RAISE EXCEPTION 'a mail that is % cannot become %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                ", hash='df72d841edb12589586933a945f13f195ba1324f', operation='UPDATE', pgid='pgtrigger_guarded_state_da7a3', table='publishers_noticemail', when='BEFORE')),
        ),
        AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='acb2cdb6b02665179d9fd785f92e38163464335b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_55e82', table='publishers_notice', when='BEFORE')),
        ),
        AddTrigger(
            model_name='ledgertransaction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fa026ff3db14c324a06c5377e5635c720823fb28', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c5404', table='publishers_ledgertransaction', when='BEFORE')),
        ),
        AddTrigger(
            model_name='ledgeraccount',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='50fb29f010ea6430960cf224810a99af3594ac0a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b4680', table='publishers_ledgeraccount', when='BEFORE')),
        ),
        AddTrigger(
            model_name='cookietypeassignment',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d99cefcad553c0d38d46e303a25e3c5f30716902', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1fc06', table='publishers_cookietypeassignment', when='BEFORE')),
        ),
        AddTrigger(
            model_name='cookietypeassignment',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='47025bcdb063e27bc656376afe229dab43a81f9f', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_7fd4a', table='publishers_cookietypeassignment', when='AFTER')),
        ),
        AddTrigger(
            model_name='cookietypeassignment',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='5a5272f862524e64516bdc411f3694e49beedcd8', operation='INSERT', pgid='pgtrigger_commits_in_time_85c60', table='publishers_cookietypeassignment', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='cookietypeassignment',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_cookietypeassignment AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='9c6c64fb67c76ef45d13d9b22d71fc1b997f25e0', operation='INSERT', pgid='pgtrigger_cancels_its_own_34349', table='publishers_cookietypeassignment', when='BEFORE')),
        ),
        AddTrigger(
            model_name='cookietypeassignment',
            trigger=pgtrigger.compiler.Trigger(name='says_as_its_parent', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_partnership AS parent WHERE parent.id = NEW.partnership_id AND parent.advertiser_id = NEW.advertiser_id AND parent.publisher_id = NEW.publisher_id\n            ) THEN\n                RAISE EXCEPTION 'it says another tenant than its partnership_id'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='567dcaba3f2b957d3e0cac8fc3e397cd543dbd6f', operation='INSERT', pgid='pgtrigger_says_as_its_parent_0132c', table='publishers_cookietypeassignment', when='BEFORE')),
        ),
        AddTrigger(
            model_name='publishermodeltype',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='13a68b2fb2ef931332c06fbaf0a93f3cef469577', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_20d5f', table='publishers_publishermodeltype', when='BEFORE')),
        ),
        AddTrigger(
            model_name='publishermodeltype',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='c111f4b4e3191efae360c288461e7473a5e1fee0', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_23920', table='publishers_publishermodeltype', when='AFTER')),
        ),
        AddTrigger(
            model_name='publishermodeltype',
            trigger=pgtrigger.compiler.Trigger(name='commits_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF clock_timestamp() - COALESCE(\n                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,\n                transaction_timestamp()\n            ) > COALESCE(\n                NULLIF(current_setting('softclick.commit_within', true), ''),\n                '10 seconds'\n            )::interval THEN\n                RAISE EXCEPTION 'a change that starts ahead is committed too late'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='bfc109ed996679ea89da676562c7119e10fbd5bf', operation='INSERT', pgid='pgtrigger_commits_in_time_0c9d7', table='publishers_publishermodeltype', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddTrigger(
            model_name='publishermodeltype',
            trigger=pgtrigger.compiler.Trigger(name='cancels_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."cancels_id" IS NOT NULL)', func="\n            IF NOT EXISTS (\n                SELECT FROM publishers_publishermodeltype AS cancelled\n                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL\n                AND to_jsonb(NEW) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id'] = to_jsonb(cancelled) - ARRAY['id', 'created_at', 'made_by_id', 'reason', 'cancels_id', 'rewrites_id']\n            ) THEN\n                RAISE EXCEPTION 'it cancels a row that says something else'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n            ", hash='1e637c0bc5f4cffdf5e3540ada24e92ca129adf2', operation='INSERT', pgid='pgtrigger_cancels_its_own_08318', table='publishers_publishermodeltype', when='BEFORE')),
        ),
        AddTrigger(
            model_name='publisher',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='914ad40903e6e18f94306b51a4a934b31a677cba', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bumps_policy_108dd', table='publishers_publisher', when='AFTER')),
        ),
    ]
