from django.db import connection, migrations

_BATCH = """
WITH batch AS (SELECT id FROM desk_conversation WHERE id > %s ORDER BY id LIMIT 5000), first AS (
    SELECT DISTINCT ON (m.conversation_id) m.conversation_id AS id,
        left(btrim(regexp_replace(left(m.text, 4000), '\\s+', ' ', 'g')), 200) AS opening
    FROM desk_message m JOIN batch ON batch.id = m.conversation_id
    WHERE m.withdrawn_at IS NULL AND m.automatic = '' AND m.direction <> 'note' AND m.text <> ''
        AND m.author IN ('customer', 'staff')
    ORDER BY m.conversation_id, m.author = 'customer' DESC, m.at, m.seq
), told AS (
    UPDATE desk_conversation c SET opening = first.opening FROM first WHERE c.id = first.id AND c.opening = ''
)
SELECT max(id::text) FROM batch
"""


def fill(apps, schema_editor):
    """What is there already is called by its first words too; 5,000 conversations at a time, each batch for itself."""
    last = "00000000-0000-0000-0000-000000000000"
    with connection.cursor() as cursor:
        while last:
            cursor.execute(_BATCH, [last])
            (last,) = cursor.fetchone()


class Migration(migrations.Migration):
    """Titles of what is there already. Apart from the column: it goes on where it was cut off, as often as it takes."""

    atomic = False

    dependencies = [
        ("desk", "0009_opening"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
