from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations
from django.db.models import F, Func, GeneratedField, TextField, Value


def _vector():
    words = Func(F("search"), Value(" "), function="string_to_array", output_field=TextField())
    filled = Func(words, Value(""), function="array_remove", output_field=TextField())
    vector = Func(filled, function="array_to_tsvector", output_field=SearchVectorField())
    return GeneratedField(expression=vector, output_field=SearchVectorField(), db_persist=True)


class Migration(migrations.Migration):
    """The searched words are cut at blanks, not parsed. Writes the tables anew: about 30 s per million rows."""

    dependencies = [
        ("people", "0011_link_points"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="company", name="company_search"),
        migrations.RemoveField(model_name="company", name="search_vector"),
        migrations.AddField(model_name="company", name="search_vector", field=_vector()),
        migrations.AddIndex(model_name="company", index=GinIndex(fields=["search_vector"], name="company_search")),
        migrations.RemoveIndex(model_name="person", name="person_search"),
        migrations.RemoveField(model_name="person", name="search_vector"),
        migrations.AddField(model_name="person", name="search_vector", field=_vector()),
        migrations.AddIndex(model_name="person", index=GinIndex(fields=["search_vector"], name="person_search")),
    ]
