"""The extensions the house needs; both are trusted, so the database's owner may create them."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("base", "0002_undo_steps")]
    operations = [TrigramExtension(), UnaccentExtension()]
