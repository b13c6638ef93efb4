from django.db import migrations


def into_teams(apps, schema_editor):
    """Each publisher's own people become a team of that publisher."""
    Publisher = apps.get_model('publishers', 'Publisher')
    PublisherMembership = apps.get_model('publishers', 'PublisherMembership')
    Team = apps.get_model('publishers', 'Team')
    TeamMembership = apps.get_model('publishers', 'TeamMembership')
    for publisher in Publisher.objects.filter(team=None).order_by('id'):
        publisher.team = Team.objects.create(name=publisher.name, created_at=publisher.created_at)
        publisher.save(update_fields=['team'])
        TeamMembership.objects.bulk_create(
            TeamMembership(user_id=row.user_id, team=publisher.team, role=row.role)
            for row in PublisherMembership.objects.filter(publisher=publisher)
        )
    PublisherMembership.objects.all().delete()


def out_of_teams(apps, schema_editor):
    """Everybody of a team becomes a member of each of its publishers."""
    PublisherMembership = apps.get_model('publishers', 'PublisherMembership')
    TeamMembership = apps.get_model('publishers', 'TeamMembership')
    PublisherMembership.objects.bulk_create(
        PublisherMembership(user_id=row.user_id, publisher=publisher, role=row.role)
        for row in TeamMembership.objects.select_related('team')
        for publisher in row.team.publishers.all()
    )
    apps.get_model('publishers', 'Publisher').objects.update(team=None)
    apps.get_model('publishers', 'Team').objects.all().delete()


class Migration(migrations.Migration):
    """Second of three steps."""

    dependencies = [
        ('publishers', '0003_teams'),
    ]

    operations = [
        migrations.RunPython(into_teams, out_of_teams),
    ]
