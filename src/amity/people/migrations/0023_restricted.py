"""Whose use is restricted, as a function: what asks for it can then run in parallel."""

from django.db import migrations

_MADE = """
CREATE FUNCTION people_restricted() RETURNS SETOF uuid LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 AS $$
BEGIN
    RETURN QUERY SELECT coalesce((SELECT m.merged_into_id FROM people_person m WHERE m.id = r.person_id), r.person_id)
    FROM people_restriction r WHERE r.lifted_at IS NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0022_quality_week_seen")]
    operations = [migrations.RunSQL(_MADE, "DROP FUNCTION people_restricted()")]
