"""A base whose fields are known (`fields`), as columns: read from one table, each distinct value put in form once."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from amity.people.matching.columns import Column, encoded, normal
from amity.people.matching.fields import FIELDS, domain_of, site, split_name
from amity.people.matching.tables import Records
from amity.people.matching.words import without_legal_form

_NAMES = ("first_name", "last_name")


def of_table(kind: str, table: pl.DataFrame) -> Records:
    """The comparable columns of people or companies. ``table``: text columns as in `duplicates_base.RAW`, "" for none.

    Columns that nobody fills stay, so that every model of a kind has the same.
    """
    told = _named(table) if kind == "person" else _sited(table)
    columns = tuple(_column(kind, name, how, told[name]) for name, how in FIELDS[kind].items())
    return Records(columns, told.height, told.height, _NAMES if kind == "person" else ())


def rows(base: Records) -> list[dict[str, str]]:
    """Every record in normal form, as `fields.NORMAL` gives one."""
    texts = [[one.values[code] if code >= 0 else "" for code in one.codes.tolist()] for one in base.columns]
    names = [one.name for one in base.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*texts, strict=True)]


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """First and last names, split from the whole name where they are not given."""
    lacking = (pl.col("first_name") == "") | (pl.col("last_name") == "")
    whole = table.filter(lacking & (pl.col("name") != ""))["name"].unique().to_list()
    if not whole:
        return table
    split = {name: split_name(name) for name in whole}
    wanted = pl.when(lacking).then(pl.col("name"))
    first, last = (
        wanted.replace_strict({name: parts[at] for name, parts in split.items()}, default="", return_dtype=pl.String)
        for at in (0, 1)
    )
    return table.with_columns(
        first_name=pl.when(pl.col("first_name") == "").then(first).otherwise("first_name"),
        last_name=pl.when(pl.col("last_name") == "").then(last).otherwise("last_name"),
    )


def _sited(table: pl.DataFrame) -> pl.DataFrame:
    """The domain of the website, else that of the e-mail address."""
    own = table["website"].map_elements(site, return_dtype=pl.String)
    mailed = table["email"].map_elements(domain_of, return_dtype=pl.String)
    return table.with_columns(website=pl.when(own != "").then(own).otherwise(mailed))


def _column(kind: str, name: str, how: str, raw: pl.Series) -> Column:
    distinct = [value for value in raw.unique().drop_nulls().to_list() if value]
    if not distinct:
        return encoded(name, how, pl.Series(name, [None] * len(raw), dtype=pl.String))
    form = {value: normal(how, value) for value in distinct}
    if name == "company" or (kind, name) == ("company", "name"):
        form = {value: without_legal_form(text) if text else "" for value, text in form.items()}
    told = raw.replace_strict(form, default=None, return_dtype=pl.String)
    return replace(encoded(name, how, told), personal=name in _NAMES)
