"""Duplicates made up from a table of people: what typing, languages and years do to a record. For measuring only."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
from anyascii import anyascii

from amity.people.matching.nicknames import families, forms
from amity.people.matching.words import fold

Row = dict[str, Any]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MAILBOXES = ("mail.example", "post.example", "inbox.example", "box.example", "web.example")


def with_duplicates(people: pl.DataFrame, share: float = 0.18, seed: int = 1) -> pl.DataFrame:
    """The people with a share of all rows turned into worse copies of others; column ``person`` tells who is who.

    ``people``: ``first, last, email, phone, city`` (and more). Each copy keeps its e-mail, phone or birth date, maybe
    with a slip; a quarter of the given names become short or foreign forms, Cyrillic is often written in Latin.
    """
    chance = random.Random(seed)  # noqa: S311 - made-up data, not a secret
    copies = int(people.height * share)
    originals = people.height - copies
    born = [_birth(chance) for _at in range(originals)]
    kept = (
        people.head(originals)
        .select("first", "last", "email", "phone", "city")
        .with_columns(pl.Series("born", born, dtype=pl.String), person=pl.int_range(originals, dtype=pl.Int64))
    )
    chosen = [chance.randrange(originals) for _at in range(copies)]
    worse = [_copy(chance, row) for row in kept[chosen].iter_rows(named=True)]
    both = pl.concat([kept, pl.DataFrame(worse, schema=kept.schema)])
    return both.sample(fraction=1.0, shuffle=True, seed=seed)


def _birth(chance: random.Random) -> str | None:
    if chance.random() < 0.4:
        return None
    return (date(1940, 1, 1) + timedelta(days=chance.randrange(24_000))).isoformat()


def _copy(chance: random.Random, row: Mapping[str, Any]) -> Row:
    made: Row = dict(row)
    for column, change in _CHANGES.items():
        made[column] = change(chance, made) if made[column] else made[column]
    if chance.random() < 0.4:
        made |= {name: _capital(anyascii(made[name])) for name in ("first", "last")}
    if chance.random() < 0.02:
        made["first"], made["last"] = made["last"], made["first"]
    if not any(made[name] and made[name] == row[name] for name in ("email", "phone", "born")):
        made["phone"] = row["phone"] or made["phone"]
        made["email"] = made["email"] if row["phone"] else row["email"]
    return made


def _first(chance: random.Random, row: Row) -> str:
    name, roll = str(row["first"]), chance.random()
    if roll < 0.25:
        known = families().get(fold(name))
        return chance.choice(forms(min(known))).capitalize() if known else name
    return _slip(chance, name) if roll < 0.32 else name


def _last(chance: random.Random, row: Row) -> str:
    return _slip(chance, str(row["last"])) if chance.random() < 0.12 else str(row["last"])


def _email(chance: random.Random, row: Row) -> str | None:
    roll = chance.random()
    if roll < 0.3:
        return None
    if roll < 0.5:
        local = anyascii(f"{str(row['first'])[:1]}{row['last']}{chance.randrange(1000)}").lower().replace(" ", "")
        return f"{local}@{chance.choice(_MAILBOXES)}"
    return _slip(chance, str(row["email"])) if roll < 0.58 else str(row["email"])


def _phone(chance: random.Random, row: Row) -> str | None:
    phone, roll = str(row["phone"]), chance.random()
    if roll < 0.3:
        return None
    if roll < 0.4:
        return phone[:4] + "".join(str(chance.randrange(10)) for _at in phone[4:])
    if roll < 0.48:
        at = chance.randrange(4, len(phone))
        return phone[:at] + str(chance.randrange(10)) + phone[at + 1 :]
    return f"{phone[:3]} {phone[3:6]} {phone[6:]}" if roll < 0.7 else phone


def _city(chance: random.Random, row: Row) -> str | None:
    roll = chance.random()
    return None if roll < 0.15 else _slip(chance, str(row["city"])) if roll < 0.22 else str(row["city"])


def _born(chance: random.Random, row: Row) -> str | None:
    born, roll = str(row["born"]), chance.random()
    if roll < 0.2:
        return None
    return f"{born[:4]}-{born[5:7]}-{chance.randrange(1, 29):02d}" if roll < 0.25 else born


def _slip(chance: random.Random, text: str) -> str:
    """One letter left out, doubled, exchanged with the next, or wrong."""
    if len(text) < 3:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + chance.choice(_LETTERS) + text[at + 1 :]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_CHANGES: dict[str, Callable[[random.Random, Row], str | None]] = {
    "first": _first,
    "last": _last,
    "email": _email,
    "phone": _phone,
    "city": _city,
    "born": _born,
}
