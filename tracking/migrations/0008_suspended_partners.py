import pgtrigger
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CLOSED = 'tracking.Commission:closed_is_never_edited'

WITH_A_SUSPENSION = """
    UPDATE tracking_commission SET decline_reason = 'suspended'
    FROM (
        SELECT DISTINCT ON (conversion_id) * FROM tracking_validation
        ORDER BY conversion_id, at DESC, id DESC
    ) said, publishers_partnershipterms suspension
    WHERE tracking_commission.decline_reason = 'by_advertiser'
        AND said.conversion_id = tracking_commission.conversion_id
        AND said.publisher_id = tracking_commission.publisher_id
        AND said.action = 'decline' AND said.code = 'fraud'
        AND suspension.advertiser_id = said.advertiser_id
        AND suspension.publisher_id = said.publisher_id
        AND suspension.status = 'suspended' AND suspension.cancels_id IS NULL
        AND suspension.made_by_id = said.made_by_id
        AND btrim(left(suspension.reason, 300)) = said.reason
        AND (
            suspension.created_at = said.at
            OR suspension.id = (
                SELECT id FROM publishers_partnershipterms in_force
                WHERE in_force.partnership_id = suspension.partnership_id
                    AND in_force.starts_at <= said.at + interval '15 seconds'
                    AND in_force.cancels_id IS NULL AND NOT EXISTS (
                        SELECT FROM publishers_partnershipterms
                        WHERE cancels_id = in_force.id
                    )
                ORDER BY starts_at DESC LIMIT 1
            ) AND NOT EXISTS (
                SELECT FROM tracking_validation earlier
                WHERE earlier.conversion_id = said.conversion_id
                    AND earlier.publisher_id = said.publisher_id AND earlier.id < said.id
            )
        )
"""
"""Those that the suspension declined when it was made, or when it met them for the first time: by
its author, for its reason. Both are told apart from what staff said about an order."""

BY_ADVERTISER = """
    UPDATE tracking_commission SET decline_reason = 'by_advertiser'
    WHERE decline_reason = 'suspended'
"""


def tell_apart(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _update(schema_editor, WITH_A_SUSPENSION)


def put_together(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _update(schema_editor, BY_ADVERTISER)


def _update(schema_editor: BaseDatabaseSchemaEditor, statement: str) -> None:
    """Of closed ones, too: it is the name of why they were declined, and nothing else."""
    with pgtrigger.ignore(CLOSED), schema_editor.connection.cursor() as cursor:
        cursor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('publishers', '0009_mails_of_notices'),
        ('tracking', '0007_conflict_unpaid'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='commission',
            name='commission_decline_text_of_advertiser',
        ),
        migrations.AlterField(
            model_name='commission',
            name='decline_reason',
            field=models.CharField(blank=True, choices=[('nobody_paid', 'Later evidence: nobody is paid'), ('by_advertiser', 'Declined by the advertiser'), ('suspended', 'Partner suspended for fraud')], max_length=20),
        ),
        migrations.AlterField(
            model_name='commission',
            name='decline_text',
            field=models.CharField(blank=True, db_default='', default='', help_text='Why it was declined, in words that its publisher reads.', max_length=400),
        ),
        migrations.AddConstraint(
            model_name='commission',
            constraint=models.CheckConstraint(condition=models.Q(('decline_text', ''), ('decline_reason__in', ('by_advertiser', 'suspended')), _connector='OR'), name='commission_decline_text_of_advertiser'),
        ),
        migrations.RunPython(tell_apart, put_together),
    ]
