"""Duplicates made up from a table of people: what typing, languages and years do to a record. For measuring only."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from anyascii import anyascii

from amity.people.matching.made_up_homes import Row, address, lived_in
from amity.people.matching.nicknames import families, forms
from amity.people.matching.words import fold

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MAILBOXES = ("mail.example", "post.example", "inbox.example", "box.example", "web.example")


def with_duplicates(people: pl.DataFrame, share: float = 0.18, seed: int = 1) -> pl.DataFrame:
    """The people with a share of all rows turned into worse copies of others; column ``person`` tells who is who.

    ``people``: ``language, first, last, email, phone, city`` (and more); streets, birth dates, families and offices are
    made up here. Each copy keeps its e-mail, phone or birth date, maybe with a slip; a quarter of the given names
    become short or foreign forms, Cyrillic is often written in Latin, some have moved house since.
    """
    chance = random.Random(seed)  # noqa: S311 - made-up data, not a secret
    copies = int(people.height * share)
    originals = people.height - copies
    rows = lived_in(chance, people.head(originals))
    chosen = [chance.randrange(originals) for _at in range(copies)]
    rows += [_copy(chance, rows[at]) for at in chosen]
    schema = dict.fromkeys(rows[0], pl.String) | {"person": pl.Int64}
    return pl.DataFrame(rows, schema=schema).sample(fraction=1.0, shuffle=True, seed=seed)


def _copy(chance: random.Random, row: Mapping[str, Any]) -> Row:
    made: Row = dict(row)
    for column, change in _CHANGES.items():
        made[column] = change(chance, made) if made[column] else made[column]
    if chance.random() < 0.4:
        made |= {name: _capital(anyascii(made[name])) for name in ("first", "last")}
    if chance.random() < 0.02:
        made["first"], made["last"] = made["last"], made["first"]
    if chance.random() < 0.05:
        made |= address(chance, "en") if chance.random() < 0.5 else {"street": None, "postcode": None}
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


def _street(chance: random.Random, row: Row) -> str | None:
    roll = chance.random()
    return None if roll < 0.25 else _slip(chance, str(row["street"])) if roll < 0.37 else str(row["street"])


def _postcode(chance: random.Random, row: Row) -> str | None:
    roll = chance.random()
    return None if roll < 0.25 else _slip(chance, str(row["postcode"])) if roll < 0.3 else str(row["postcode"])


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
    "street": _street,
    "postcode": _postcode,
    "born": _born,
}
