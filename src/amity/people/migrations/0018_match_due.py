from django.db import migrations

# Whoever writes a profile (forms, imports, pipelines, merges, undo), what is compared of it is matched anew.
_PERSON = (
    "given_name", "family_name", "display_name", "email", "phone", "city", "company_id", "merged_into_id",
    "archived_at", "anonymous",
)  # fmt: skip
_COMPANY = ("name", "domain", "email", "phone", "city", "merged_into_id", "archived_at")
_TRAITS = (
    "birth_date", "birthday", "date_of_birth", "street", "address", "address_street", "postcode", "zip",
    "postal_code", "address_postal_code", "tax_number", "vat_id", "vat", "nip", "inn", "tax_id",
)  # fmt: skip


def _function(kind: str, columns: tuple[str, ...], hidden: str) -> str:
    traits = ", ".join(f"'{name}'" for name in _TRAITS)
    old, new = (", ".join(f"{side}.{name}" for name in columns) for side in "on")
    return f"""
CREATE FUNCTION people_{kind}_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO people_matchdue (kind, profile_id) SELECT '{kind}', n.id FROM fresh n WHERE {hidden};
    RETURN NULL;
END $$;
CREATE FUNCTION people_{kind}_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO people_matchdue (kind, profile_id) SELECT '{kind}', n.id FROM fresh n JOIN stale o ON o.id = n.id
    WHERE ({old}) IS DISTINCT FROM ({new}) OR (o.traits IS DISTINCT FROM n.traits AND EXISTS (
        SELECT FROM unnest(ARRAY[{traits}]) k WHERE o.traits -> k IS DISTINCT FROM n.traits -> k));
    RETURN NULL;
END $$;
CREATE FUNCTION people_{kind}_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM people_matchkey k USING stale o WHERE k.id = o.id;
    DELETE FROM people_pair p USING stale o WHERE p.kind = '{kind}' AND p.left_id = o.id;
    DELETE FROM people_pair p USING stale o WHERE p.kind = '{kind}' AND p.right_id = o.id;
    RETURN NULL;
END $$;
CREATE TRIGGER {kind}_match_made AFTER INSERT ON people_{kind}
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION people_{kind}_made();
CREATE TRIGGER {kind}_match_changed AFTER UPDATE ON people_{kind}
    REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION people_{kind}_changed();
CREATE TRIGGER {kind}_match_gone AFTER DELETE ON people_{kind}
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION people_{kind}_gone();
"""


def _drop(kind: str) -> str:
    triggers = "".join(f"DROP TRIGGER {kind}_match_{each} ON people_{kind};" for each in ("made", "changed", "gone"))
    return triggers + "".join(f"DROP FUNCTION people_{kind}_{each}();" for each in ("made", "changed", "gone"))


# Profiles that share a key, at most `most` + 1 a key. The planner would read the table for a small LIMIT.
_LOOK_UP = """
CREATE FUNCTION people_match_candidates(wanted bigint[], most int) RETURNS TABLE (key bigint, id uuid)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT k, c.id FROM unnest(wanted) k
    CROSS JOIN LATERAL (SELECT m.id FROM people_matchkey m WHERE m.keys @> ARRAY[k] LIMIT most + 1) c
$$;
"""


class Migration(migrations.Migration):
    """What is made or changed is noted for the matcher; candidates are looked up by their keys."""

    dependencies = [
        ("people", "0017_privacy"),
    ]

    operations = [
        migrations.RunSQL(
            _function("person", _PERSON, "NOT n.anonymous AND n.merged_into_id IS NULL")
            + _function("company", _COMPANY, "n.merged_into_id IS NULL")
            + _LOOK_UP,
            _drop("person") + _drop("company") + "DROP FUNCTION people_match_candidates(bigint[], int);",
        ),
    ]
