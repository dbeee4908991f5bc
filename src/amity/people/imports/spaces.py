"""Keeps the ids of unlike systems apart: customer 7 of the shop is not customer 7 of the old CRM."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from django.apps import apps

from amity.people.imports.homes import Home, first, staged_key_of
from amity.people.imports.nouns import registered
from amity.people.imports.values import Mapping, convert

_LOOKED_AT = 2_000
_FEW = 3  # fewer strangers than this may be corrections
_MOST_SYSTEMS = 50


def own_system(system: str, tables: Iterable[tuple[Mapping, pl.DataFrame]]) -> str:
    """``system``, or ``system-2``, ``system-3``, … when its keys belong to other people than these files say.

    Deterministic: the same export finds its own name space again. ``tables``: mappings with a sample of rows.
    """
    keyed = [
        (mapping, frame.head(_LOOKED_AT)) for mapping, frame in tables if "external_id" in mapping.columns.values()
    ]
    for number in range(1, _MOST_SYSTEMS):
        name = system if number == 1 else f"{system[:56]}-{number}"
        if not any(_is_foreign(name, mapping, frame) for mapping, frame in keyed):
            return name
    return system


def _is_foreign(system: str, mapping: Mapping, frame: pl.DataFrame) -> bool:
    """Whether most rows whose key is known bear other names than the records with these keys."""
    noun = registered().get(mapping.noun)
    home = noun.land if noun else None
    if not isinstance(home, Home) or not home.naming or not frame.height:
        return False
    numbers = pl.Series(range(1, frame.height + 1), dtype=pl.Int64)
    typed = home.prepare(convert(frame, numbers, mapping).frame)
    names = [name for name in home.naming if name in typed.columns]
    if not names:
        return False
    ours = pl.DataFrame([staged_key_of(typed, system, mapping), *(first(typed[name]).alias(name) for name in names)])
    known = apps.get_model(home.main)._default_manager.filter(key__in=ours["key"].drop_nulls().to_list())
    theirs = {row[0]: row[1:] for row in known.values_list("key", *names)}
    verdicts = [_agree(row[1:], theirs[row[0]]) for row in ours.iter_rows() if row[0] in theirs]
    strangers = verdicts.count(False)
    return strangers >= _FEW and strangers * 2 > len(verdicts)


def _agree(ours: tuple[str | None, ...], theirs: tuple[str, ...]) -> bool | None:
    """Whether the two bear one name in common; None where nothing can be compared."""
    pairs = [(a.casefold(), b.casefold()) for a, b in zip(ours, theirs, strict=True) if a and b]
    return any(a == b for a, b in pairs) if pairs else None
