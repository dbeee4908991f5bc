from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Looked for at every message, answer and night, at a million conversations; built beside the running work."""

    atomic = False

    dependencies = [
        ('channels', '0006_providers'),
        ('people', '0023_restricted'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='attachment',
            index=models.Index(condition=models.Q(('blob', ''), _negated=True), fields=['blob'], name='attachment_blob'),
        ),
        AddIndexConcurrently(
            model_name='received',
            index=models.Index(fields=['conversation_id', '-received_at'], name='received_conversation'),
        ),
        AddIndexConcurrently(
            model_name='received',
            index=models.Index(fields=['provider_id'], name='received_provider'),
        ),
        AddIndexConcurrently(
            model_name='received',
            index=models.Index(fields=['account', 'address', '-occurred_at'], name='received_from'),
        ),
        AddIndexConcurrently(
            model_name='received',
            index=models.Index(condition=models.Q(('raw', ''), _negated=True), fields=['raw'], name='received_raw'),
        ),
    ]
