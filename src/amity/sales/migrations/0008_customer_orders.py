from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# Whoever writes orders (forms, imports, merges, undo), their customers are looked at anew: noted in the transaction of
# the change and followed under the cursor rule.
_TABLE = """
CREATE TABLE sales_orderdue (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(), id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(), customers uuid[] NOT NULL, PRIMARY KEY (xid, id)
);
"""
_NOTE = """
CREATE FUNCTION sales_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO sales_orderdue (customers) SELECT array_agg(c) FROM (
        SELECT c, (row_number() OVER () - 1) / 500 AS part FROM (
            SELECT DISTINCT unnest(ARRAY[w.person_id, w.company_id]) AS c FROM ({rows}) w
        ) each WHERE c IS NOT NULL
    ) cut GROUP BY part;
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION sales_{name}();
"""
_CHANGED = ("person_id", "company_id", "total_minor", "currency", "status", "ordered_at")
_OF_LINES = (
    "SELECT o.person_id, o.company_id FROM sales_order o JOIN {} l ON l.order_id = o.id WHERE o.total_minor IS NULL"
)
_EVENTS = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "OLD TABLE AS stale NEW TABLE AS fresh",
    "DELETE": "OLD TABLE AS stale",
}


def _rows(event: str) -> str:
    if event == "UPDATE":
        old, new = (", ".join(f"{side}.{name}" for name in _CHANGED) for side in "on")
        pairs = f"fresh n JOIN stale o ON o.id = n.id WHERE ({old}) IS DISTINCT FROM ({new})"
        return f"SELECT n.person_id, n.company_id FROM {pairs} UNION ALL SELECT o.person_id, o.company_id FROM {pairs}"
    return f"SELECT person_id, company_id FROM {'fresh' if event == 'INSERT' else 'stale'}"


def _triggers() -> str:
    made = []
    for event, tables in _EVENTS.items():
        made.append(_NOTE.format(
            name=f"order_due_{event.lower()}", rows=_rows(event), event=event, table="sales_order", tables=tables
        ))  # fmt: skip
        lines = _OF_LINES.format("stale" if event == "DELETE" else "fresh")
        made.append(_NOTE.format(
            name=f"line_due_{event.lower()}", rows=lines, event=event, table="sales_orderline", tables=tables
        ))  # fmt: skip
    return "".join(made)


def _drop() -> str:
    names = [(kind, f"{kind}_due_{event.lower()}") for kind in ("order", "line") for event in _EVENTS]
    tables = {"order": "sales_order", "line": "sales_orderline"}
    dropped = "".join(f"DROP TRIGGER {name} ON {tables[kind]}; DROP FUNCTION sales_{name}();" for kind, name in names)
    return dropped + "DROP TABLE sales_orderdue;"


class Migration(migrations.Migration):
    dependencies = [
        ("sales", "0007_boards"),
    ]

    operations = [
        migrations.RunSQL(_TABLE + _triggers(), _drop()),
        migrations.CreateModel(
            name="OrderDue",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("customers", ArrayField(base_field=models.UUIDField(), size=None)),
            ],
            options={"db_table": "sales_orderdue", "managed": False},
        ),
    ]
