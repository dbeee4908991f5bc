"""People who were erased and come in again with an import: noted in the ledger, or turned away as the desk wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import polars as pl

from amity.people import privacy_ledger
from amity.people.models import ErasedMark, PrivacySetting

CODE = "erased_before"
_KINDS = ("email", "phone")


def turned_away(frame: pl.DataFrame, noun: str, faults: pl.Series, notes: Counter[str]) -> pl.Series:
    """``faults`` with `CODE` at rows of people who were erased, where they are refused; else they are counted.

    2 queries where anybody was ever erased, 1 else.
    """
    if noun != "person" or not frame.height or not ErasedMark.objects.exists():
        return faults
    known = list(_known_by(frame))
    erased = privacy_ledger.returned({(kind, value) for _at, kind, value in known})
    rows = {at for at, kind, value in known if (kind, value) in erased}
    notes[CODE] += len(rows)
    setting = PrivacySetting.objects.first()
    if not rows or setting is None or setting.returning != "refuse":
        return faults
    told = [code or (CODE if at in rows else None) for at, code in enumerate(faults.to_list())]
    return pl.Series(told, dtype=pl.String)


def _known_by(frame: pl.DataFrame) -> Iterator[tuple[int, str, str]]:
    for kind in _KINDS:
        if kind in frame.columns:
            for at, value in enumerate(frame[kind].to_list()):
                for each in value if isinstance(value, list) else [value]:
                    if each:
                        yield at, kind, str(each)
