"""What other rooms may use of the matcher. The heavy libraries are loaded when they are used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from amity.people.matching.columns import Ints
    from amity.people.matching.engine import Matches


def match(left: pl.DataFrame, right: pl.DataFrame | None = None, ignore: Iterable[str] = ()) -> Matches:
    """Which records are the same, within ``left`` or between ``left`` and ``right``; not by ``ignore``."""
    from amity.people.matching import engine

    return engine.match(left, right, ignore)


def kind_of_column(name: str, values: pl.Series) -> str:
    """What a column holds, told from its values (``email``, ``date``, ``word`` …); empty where it says nothing."""
    from amity.people.matching.columns import column

    found = column(name, values)
    return found.kind if found else ""


def pairs_of(groups: Ints) -> Ints:
    """All pairs ``(n, 2)`` of records in one group; ``groups``: the group of every record."""
    from amity.people.matching import clusters

    return clusters.pairs_of(groups)


def with_duplicates(table: pl.DataFrame, share: float = 0.18, seed: int = 1) -> pl.DataFrame:
    """The people with a share of rows turned into worse copies of others; for measuring."""
    from amity.people.matching import made_up

    return made_up.with_duplicates(table, share, seed)


def measured(file: Path, column: str, step: str) -> dict[str, Any]:
    """Figures of one matcher (``ours``, ``splink``) on a labelled table; run it in a process of its own for memory."""
    from amity.people.matching import bench

    return bench.measured(file, column, step)
