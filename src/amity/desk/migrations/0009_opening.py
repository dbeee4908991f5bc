from django.db import migrations, models


class Migration(migrations.Migration):
    """The customer's first words: the title of conversations without a subject, which were called by their newest."""

    dependencies = [
        ('desk', '0008_found_at_a_million'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='opening',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
    ]
