"""The audit log takes new lines only; and the table of the shared cache (rate limits of django-allauth)."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION access_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON access_auditentry
  FOR EACH ROW EXECUTE FUNCTION access_audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON access_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION access_audit_append_only();
"""
BACK = """
DROP TRIGGER audit_no_truncate ON access_auditentry;
DROP TRIGGER audit_no_change ON access_auditentry;
DROP FUNCTION access_audit_append_only();
"""
CACHE = """
CREATE UNLOGGED TABLE access_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX access_cache_expires ON access_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_staff_and_limits")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, BACK),
        migrations.RunSQL(CACHE, "DROP TABLE access_cache"),
    ]
