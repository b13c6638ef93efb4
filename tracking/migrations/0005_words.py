import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0003_words"),
        ("publishers", "0002_words"),
        ("tracking", "0004_report_waiting"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="click",
            options={"verbose_name": "click", "verbose_name_plural": "clicks"},
        ),
        migrations.AlterModelOptions(
            name="commission",
            options={"verbose_name": "commission", "verbose_name_plural": "commissions"},
        ),
        migrations.AlterModelOptions(
            name="conversion",
            options={"verbose_name": "sale", "verbose_name_plural": "sales"},
        ),
        migrations.AlterModelOptions(
            name="report",
            options={"verbose_name": "report", "verbose_name_plural": "reports"},
        ),
        migrations.AlterModelOptions(
            name="setaside",
            options={
                "verbose_name": "record set aside",
                "verbose_name_plural": "records set aside",
            },
        ),
        migrations.AlterModelOptions(
            name="spoolhost",
            options={"verbose_name": "spool host", "verbose_name_plural": "spool hosts"},
        ),
        migrations.AlterModelOptions(
            name="unattributedsales",
            options={
                "verbose_name": "unattributed sales",
                "verbose_name_plural": "unattributed sales",
            },
        ),
        migrations.AlterModelOptions(
            name="whatifrun",
            options={"verbose_name": "what-if", "verbose_name_plural": "what-ifs"},
        ),
        migrations.AlterField(
            model_name="click",
            name="advertiser",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="click",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="click",
            name="campaign",
            field=models.CharField(blank=True, max_length=100, verbose_name="campaign"),
        ),
        migrations.AlterField(
            model_name="click",
            name="cookie_type",
            field=models.CharField(
                choices=[("hard", "Hard"), ("soft", "Soft")],
                max_length=4,
                verbose_name="cookie type",
            ),
        ),
        migrations.AlterField(
            model_name="click",
            name="id",
            field=models.UUIDField(primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="click",
            name="in_page",
            field=models.BooleanField(default=False, verbose_name="activated in the page"),
        ),
        migrations.AlterField(
            model_name="click",
            name="ip_prefix",
            field=models.CharField(blank=True, max_length=43, verbose_name="IP prefix"),
        ),
        migrations.AlterField(
            model_name="click",
            name="journey",
            field=models.BigIntegerField(default=0, verbose_name="journey"),
        ),
        migrations.AlterField(
            model_name="click",
            name="publisher",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="click",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("not_partner", "not_partner"),
                    ("bot", "bot"),
                    ("prefetch", "prefetch"),
                    ("head", "head"),
                    ("stuffed", "stuffed"),
                    ("invalid_signature", "invalid_signature"),
                    ("no_consent", "no_consent"),
                    ("repeat", "repeat"),
                    ("advertiser_closed", "advertiser_closed"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.AlterField(
            model_name="click",
            name="rebuilt",
            field=models.BooleanField(
                default=False,
                help_text="Known from its token only; its own record has not arrived.",
                verbose_name="rebuilt",
            ),
        ),
        migrations.AlterField(
            model_name="click",
            name="received_at",
            field=models.DateTimeField(verbose_name="received at"),
        ),
        migrations.AlterField(
            model_name="click",
            name="references",
            field=models.JSONField(default=dict, verbose_name="references"),
        ),
        migrations.AlterField(
            model_name="click",
            name="rejected_tokens",
            field=models.JSONField(default=list, verbose_name="rejected tokens"),
        ),
        migrations.AlterField(
            model_name="click",
            name="session",
            field=models.BigIntegerField(default=0, verbose_name="session"),
        ),
        migrations.AlterField(
            model_name="click",
            name="soft_rule",
            field=models.CharField(max_length=5, verbose_name="soft rule"),
        ),
        migrations.AlterField(
            model_name="click",
            name="stood_down",
            field=models.BooleanField(default=False, verbose_name="stood down"),
        ),
        migrations.AlterField(
            model_name="click",
            name="strictly_necessary",
            field=models.BooleanField(default=False, verbose_name="strictly necessary"),
        ),
        migrations.AlterField(
            model_name="click",
            name="target",
            field=models.CharField(blank=True, max_length=2000, verbose_name="target"),
        ),
        migrations.AlterField(
            model_name="click",
            name="target_reason",
            field=models.CharField(blank=True, max_length=20, verbose_name="target reason"),
        ),
        migrations.AlterField(
            model_name="click",
            name="user_agent",
            field=models.CharField(blank=True, max_length=60, verbose_name="user agent"),
        ),
        migrations.AlterField(
            model_name="click",
            name="window_minutes",
            field=models.IntegerField(verbose_name="window minutes"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="advertiser",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="amount_minor",
            field=models.BigIntegerField(verbose_name="amount in minor units"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="click_id",
            field=models.UUIDField(verbose_name="click ID"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="closed_at",
            field=models.DateTimeField(null=True, verbose_name="closed at"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="closes_at",
            field=models.DateTimeField(verbose_name="closes at"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="conversion",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="commission",
                to="tracking.conversion",
                verbose_name="conversion",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="cookie_type",
            field=models.CharField(
                choices=[("hard", "Hard"), ("soft", "Soft")],
                max_length=4,
                verbose_name="cookie type",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="currency",
            field=models.CharField(max_length=3, verbose_name="currency"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="decline_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nobody_paid", "Later evidence: nobody is paid"),
                    ("in_conflict", "In conflict with another report"),
                    ("by_advertiser", "Declined by the advertiser"),
                    ("suspended", "Partner suspended for fraud"),
                    ("not_confirmed", "Not confirmed by the advertiser"),
                ],
                max_length=20,
                verbose_name="decline reason",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="decline_text",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why it was declined, in words that its publisher reads.",
                max_length=400,
                verbose_name="reason in words",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="ledger_transaction",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="publishers.ledgertransaction",
                verbose_name="ledger transaction",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="network_fee_minor",
            field=models.BigIntegerField(verbose_name="network fee in minor units"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="publisher",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="commissions",
                to="publishers.publisher",
                verbose_name="publisher",
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="rates",
            field=models.JSONField(
                help_text="Frozen: the parts of the sale, each with its rate.", verbose_name="rates"
            ),
        ),
        migrations.AlterField(
            model_name="commission",
            name="sale_amount_minor",
            field=models.BigIntegerField(verbose_name="sale value in minor units"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="sold_at",
            field=models.DateTimeField(verbose_name="sold at"),
        ),
        migrations.AlterField(
            model_name="commission",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("approved", "Approved"),
                    ("declined", "Declined"),
                    ("final", "Final"),
                ],
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="advertiser",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversions",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="amount_minor",
            field=models.BigIntegerField(verbose_name="amount in minor units"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="channel",
            field=models.CharField(blank=True, max_length=60, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="closed_at",
            field=models.DateTimeField(null=True, verbose_name="closed at"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="closes_at",
            field=models.DateTimeField(null=True, verbose_name="closes at"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="conflict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("figures", "Reports with different figures"),
                    ("journeys", "Reports of different journeys"),
                ],
                max_length=10,
                verbose_name="conflict",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="conflict_since",
            field=models.DateTimeField(null=True, verbose_name="conflict since"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="currency",
            field=models.CharField(max_length=3, verbose_name="currency"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="customer",
            field=models.CharField(blank=True, max_length=10, verbose_name="customer"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="decision",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="current_of",
                to="tracking.decision",
                verbose_name="decision",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="dropped_reports",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Reports beyond the number that is kept of an order.",
                verbose_name="dropped reports",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="first_seen_at",
            field=models.DateTimeField(
                help_text="When its order was first heard of in a report that was not kept.",
                null=True,
                verbose_name="first seen at",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="order",
            field=models.CharField(max_length=64, verbose_name="order"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="over_limit",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Above the advertiser's largest plausible order, and not approved.",
                verbose_name="over limit",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="parts",
            field=models.JSONField(default=list, verbose_name="parts"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="settled_at",
            field=models.DateTimeField(null=True, verbose_name="settled at"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="settled_by",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="settled by",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="settled_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="settled reason"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="settled_report",
            field=models.ForeignKey(
                db_constraint=False,
                help_text="The report that staff chose where reports were in conflict.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tracking.report",
                verbose_name="settled report",
            ),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="verified",
            field=models.BooleanField(default=True, verbose_name="verified"),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="voucher",
            field=models.CharField(blank=True, max_length=100, verbose_name="voucher"),
        ),
        migrations.AlterField(
            model_name="report",
            name="advertiser",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="report",
            name="conversion",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="tracking.conversion",
                verbose_name="conversion",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="errors",
            field=models.JSONField(default=list, verbose_name="errors"),
        ),
        migrations.AlterField(
            model_name="report",
            name="figures",
            field=models.JSONField(default=dict, verbose_name="figures"),
        ),
        migrations.AlterField(
            model_name="report",
            name="fingerprint",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=32, verbose_name="fingerprint"
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="from_browser",
            field=models.BooleanField(default=False, verbose_name="from browser"),
        ),
        migrations.AlterField(
            model_name="report",
            name="id",
            field=models.UUIDField(primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="report",
            name="is_uncounted",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It names a channel that does not count.",
                verbose_name="is uncounted",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="order",
            field=models.CharField(blank=True, max_length=64, verbose_name="order"),
        ),
        migrations.AlterField(
            model_name="report",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("created", "created"),
                    ("merged", "merged"),
                    ("unlinked", "unlinked"),
                    ("discrepancy", "discrepancy"),
                    ("figures_conflict", "figures_conflict"),
                    ("journeys_conflict", "journeys_conflict"),
                    ("no_token", "no_token"),
                    ("waiting", "waiting"),
                    ("too_many", "too_many"),
                    ("channel_not_counted", "channel_not_counted"),
                    ("test", "test"),
                    ("invalid", "invalid"),
                    ("unknown_advertiser", "unknown_advertiser"),
                    ("late", "late"),
                ],
                max_length=20,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="rank",
            field=models.CharField(
                choices=[
                    ("keyed", "keyed"),
                    ("signed", "signed"),
                    ("token", "token"),
                    ("bare", "bare"),
                ],
                db_default="bare",
                default="bare",
                max_length=6,
                verbose_name="rank",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="received_at",
            field=models.DateTimeField(verbose_name="received at"),
        ),
        migrations.AlterField(
            model_name="report",
            name="repeats",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="repeats"),
        ),
        migrations.AlterField(
            model_name="report",
            name="session_by_cookie",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="No script could have sent its session.",
                verbose_name="session by cookie",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="sessions",
            field=models.JSONField(default=list, verbose_name="sessions"),
        ),
        migrations.AlterField(
            model_name="report",
            name="source",
            field=models.CharField(
                choices=[
                    ("tag", "Tag"),
                    ("pixel", "Pixel"),
                    ("server", "Server, without a key"),
                    ("keyed", "Server, with a key"),
                ],
                max_length=6,
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="tokens",
            field=models.JSONField(default=list, verbose_name="tokens"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="error",
            field=models.TextField(verbose_name="error"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="host",
            field=models.CharField(max_length=200, verbose_name="host"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="offset",
            field=models.BigIntegerField(verbose_name="offset"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="record",
            field=models.TextField(verbose_name="record"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="replayed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="replayed at"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="segment",
            field=models.CharField(max_length=200, verbose_name="segment"),
        ),
        migrations.AlterField(
            model_name="setaside",
            name="set_aside_at",
            field=models.DateTimeField(verbose_name="set aside at"),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="drained_to",
            field=models.DateTimeField(verbose_name="drained to"),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="lost_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="lost at"),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="lost_clicks",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="lost clicks"
            ),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="lost_reports",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="lost reports"
            ),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="name",
            field=models.CharField(
                max_length=200, primary_key=True, serialize=False, verbose_name="name"
            ),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="registered_at",
            field=models.DateTimeField(verbose_name="registered at"),
        ),
        migrations.AlterField(
            model_name="spoolhost",
            name="removed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="removed at"),
        ),
        migrations.AlterField(
            model_name="unattributedsales",
            name="advertiser",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="unattributedsales",
            name="count",
            field=models.BigIntegerField(default=0, verbose_name="count"),
        ),
        migrations.AlterField(
            model_name="unattributedsales",
            name="hour",
            field=models.DateTimeField(verbose_name="hour"),
        ),
        migrations.AlterField(
            model_name="unattributedsales",
            name="source",
            field=models.CharField(
                choices=[
                    ("tag", "Tag"),
                    ("pixel", "Pixel"),
                    ("server", "Server, without a key"),
                    ("keyed", "Server, with a key"),
                ],
                max_length=6,
                verbose_name="source",
            ),
        ),
    ]
