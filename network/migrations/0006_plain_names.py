import network.names
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0005_api_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='advertiser',
            name='name',
            field=models.CharField(max_length=120, unique=True, validators=[network.names.plain], verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='user',
            name='first_name',
            field=models.CharField(blank=True, max_length=150, validators=[network.names.plain], verbose_name='first name'),
        ),
        migrations.AlterField(
            model_name='user',
            name='last_name',
            field=models.CharField(blank=True, max_length=150, validators=[network.names.plain], verbose_name='last name'),
        ),
    ]
