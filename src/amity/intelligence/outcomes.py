"""Reading a column of outcomes: which values mean won, lost and still open."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.errors import Refused
from amity.intelligence import columns

WON = frozenset(
    {
        "1",
        "1.0",
        "yes",
        "y",
        "true",
        "t",
        "won",
        "closed won",
        "converted",
        "success",
        "successful",
        "sold",
        "churned",
        "exited",
    }
    | {"да", "выиграна", "выигран", "успешно", "успешно реализовано", "продано"}
    | {"tak", "wygrana", "wygrane", "wygrany", "sprzedane", "ja", "gewonnen", "verkauft", "erfolgreich"}
)
LOST = frozenset(
    {"0", "0.0", "no", "n", "false", "f", "lost", "closed lost", "not converted", "failed", "rejected", "disqualified"}
    | {"нет", "проиграна", "проигран", "закрыто и не реализовано", "отказ"}
    | {"nie", "przegrana", "przegrane", "przegrany", "nein", "verloren", "abgelehnt"}
)


def read_outcomes(raw: pl.Series) -> NDArray[np.float64]:
    """1 for won, 0 for lost, NaN for anything else (open), (n,); raises ``Refused`` when a side is absent."""
    words = columns.clean_words(columns.plain(raw)).str.to_lowercase().str.replace_all(r"[_\-]+", " ")
    won, lost = words.is_in(list(WON)).fill_null(False), words.is_in(list(LOST)).fill_null(False)
    if (not won.any() or not lost.any()) and words.n_unique() - bool(words.null_count()) == 2:
        won, lost = _rarer(words, won.any(), lost.any())
    outcome = np.where(won.to_numpy(), 1.0, np.where(lost.to_numpy(), 0.0, np.nan))
    if not won.any() or not lost.any():
        raise Refused(
            "unclear_outcome",
            f"The column {raw.name!r} holds no readable outcome: expected words like won and lost or 1 and 0.",
        )
    return outcome


def _rarer(words: pl.Series, some_won: bool, some_lost: bool) -> tuple[pl.Series, pl.Series]:
    """Two values that are no known words for it: the known side, else the rarer value, counts as the outcome."""
    common, rare = words.drop_nulls().value_counts(sort=True).to_series(0).to_list()
    known = WON if some_won else LOST
    if some_won or some_lost:
        rare, common = (rare, common) if (rare in known) == some_won else (common, rare)
    return (words == rare).fill_null(False), (words == common).fill_null(False)
