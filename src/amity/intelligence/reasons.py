"""Reasons of a score: additive log-odds per source column, stored as codes and worded at view time.

Stored form: ``[code, column, value, effect]``. ``base`` is where every record starts (the average row), ``column`` one
source column with its value, ``rest`` all smaller ones together. The effects add up to the log-odds of the score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from numpy.typing import NDArray

from amity.base import words
from amity.intelligence.columns import NOT_CHOSEN
from amity.intelligence.features import Column, Matrix, display
from amity.intelligence.fitted import Contributions

TOP = 6
_LEAST = 0.005  # log-odds; smaller ones are not worth a line
Stored = list[Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One line for the screen. ``effect`` in log-odds; ``text`` in the reader's language."""

    text: str
    effect: float
    code: str
    column: str = ""


def stored_reasons(matrix: Matrix, parts: Contributions, top: int = TOP) -> list[list[Stored]]:
    """Stored reasons of every row: base, the ``top`` columns by size, and everything else."""
    columns = matrix.spec.columns
    order = np.argsort(-np.abs(parts.by_column), axis=1)[:, :top] if columns else np.zeros((matrix.rows, 0), dtype=int)
    return [_of_row(matrix, parts, row, order[row]) for row in range(matrix.rows)]


def _of_row(matrix: Matrix, parts: Contributions, row: int, order: NDArray[Any]) -> list[Stored]:
    effects = parts.by_column[row]
    strong = [int(i) for i in order if abs(effects[i]) >= _LEAST]
    found: list[Stored] = [["base", "", None, parts.base]]
    for i in strong:
        found.append(
            ["column", matrix.spec.columns[i].name, _shown(matrix.spec.columns[i], matrix, i, row), float(effects[i])]
        )
    others = len(effects) - len(strong)
    rest = float(parts.log_odds[row] - parts.base - sum(float(effects[i]) for i in strong))
    if others or abs(rest) > 1e-12:
        found.append(["rest", "", others, rest])
    return found


def _shown(column: Column, matrix: Matrix, index: int, row: int) -> str | float | None:
    return display(column, matrix.blocks[index], row)


def worded(stored: Sequence[Stored], label: Callable[[str], str]) -> list[Reason]:
    """The reasons in the reader's language; ``label`` turns a column into its name."""
    return [Reason(_text(code, label(column) if column else "", value, effect), effect, code, column)
            for code, column, value, effect in stored]  # fmt: skip


def total(stored: Sequence[Stored]) -> float:
    """The probability that the reasons add up to."""
    return 1 / (1 + math.exp(-sum(effect for *_, effect in stored)))


def _text(code: str, column: str, value: Any, effect: float) -> str:
    if code == "base":
        return _("Starting point: %(share)s on average") % {"share": words.percent(1 / (1 + math.exp(-effect)))}
    if code == "rest":
        return ngettext("%(count)s smaller reason", "%(count)s smaller reasons", int(value)) % {"count": int(value)}
    if value is None:
        return _("%(column)s: empty") % {"column": column}
    if value == NOT_CHOSEN:
        return _("%(column)s: not chosen") % {"column": column}
    return _("%(column)s: %(value)s") % {"column": column, "value": _value(value)}


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return words.number(round(float(value), 2))
    return {"✓": _("filled in"), "…": _("another value"), "true": _("yes"), "false": _("no")}.get(
        str(value), str(value)
    )
