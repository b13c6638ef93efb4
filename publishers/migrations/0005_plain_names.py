import network.names
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishers', '0004_declined_sales'),
    ]

    operations = [
        migrations.AlterField(
            model_name='publisher',
            name='name',
            field=models.CharField(max_length=120, unique=True, validators=[network.names.plain], verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='team',
            name='name',
            field=models.CharField(max_length=120, validators=[network.names.plain], verbose_name='name'),
        ),
    ]
