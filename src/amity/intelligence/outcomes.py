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
    outcome = np.where(won.to_numpy(), 1.0, np.where(lost.to_numpy(), 0.0, np.nan))
    if not won.any() or not lost.any():
        raise Refused(
            "unclear_outcome",
            f"The column {raw.name!r} holds no readable outcome: expected words like won and lost or 1 and 0.",
        )
    return outcome
