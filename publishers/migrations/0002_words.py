import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0003_words"),
        ("publishers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="cookietypeassignment",
            options={
                "ordering": ("starts_at", "id"),
                "verbose_name": "cookie type of a partner",
                "verbose_name_plural": "cookie types of partners",
            },
        ),
        migrations.AlterModelOptions(
            name="invitation",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
            },
        ),
        migrations.AlterModelOptions(
            name="ledgeraccount",
            options={"verbose_name": "ledger account", "verbose_name_plural": "ledger accounts"},
        ),
        migrations.AlterModelOptions(
            name="ledgertransaction",
            options={
                "verbose_name": "ledger transaction",
                "verbose_name_plural": "ledger transactions",
            },
        ),
        migrations.AlterModelOptions(
            name="modeltypecookietype",
            options={
                "ordering": ("starts_at", "id"),
                "verbose_name": "model type default",
                "verbose_name_plural": "model type defaults",
            },
        ),
        migrations.AlterModelOptions(
            name="noticemail",
            options={
                "ordering": ("-id",),
                "verbose_name": "email of a notice",
                "verbose_name_plural": "emails of notices",
            },
        ),
        migrations.AlterModelOptions(
            name="partnership",
            options={"verbose_name": "partner", "verbose_name_plural": "partners"},
        ),
        migrations.AlterModelOptions(
            name="partnershipterms",
            options={
                "ordering": ("starts_at", "id"),
                "verbose_name": "partnership terms",
                "verbose_name_plural": "partnership terms",
            },
        ),
        migrations.AlterModelOptions(
            name="publisher",
            options={
                "ordering": ("name",),
                "verbose_name": "publisher",
                "verbose_name_plural": "publishers",
            },
        ),
        migrations.AlterModelOptions(
            name="publishermodeltype",
            options={
                "ordering": ("starts_at", "id"),
                "verbose_name": "model type of a publisher",
                "verbose_name_plural": "model types of publishers",
            },
        ),
        migrations.AlterModelOptions(
            name="team",
            options={
                "ordering": ("name", "id"),
                "verbose_name": "team",
                "verbose_name_plural": "teams",
            },
        ),
        migrations.AlterModelOptions(
            name="teammembership",
            options={"verbose_name": "team membership", "verbose_name_plural": "team memberships"},
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="advertiser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="publishers.cookietypeassignment",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="cookie_type",
            field=models.CharField(
                choices=[("hard", "Hard"), ("soft", "Soft"), ("inherit", "Model type's default")],
                max_length=7,
                verbose_name="cookie type",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="internal_note",
            field=models.CharField(blank=True, max_length=500, verbose_name="internal note"),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="partnership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="publishers.partnership",
                verbose_name="partnership",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="publisher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="cookietypeassignment",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="accepted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="accepted at"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="accepted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="accepted by",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="advertiser",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="expires_at",
            field=models.DateTimeField(verbose_name="expires at"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="invited by",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="mail_error",
            field=models.CharField(blank=True, max_length=200, verbose_name="email error"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="mail_sent_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="email sent at"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("manager", "Manager"),
                    ("viewer", "Viewer"),
                    ("member", "Member"),
                    ("operator", "Operator"),
                ],
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.team",
                verbose_name="team",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="token_hash",
            field=models.CharField(max_length=64, unique=True, verbose_name="token hash"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AlterField(
            model_name="ledgeraccount",
            name="advertiser",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="ledgeraccount",
            name="currency",
            field=models.CharField(
                max_length=3,
                validators=[django.core.validators.RegexValidator("^[A-Z]{3}$")],
                verbose_name="currency",
            ),
        ),
        migrations.AlterField(
            model_name="ledgeraccount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("advertiser_receivable", "Owed by an advertiser"),
                    ("publisher_payable", "Owed to a publisher"),
                    ("network_fees", "Earned by the network"),
                ],
                max_length=25,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="ledgeraccount",
            name="publisher",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="advertiser",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="corrects",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="publishers.ledgertransaction",
                verbose_name="corrects",
            ),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="key",
            field=models.CharField(
                help_text="The idempotency key.", max_length=100, unique=True, verbose_name="key"
            ),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="kind",
            field=models.CharField(
                choices=[("commission_final", "Commission became final")],
                max_length=25,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="publisher",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="advertiser",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="model_type_defaults",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="publishers.modeltypecookietype",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="cookie_type",
            field=models.CharField(
                choices=[("hard", "Hard"), ("soft", "Soft"), ("inherit", "Model type's default")],
                max_length=7,
                verbose_name="cookie type",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="model_type",
            field=models.CharField(
                choices=[
                    ("content", "Content"),
                    ("influencer", "Influencer"),
                    ("comparison", "Comparison"),
                    ("cashback", "Cashback"),
                    ("loyalty", "Loyalty"),
                    ("voucher", "Voucher"),
                    ("email", "Email"),
                    ("search", "Search"),
                    ("display", "Display"),
                    ("retargeting", "Retargeting"),
                    ("overlay", "Overlay"),
                    ("extension", "Extension"),
                    ("subnetwork", "Subnetwork"),
                    ("other", "Other"),
                ],
                max_length=12,
                verbose_name="model type",
            ),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="modeltypecookietype",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="made_by",
            field=models.ForeignKey(
                help_text="For staff only; publishers read who decided in general.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="last_error",
            field=models.CharField(blank=True, max_length=300, verbose_name="last error"),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="next_try_at",
            field=models.DateTimeField(verbose_name="next try at"),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="notices",
            field=models.ManyToManyField(
                related_name="mails", to="publishers.notice", verbose_name="notices"
            ),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="publisher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="recipient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notice_mails",
                to=settings.AUTH_USER_MODEL,
                verbose_name="recipient",
            ),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="sent_at",
            field=models.DateTimeField(null=True, verbose_name="sent at"),
        ),
        migrations.AlterField(
            model_name="noticemail",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sent", "Sent"),
                    ("skipped", "Not sent"),
                    ("parked", "Given up"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="partnership",
            name="advertiser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="partnerships",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="partnership",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="partnership",
            name="publisher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="partnerships",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="advertiser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="publishers.partnershipterms",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="evidence",
            field=models.TextField(
                blank=True,
                help_text="Why the cookie counts as strictly necessary.",
                verbose_name="evidence",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="hard_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Own cookie period; empty: the advertiser's.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(400),
                ],
                verbose_name="hard days",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="in_page",
            field=models.BooleanField(
                default=False,
                help_text="May activate from the page without a navigation; soft only.",
                verbose_name="may activate in the page",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="partnership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="terms",
                to="publishers.partnership",
                verbose_name="partnership",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="publisher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="rewrites",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rewritten_by",
                to="publishers.partnershipterms",
                verbose_name="rewrites",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="status",
            field=models.CharField(
                choices=[
                    ("applied", "Applied"),
                    ("approved", "Approved"),
                    ("declined", "Declined"),
                    ("ended", "Ended"),
                    ("suspended", "Suspended for fraud"),
                ],
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="partnershipterms",
            name="strictly_necessary",
            field=models.BooleanField(default=False, verbose_name="strictly necessary"),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="id",
            field=models.AutoField(primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="name",
            field=models.CharField(max_length=120, unique=True, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="status",
            field=models.CharField(
                choices=[("active", "Active"), ("closed", "Closed")],
                default="active",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="publishers",
                to="publishers.team",
                verbose_name="team",
            ),
        ),
        migrations.AlterField(
            model_name="publisher",
            name="website",
            field=models.URLField(blank=True, max_length=500, verbose_name="website"),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="publishers.publishermodeltype",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="model_type",
            field=models.CharField(
                choices=[
                    ("content", "Content"),
                    ("influencer", "Influencer"),
                    ("comparison", "Comparison"),
                    ("cashback", "Cashback"),
                    ("loyalty", "Loyalty"),
                    ("voucher", "Voucher"),
                    ("email", "Email"),
                    ("search", "Search"),
                    ("display", "Display"),
                    ("retargeting", "Retargeting"),
                    ("overlay", "Overlay"),
                    ("extension", "Extension"),
                    ("subnetwork", "Subnetwork"),
                    ("other", "Other"),
                ],
                max_length=12,
                verbose_name="model type",
            ),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="publisher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="model_types",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="publishermodeltype",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="team",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="team",
            name="name",
            field=models.CharField(max_length=120, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="teammembership",
            name="role",
            field=models.CharField(
                choices=[("owner", "Owner"), ("member", "Member")],
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="teammembership",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="publishers.team",
                verbose_name="team",
            ),
        ),
        migrations.AlterField(
            model_name="teammembership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="team_memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
    ]
