from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The lists' indexes without merged profiles and nameless visitors; built beside the running work."""

    atomic = False

    dependencies = [
        ("people", "0008_identity"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('anonymous', False), ('merged_into__isnull', True)), fields=['display_name', 'id'], name='person_by_name'),
        ),
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('anonymous', False), ('merged_into__isnull', True)), fields=['-updated_at', '-id'], name='person_latest'),
        ),
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('anonymous', False), ('merged_into__isnull', True)), fields=['owner', '-updated_at', '-id'], name='person_of_owner'),
        ),
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('anonymous', False), ('merged_into__isnull', True), ('email', '')), fields=['-updated_at', '-id'], name='person_no_mail'),
        ),
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('anonymous', False), ('merged_into__isnull', True), ('phone', '')), fields=['-updated_at', '-id'], name='person_no_phone'),
        ),
        RemoveIndexConcurrently(
            model_name='person',
            name='person_name',
        ),
        RemoveIndexConcurrently(
            model_name='person',
            name='person_newest',
        ),
        RemoveIndexConcurrently(
            model_name='person',
            name='person_owned',
        ),
        RemoveIndexConcurrently(
            model_name='person',
            name='person_mailless',
        ),
        RemoveIndexConcurrently(
            model_name='person',
            name='person_phoneless',
        ),
    ]
