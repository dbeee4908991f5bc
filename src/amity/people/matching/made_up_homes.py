"""What makes people hard to tell apart, made up: families at one address, namesakes, twins, shared phones, offices."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl
from anyascii import anyascii

Row = dict[str, Any]
_STREETS = {
    "en": ("High Street", "Station Road", "Church Lane", "Victoria Road", "Park Avenue", "Mill Lane", "Queen Street"),
    "de": ("Hauptstraße", "Bahnhofstraße", "Gartenweg", "Schulstraße", "Lindenallee", "Bergstraße", "Am Markt"),
    "pl": ("ul. Długa", "ul. Polna", "ul. Leśna", "ul. Słoneczna", "ul. Krótka", "al. Jana Pawła II", "ul. Ogrodowa"),
    "ru": ("ул. Ленина", "ул. Мира", "Садовая ул.", "пр. Победы", "ул. Гагарина", "Советская ул.", "Лесная ул."),
}
_IN_FAMILIES = 0.2  # share of people who live with the person before them
_OFFICE = 0.06  # who give their office's phone
_ROLE = 0.01  # who give an address such as info@


def lived_in(chance: random.Random, people: pl.DataFrame) -> list[Row]:
    """The people with birth dates and homes; a fifth belongs to somebody else's family, colleagues share phones."""
    rows: list[Row] = []
    offices: dict[str, str] = {}
    by_language: dict[str, Row] = {}
    names = ("language", "first", "last", "email", "phone", "city")
    people = people if "language" in people.columns else people.with_columns(language=pl.lit("en"))
    for at, told in enumerate(people.select(names).iter_rows(named=True)):
        row: Row = told | {"born": _birth(chance), **address(chance, told["language"]), "person": at}
        language = row.pop("language")
        firm = row["email"].partition("@")[2]
        elder = by_language.get(language)
        if elder is not None and row["first"] != elder["first"] and chance.random() < _IN_FAMILIES:
            _join_family(chance, row, elder)
        elif chance.random() < _OFFICE:
            row["phone"] = offices.setdefault(firm, row["phone"])
        if chance.random() < _ROLE:
            row["email"] = f"info@{firm}"
        by_language[language] = row
        rows.append(row)
    for row in rows:
        row["born"] = None if chance.random() < 0.4 else row["born"].isoformat()
    return rows


def address(chance: random.Random, language: str) -> Row:
    """A street with a number, and a postcode."""
    street = chance.choice(_STREETS[language])
    number, code = chance.randrange(1, 120), chance.randrange(1_000, 9_999)
    told = {"de": f"{code}0", "pl": f"{code // 100}-{code % 100:02d}0", "ru": f"1{code}0"}
    home = f"{number} {street}" if language == "en" else f"{street} {number}"
    return {"street": home, "postcode": told.get(language, f"L{code // 1000} {code % 10}AB")}


def _join_family(chance: random.Random, row: Row, elder: Row) -> None:
    """Make somebody the spouse, child, sibling or twin of ``elder``, at the same address."""
    kind = chance.choices(("spouse", "child", "sibling", "twin"), (45, 35, 17, 3))[0]
    years = {"spouse": chance.uniform(-8, 8), "child": chance.uniform(18, 42), "sibling": chance.uniform(1, 12)}
    row["born"] = elder["born"] + timedelta(days=365.25 * years.get(kind, 0))
    row |= {name: elder[name] for name in ("last", "city", "street", "postcode")}
    junior = kind == "child" and chance.random() < 0.03
    row["first"] = elder["first"] if junior else row["first"]
    row["phone"] = elder["phone"] if chance.random() < 0.4 else row["phone"]
    local = anyascii(f"{row['first']}.{row['last']}{row['person']}").lower().replace(" ", "")
    shared = not junior and chance.random() < 0.04
    row["email"] = elder["email"] if shared else f"{local}@{row['email'].partition('@')[2]}"


def _birth(chance: random.Random) -> date:
    return date(1940, 1, 1) + timedelta(days=chance.randrange(24_000))
