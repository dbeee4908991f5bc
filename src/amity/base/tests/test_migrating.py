"""Migrations make what the models say: columns, indexes, constraints (the test database is made by `quickly`)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models


def tables() -> list[type[models.Model]]:
    return [each for each in apps.get_models(include_auto_created=True) if each._meta.managed and not each._meta.proxy]


@pytest.mark.slow
@pytest.mark.django_db
def test_every_table_has_the_columns_indexes_and_constraints_of_its_model() -> None:
    wrong = []
    with connection.cursor() as cursor:
        for model in tables():
            there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            named = {each.name for each in (*model._meta.indexes, *model._meta.constraints)}
            wrong += [f"{model._meta.label} lacks {name}" for name in named - there.keys()]
            referring = {column for each in there.values() if each["foreign_key"] for column in each["columns"]}
            columns = {each.name: each for each in connection.introspection.get_table_description(
                cursor, model._meta.db_table)}  # fmt: skip
            for field in model._meta.local_concrete_fields:
                found = columns.get(field.column)
                if found is None or (found.null_ok != field.null and not field.generated):
                    wrong.append(f"{field}: {found}")
                if field.is_relation and field.db_constraint and field.column not in referring:
                    wrong.append(f"{field} refers to nothing")
    assert wrong == []
