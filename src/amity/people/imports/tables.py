"""A file as recognition sees it: its name and a sample of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Table:
    """One file, member or sheet with a sample of its rows (``reading.sample``)."""

    name: str
    frame: pl.DataFrame

    @property
    def title(self) -> str:
        """The last part of the name: the file without its folders, the sheet without its workbook."""
        return self.name.rsplit("/", 1)[-1]
