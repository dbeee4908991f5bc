"""References between files: a column whose values are another table's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from amity.people.imports.facts import Facts
from amity.people.imports.matching import Match
from amity.people.imports.nouns import Noun
from amity.people.imports.reasons import Reason
from amity.people.imports.tables import Table
from amity.people.imports.values import squeezed

_SHARE = 0.9
_FEWEST = 3
_KEYS = ("external_id", "name", "full_name", "title", "email", "phone", "domain")
_NOTES = 5

_Entry = tuple[Table, Mapping[str, Facts], Noun | None, Mapping[str, Match]]


@dataclass(frozen=True, slots=True)
class Link:
    """``column`` refers to ``to_column`` of ``to_table``. ``strong``: many values, nearly all found."""

    column: str
    field: str
    to_table: str
    to_column: str
    share: float
    strong: bool
    notes: tuple[Reason, ...]


def links(entries: Sequence[_Entry]) -> dict[str, list[Link]]:
    """References by table name; the surest for each field."""
    keys = [(table, noun, column, _key_values(table.frame[column])) for table, noun, column in _key_columns(entries)]
    found: dict[str, list[Link]] = {}
    for table, facts, noun, chosen in entries:
        if noun is None:
            continue
        best: dict[str, Link] = {}
        for link in _candidates(table, facts, noun, chosen, keys):
            if link.field not in best or best[link.field].share < link.share:
                best[link.field] = link
        found[table.name] = list(best.values())
    return found


def _key_columns(entries: Sequence[_Entry]) -> list[tuple[Table, Noun, str]]:
    return [
        (table, noun, column)
        for table, facts, noun, chosen in entries
        if noun is not None
        for column, match in chosen.items()
        if match.field in _KEYS and facts[column].distinct > 0.9 * facts[column].filled > 0
    ]


def _key_values(texts: pl.Series) -> pl.DataFrame:
    known = texts.drop_nulls().unique()
    return pl.DataFrame({"known": known, "key": squeezed(known)}).unique("key", keep="first", maintain_order=True)


def _candidates(
    table: Table,
    facts: Mapping[str, Facts],
    noun: Noun,
    chosen: Mapping[str, Match],
    keys: list[tuple[Table, Noun, str, pl.DataFrame]],
) -> list[Link]:
    found = []
    for column, fact in facts.items():
        if fact.distinct < _FEWEST or fact.kind in ("boolean", "date", "number", "money"):
            continue
        match = chosen.get(column)
        for to_table, to_noun, to_column, known in keys:
            field = _field_for(noun, to_noun, match)
            if to_table is table or not field or not _may_refer(fact, match, field, known):
                continue
            link = _link(table.frame[column], field, to_table, to_column, known)
            if link:
                found.append(link)
    return found


def _field_for(noun: Noun, to_noun: Noun, match: Match | None) -> str:
    fields = [field.key for field in noun.fields if field.refers == to_noun.key]
    return match.field if match and match.field in fields else (fields[0] if fields else "")


def _may_refer(fact: Facts, match: Match | None, field: str, known: pl.DataFrame) -> bool:
    """Small whole numbers are in every table: they refer only where the heading says so."""
    if match and match.field == field:
        return True
    if match and match.by == "name" and match.score > 0.9 and match.field not in ("external_id", "title"):
        return False
    return fact.kind != "integer" and fact.share("integer") < 0.5 and known.height >= _FEWEST


def _link(texts: pl.Series, field: str, to_table: Table, to_column: str, known: pl.DataFrame) -> Link | None:
    own = texts.drop_nulls().unique()
    mine = pl.DataFrame({"own": own, "key": squeezed(own)})
    joined = mine.join(known, on="key", how="left")
    share = float(joined["known"].is_not_null().mean() or 0)  # type: ignore[arg-type]
    if share < _SHARE:
        return None
    other = joined.filter(pl.col("known").is_not_null() & (pl.col("known") != pl.col("own"))).sort("own").head(_NOTES)
    notes = tuple(
        Reason("squeezed", {"value": value, "known": name, "table": to_table.title})
        for value, name in other.select("own", "known").iter_rows()
    )
    return Link(texts.name, field, to_table.name, to_column, share, share > 0.98 and own.len() >= 10, notes)
