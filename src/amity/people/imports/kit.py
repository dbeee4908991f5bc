"""What a room above needs to land nouns of its own; reached as ``people.import_kit``."""

from amity.people.imports.homes import (
    Home,
    computed,
    content_key,
    first,
    named,
    numbered,
    other_names,
    plain_name,
    staged,
    staged_key,
    with_references,
)
from amity.people.imports.keys import UUID7, hex_id, key_values, new_ids
from amity.people.imports.land_people import decide_leads
from amity.people.imports.landing import (
    Context,
    Outcome,
    Table,
    changed_ids,
    journal,
    land,
    land_later,
    stage_rows,
)
from amity.people.imports.nouns import DEAL, ORDER, ORDER_LINE, PRODUCT, Noun, register
from amity.people.imports.references import BY_NAME, Finder, look_up, matchable
from amity.people.imports.staging import copy, drop, stage
from amity.people.imports.values import ROW
from amity.people.imports.words import search_texts

__all__ = [
    "BY_NAME",
    "DEAL",
    "ORDER",
    "ORDER_LINE",
    "PRODUCT",
    "ROW",
    "UUID7",
    "Context",
    "Finder",
    "Home",
    "Noun",
    "Outcome",
    "Table",
    "changed_ids",
    "computed",
    "content_key",
    "copy",
    "decide_leads",
    "drop",
    "first",
    "hex_id",
    "journal",
    "key_values",
    "land",
    "land_later",
    "look_up",
    "matchable",
    "named",
    "new_ids",
    "numbered",
    "other_names",
    "plain_name",
    "register",
    "search_texts",
    "stage",
    "stage_rows",
    "staged",
    "staged_key",
    "with_references",
]
