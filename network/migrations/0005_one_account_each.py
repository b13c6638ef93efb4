from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.models import Count, Q
from django.db.models.functions import Lower

NAMES = """Several accounts have one name, but for its case: {found}. Nobody can sign in by such a name.
Give all but one of them another name, then migrate again; nothing has been changed:

    python3 manage.py shell -c "from network.models import User; \\
        User.objects.filter(pk=ID).update(username='another-name')"
"""
ADDRESSES = """Several accounts have one address: {found}. It is to say who somebody is.
Give all but one of them another address or none, then migrate again; nothing has been changed:

    python3 manage.py shell -c "from network.models import User; \\
        User.objects.filter(pk=ID).update(email='')"
"""


def refuse_doubles(apps, schema_editor):
    people = apps.get_model("network", "User").objects
    _refuse(people.annotate(key=Lower("username")), "username", NAMES)
    _refuse(people.exclude(email="").annotate(key=Lower("email")), "email", ADDRESSES)


def _refuse(people, shown, words):
    keys = people.values("key").annotate(count=Count("pk")).filter(count__gt=1).values("key")
    doubles = people.filter(key__in=keys).order_by("key", "pk")
    found = ", ".join(f"{getattr(row, shown)} (id {row.pk}, {row.username})" for row in doubles)
    if found:
        raise CommandError(words.format(found=found).rstrip())


def beside(name, columns):
    """Made without a lock that writers wait for. One that failed half way is made again."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    return migrations.RunSQL(
        sql=[drop, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON network_user {columns}"],
        reverse_sql=drop,
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("network", "0004_lower_case_addresses"),
    ]

    operations = [
        migrations.RunPython(refuse_doubles, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                beside("user_name_once", "(lower(username))"),
                beside("user_address_once", "(email) WHERE NOT (email = '')"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.UniqueConstraint(
                        Lower("username"),
                        name="user_name_once",
                        violation_error_message="This name is taken.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.UniqueConstraint(
                        condition=Q(("email", ""), _negated=True),
                        fields=("email",),
                        name="user_address_once",
                        violation_error_message="Another account has this address. Somebody has one account for all their roles.",
                    ),
                ),
            ],
        ),
    ]
