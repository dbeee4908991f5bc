from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Looked for at every message, answer and night, at a million conversations; built beside the running work."""

    atomic = False

    dependencies = [
        ('desk', '0007_complaints'),
        ('people', '0023_restricted'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='conversation',
            index=models.Index(condition=models.Q(('address', ''), _negated=True), fields=['address', '-last_at'], name='conversation_from'),
        ),
        AddIndexConcurrently(
            model_name='conversation',
            index=models.Index(condition=models.Q(('state', 'solved')), fields=['solved_at'], name='conversation_solved'),
        ),
        AddIndexConcurrently(
            model_name='conversation',
            index=models.Index(fields=['-started_at', '-id'], name='conversation_started'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('outgoing_id__isnull', False)), fields=['outgoing_id'], name='message_outgoing'),
        ),
    ]
