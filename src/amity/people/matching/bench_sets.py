"""The public labelled sets, where their truth is, and a Splink model tuned by hand for each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from amity.base.tables import read_table
from amity.people.matching import truth
from amity.people.matching.splink_baseline import Tuned

Tables = tuple[pl.DataFrame, pl.DataFrame | None, truth.Truth]


@dataclass(frozen=True)
class LabelledSet:
    """A set: its files, and the hand-made model that it is compared with."""

    name: str
    read: Callable[[Path], Tables]
    tuned: Tuned


def _one(folder: str, file: str, pairs: str = "", column: str = "") -> Any:
    def read(data: Path) -> Tables:
        table = read_table(data / folder / file, typed=False)
        if column:
            return table, None, truth.by_column(table, column)
        return table, None, truth.by_pairs(table, None, read_table(data / folder / pairs, typed=False))

    return read


def _two(folder: str, left: str, right: str, pairs: str) -> Callable[[Path], Tables]:
    def read(data: Path) -> Tables:
        a, b = (_short_names(read_table(data / folder / file, typed=False)) for file in (left, right))
        return a, b, truth.by_pairs(a, b, read_table(data / folder / pairs, typed=False))

    return read


def _short_names(table: pl.DataFrame) -> pl.DataFrame:
    return table.rename(lambda name: name.rsplit("#", 1)[-1])


def _febrl(library: Any) -> list[Any]:
    tf = {"term_frequency_adjustments": True}
    return [
        library.NameComparison("given_name").configure(**tf),
        library.NameComparison("surname").configure(**tf),
        library.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
        library.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        library.ExactMatch("street_number"),
        library.JaroWinklerAtThresholds("address_1", [0.95, 0.88, 0.7]).configure(**tf),
        library.JaroWinklerAtThresholds("address_2", [0.95, 0.88]),
        library.JaroWinklerAtThresholds("suburb", [0.92, 0.85]).configure(**tf),
        library.DamerauLevenshteinAtThresholds("postcode", [1]).configure(**tf),
    ]


_FEBRL = Tuned(
    _febrl,
    blocks=[
        ["soc_sec_id"], ["date_of_birth"], ["given_name", "surname"], ["surname", "postcode"], ["address_1"],
        ["given_name", "postcode"], ["address_2", "suburb"], ["given_name", "suburb"], ["surname", "street_number"],
    ],
    train=[["soc_sec_id"], ["given_name", "surname"]],
    certain=[["soc_sec_id"], ["given_name", "surname", "date_of_birth"]],
)  # fmt: skip


def _fake(library: Any) -> list[Any]:
    return [
        library.NameComparison("first_name").configure(term_frequency_adjustments=True),
        library.NameComparison("surname").configure(term_frequency_adjustments=True),
        library.DateOfBirthComparison("dob", input_is_string=True, datetime_format="%Y-%m-%d"),
        library.ExactMatch("city").configure(term_frequency_adjustments=True),
        library.EmailComparison("email"),
    ]


_FAKE = Tuned(
    _fake,
    blocks=[
        ["first_name"], ["surname"], ["dob"], ["email"], ["city", "substr(dob,1,4)"], ["substr(email,1,6)"],
    ],
    train=[["first_name", "surname"], ["dob"]],
    certain=[["first_name", "surname", "dob"], ["email"]],
    threshold=0.5,
)  # fmt: skip


def _restaurants(library: Any) -> list[Any]:
    return [
        library.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.75]).configure(term_frequency_adjustments=True),
        library.JaroWinklerAtThresholds("addr", [0.92, 0.85, 0.75]),
        library.DamerauLevenshteinAtThresholds("phone", [1, 2]),
        library.JaroWinklerAtThresholds("city", [0.88]),
    ]


_RESTAURANTS = Tuned(
    _restaurants,
    blocks=[["phone"], ["name"], ["substr(name,1,4)", "substr(city,1,3)"], ["substr(addr,1,8)"], ["substr(phone,1,7)"]],
    train=[["phone"], ["substr(name,1,4)", "substr(city,1,3)"]],
    certain=[["phone", "substr(name,1,3)"]],
    threshold=0.95,
    expressions={"phone": "regexp_replace(phone, '[^0-9]', '', 'g')"},
)


def _oaei(library: Any) -> list[Any]:
    return [
        library.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.7]).configure(term_frequency_adjustments=True),
        library.DamerauLevenshteinAtThresholds("phone_number", [1, 3]),
    ]


_OAEI = Tuned(
    _oaei,
    blocks=[["phone_number"], ["name", "substr(phone_number,1,3)"], ["substr(name,1,5)", "substr(phone_number,1,3)"]],
    train=[["phone_number"], ["name"]],
    certain=[["phone_number"]],
    expressions={"phone_number": "regexp_replace(phone_number, '[^0-9]', '', 'g')"},
)
_PAPER = {column: f"regexp_replace({column}, '[^a-z0-9 ]', '', 'g')" for column in ("title",)}


def _cora(library: Any) -> list[Any]:
    return [
        library.JaroWinklerAtThresholds("title", [0.97, 0.92, 0.85]).configure(term_frequency_adjustments=True),
        library.JaroWinklerAtThresholds("author", [0.92, 0.8, 0.7]),
        library.JaroWinklerAtThresholds("venue", [0.9, 0.75]),
        library.ExactMatch("year"),
        library.JaroWinklerAtThresholds("pages", [0.95, 0.8]),
        library.LevenshteinAtThresholds("volume", 1),
    ]


_CORA = Tuned(
    _cora,
    blocks=[["title"], ["substr(title,1,12)"], ["substr(title,10,12)"], ["author", "year"], ["pages", "year"]],
    train=[["substr(title,1,12)"], ["author", "year"]],
    certain=[["title", "year"]],
    threshold=0.9,
    expressions={
        **_PAPER,
        "year": "nullif(regexp_extract(year, '(19|20)[0-9]{2}'), '')",
        "pages": "nullif(regexp_replace(pages, '[^0-9]+', '-', 'g'), '-')",
        "volume": "nullif(regexp_extract(volume, '[0-9]+'), '')",
    },
)


def _dblp(library: Any) -> list[Any]:
    return [
        library.JaroWinklerAtThresholds("title", [0.97, 0.92, 0.85]),
        library.JaroWinklerAtThresholds("authors", [0.95, 0.85, 0.7]),
        library.ExactMatch("year"),
    ]


_DBLP = Tuned(
    _dblp,
    blocks=[["title"], ["substr(title,1,15)"], ["authors", "year"], ["substr(authors,1,12)", "year"]],
    train=[["title"], ["authors", "year"]],
    certain=[["title", "year"]],
    threshold=0.95,
    expressions=_PAPER,
)


def _products(library: Any) -> list[Any]:
    return [
        library.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8, 0.7]),
        library.ExactMatch("model").configure(term_frequency_adjustments=True),
        library.ExactMatch("brand").configure(term_frequency_adjustments=True),
    ]


_MODEL = (
    "nullif(regexp_extract(regexp_replace(name, '[-/]', '', 'g'), "
    "'[a-z]+[0-9]+[a-z0-9]{2,}|[0-9]+[a-z]+[a-z0-9]{2,}'), '')"
)
_PRODUCTS = Tuned(
    _products,
    blocks=[["model"], ["brand", "substr(name,1,12)"], ["substr(model,1,5)"], ["brand", "substr(model,1,3)"]],
    train=[["model"], ["brand", "substr(name,1,12)"]],
    certain=[["model", "brand"]],
    expressions={"model": _MODEL, "brand": "split_part(name, ' ', 1)"},
)


def _febrl_set(number: int) -> LabelledSet:
    files = (f"febrl{number}.csv.gz", f"febrl{number}_true_links.csv.gz")
    return LabelledSet(f"febrl{number}", _one("E_febrl", *files), _FEBRL)


SETS = (
    *(_febrl_set(number) for number in (1, 2, 3)),
    LabelledSet(
        "febrl4", _two("E_febrl", "febrl4a.csv.gz", "febrl4b.csv.gz", "febrl4_true_links.csv.gz"), _FEBRL
    ),
    LabelledSet("fake1000", _one("E_splink_fake1000", "fake_1000.csv.gz", column="cluster"), _FAKE),
    LabelledSet(
        "restaurants864", _one("E_der_restaurants864", "records.csv.gz", "gt_pairs.csv.gz"), _RESTAURANTS
    ),
    LabelledSet("restaurants_oaei", _two("E_ccer_restaurants", "rest1.csv.gz", "rest2.csv.gz", "gt.csv.gz"), _OAEI),
    LabelledSet("cora", _one("E_der_cora", "records.csv.gz", "gt_pairs.csv.gz"), _CORA),
    LabelledSet("dblp_acm", _two("E_ccer_dblp_acm", "dblp.csv.gz", "acm.csv.gz", "gt.csv.gz"), _DBLP),
    LabelledSet("abt_buy", _two("E_ccer_abt_buy", "abt.csv.gz", "buy.csv.gz", "gt.csv.gz"), _PRODUCTS),
)  # fmt: skip
