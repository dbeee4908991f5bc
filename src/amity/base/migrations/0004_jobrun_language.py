from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0003_extensions")]

    operations = [
        migrations.AddField(
            model_name="jobrun",
            name="language",
            field=models.CharField(default="en", max_length=12),
        ),
    ]
