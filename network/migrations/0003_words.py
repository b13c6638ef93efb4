import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0002_evidence"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="advertiser",
            options={
                "ordering": ("name",),
                "verbose_name": "advertiser",
                "verbose_name_plural": "advertisers",
            },
        ),
        migrations.AlterModelOptions(
            name="attributionterms",
            options={
                "ordering": ("starts_at", "id"),
                "verbose_name": "attribution terms",
                "verbose_name_plural": "attribution terms",
            },
        ),
        migrations.AlterModelOptions(
            name="staffmembership",
            options={
                "verbose_name": "staff membership",
                "verbose_name_plural": "staff memberships",
            },
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="click_parameter",
            field=models.CharField(
                default="sclk",
                max_length=30,
                validators=[django.core.validators.RegexValidator("^[A-Za-z_][A-Za-z0-9_]*$")],
                verbose_name="click parameter",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="confirm_days",
            field=models.PositiveSmallIntegerField(
                db_default=60,
                default=60,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(400),
                ],
                verbose_name="days to confirm",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="conflict_days",
            field=models.PositiveSmallIntegerField(
                db_default=30,
                default=30,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(400),
                ],
                verbose_name="days of conflict",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="currency",
            field=models.CharField(
                max_length=3,
                validators=[django.core.validators.RegexValidator("^[A-Z]{3}$")],
                verbose_name="currency",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="domains",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=253),
                help_text="Links may lead to these domains and their subdomains, separated by commas.",
                size=None,
                verbose_name="domains",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="id",
            field=models.AutoField(primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="landing_url",
            field=models.URLField(max_length=500, verbose_name="landing page"),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="largest_order_minor",
            field=models.BigIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="largest order in minor units",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="name",
            field=models.CharField(max_length=120, unique=True, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="network_fee_percent",
            field=models.DecimalField(
                decimal_places=2,
                default=0,
                max_digits=5,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(100),
                ],
                verbose_name="network fee in percent",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="status",
            field=models.CharField(
                choices=[("active", "Active"), ("closed", "Closed")],
                default="active",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="strip_click_parameter",
            field=models.BooleanField(
                default=False,
                help_text="The tag removes the click parameter from the address bar.",
                verbose_name="strip click parameter",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="uncounted_channels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                blank=True,
                default=list,
                help_text="Values of the shop's own last paid channel that do not count.",
                size=None,
                verbose_name="uncounted channels",
            ),
        ),
        migrations.AlterField(
            model_name="advertiser",
            name="verification",
            field=models.CharField(
                choices=[
                    ("confirmed", "Only sales that you confirm are paid"),
                    ("browser", "Sales that only a browser reported are paid, too"),
                ],
                default="confirmed",
                max_length=10,
                verbose_name="verification",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="advertiser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="terms",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="network.attributionterms",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="hard_days",
            field=models.PositiveSmallIntegerField(
                default=30,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(400),
                ],
                verbose_name="hard days",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
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
            model_name="attributionterms",
            name="notice_days",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                validators=[django.core.validators.MaxValueValidator(90)],
                verbose_name="notice days",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="rewrites",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rewritten_by",
                to="network.attributionterms",
                verbose_name="rewrites",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="soft_hours",
            field=models.PositiveSmallIntegerField(
                default=24,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(720),
                ],
                verbose_name="soft hours",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="soft_rule",
            field=models.CharField(
                choices=[
                    ("first", "First: a soft click overwrites nothing"),
                    ("last", "Last: a later soft click takes over from a soft one"),
                    ("sole", "Sole: as first, and unpaid when another publisher's window is open"),
                ],
                default="first",
                max_length=5,
                verbose_name="soft rule",
            ),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="attributionterms",
            name="validation_days",
            field=models.PositiveSmallIntegerField(
                default=0,
                validators=[django.core.validators.MaxValueValidator(400)],
                verbose_name="validation days",
            ),
        ),
        migrations.AlterField(
            model_name="commissionrate",
            name="cancels",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_by",
                to="network.commissionrate",
                verbose_name="cancels",
            ),
        ),
        migrations.AlterField(
            model_name="commissionrate",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="commissionrate",
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
            model_name="commissionrate",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="commissionrate",
            name="starts_at",
            field=models.DateTimeField(verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="staffmembership",
            name="advertiser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="staff_memberships",
                to="network.advertiser",
                verbose_name="advertiser",
            ),
        ),
        migrations.AlterField(
            model_name="staffmembership",
            name="role",
            field=models.CharField(
                choices=[("owner", "Owner"), ("manager", "Manager"), ("viewer", "Viewer")],
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="staffmembership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="staff_memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="time_zone",
            field=models.CharField(default="UTC", max_length=64, verbose_name="time zone"),
        ),
    ]
