from django.db import migrations

# Names are compared without case, spaces and punctuation; see people/imports/references.py.
MATCH = """translate(lower(name), E' \\t\\u00a0.,-_/&()"''', '')"""


class Migration(migrations.Migration):

    dependencies = [('people', '0002_import_progress')]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX company_match ON people_company (({MATCH}))",
            "DROP INDEX IF EXISTS company_match",
        ),
    ]
