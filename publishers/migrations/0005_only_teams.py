import django.db.models.deletion
from django.db import migrations, models


LET_GO = """
    DO $$ DECLARE name TEXT; BEGIN
        FOR name IN SELECT conname FROM pg_constraint
            WHERE conrelid = 'publishers_publishermembership'::regclass AND contype = 'f'
        LOOP
            EXECUTE format('ALTER TABLE publishers_publishermembership DROP CONSTRAINT %I', name);
        END LOOP;
    END $$
"""
HOLD = """
    ALTER TABLE publishers_publishermembership
        ADD CONSTRAINT publishermembership_user FOREIGN KEY (user_id)
            REFERENCES network_user DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT publishermembership_publisher FOREIGN KEY (publisher_id)
            REFERENCES publishers_publisher DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    """Third of three steps: every publisher has a team. Beside a running network, which goes on
    reading and writing publishers. The table of their own memberships is empty by now, and nothing
    reads it; it stays, tied to nothing, until no release that knows it can be running."""

    atomic = False

    dependencies = [
        ('publishers', '0004_members_into_teams'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='publisher',
                    name='team',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publishers', to='publishers.team'),
                ),
                migrations.DeleteModel(
                    name='PublisherMembership',
                ),
            ],
            database_operations=[
                migrations.RunSQL(LET_GO, HOLD),
                migrations.RunSQL(
                    'ALTER TABLE publishers_publisher ADD CONSTRAINT publisher_in_team CHECK (team_id IS NOT NULL) NOT VALID',
                    'ALTER TABLE publishers_publisher DROP CONSTRAINT publisher_in_team',
                ),
                migrations.RunSQL(
                    'ALTER TABLE publishers_publisher VALIDATE CONSTRAINT publisher_in_team',
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    'CREATE INDEX CONCURRENTLY publishers_publisher_team_id ON publishers_publisher (team_id)',
                    'DROP INDEX CONCURRENTLY publishers_publisher_team_id',
                ),
            ],
        ),
    ]
