from django.db import migrations

# Names are compared without case, spaces and punctuation; see people/imports/references.py.
MATCH = """translate(lower(name), E' \\t\\u00a0.,-_/&()"''', '')"""


class Migration(migrations.Migration):

    dependencies = [('sales', '0002_stagechange_origin')]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX product_match ON sales_product (({MATCH}))",
            "DROP INDEX IF EXISTS product_match",
        ),
    ]
