"""Who a row is: keys under a name space, ids in bulk, and which identities a file has shown before."""

from __future__ import annotations

import hashlib
import os
from uuid import UUID

import numpy as np
import polars as pl

from amity.base.ids import new_id
from amity.base.plain import normal

MAX_VALUE = 200  # characters of an outside id kept as they are; longer ones are shortened with a digest
# A UUIDv7 made by the database (RFC 9562, section 5.7), for rows that only the database counts.
UUID7 = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send("
    "floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid"
)


def prefix(system: str, column: str) -> str:
    """The name space of a key column: files of one export share it, whatever they are called."""
    return f"{system}:{normal(column).replace(' ', '_') or 'id'}:"


def key_values(values: pl.Series) -> pl.Series:
    """Outside ids as they stand in keys: trimmed, over-long ones cut and made unique by a digest."""
    trimmed = values.cast(pl.String).str.strip_chars()
    long = trimmed.str.len_chars() > MAX_VALUE
    if not long.any():
        return trimmed
    return pl.Series(values.name, [_shortened(value) for value in trimmed.to_list()], dtype=pl.String)


def _shortened(value: str | None) -> str | None:
    if value is None or len(value) <= MAX_VALUE:
        return value
    return f"{value[:150]}~{hashlib.sha256(value.encode()).hexdigest()[:40]}"


def new_ids(count: int) -> pl.Series:
    """``count`` increasing UUIDv7 as 32 hex digits; the first is the next of `base.ids.new_id`."""
    if not count:
        return pl.Series("id", [], dtype=pl.String)
    start = new_id()
    ticks = (((start.int >> 80) << 12) | ((start.int >> 64) & 0xFFF)) + np.arange(count, dtype=np.uint64)
    raw = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    ms = (ticks >> np.uint64(12)).astype(">u8").view(np.uint8).reshape(count, 8)
    raw[:, :6] = ms[:, 2:]
    sub = (ticks & np.uint64(0xFFF)).astype(np.uint64)
    raw[:, 6] = 0x70 | (sub >> np.uint64(8)).astype(np.uint8)
    raw[:, 7] = (sub & np.uint64(0xFF)).astype(np.uint8)
    raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
    text = raw.tobytes().hex().encode()
    return pl.Series("id", np.frombuffer(text, dtype="S32")).cast(pl.String)


def content_keys(frame: pl.DataFrame) -> pl.Series:
    """A digest of each row's content (all columns of ``frame``, in name order)."""
    columns = sorted(frame.columns)
    texts = frame.select(pl.concat_str([_as_text(frame, name) for name in columns], separator="\x1f")).to_series()
    return pl.Series("key", [hashlib.blake2b(t.encode(), digest_size=12).hexdigest() for t in texts.to_list()])


def _as_text(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(frame.schema[name], pl.List):
        column = column.list.join("\x1e")
    return column.cast(pl.String).fill_null("\x1d")


class Seen:
    """Identities that the rows of one file have shown so far, as 64-bit hashes with their counts.

    About 16 bytes an identity. It lives in memory only: a resumed import builds it again from the file.
    """

    def __init__(self) -> None:
        self._hashes = np.empty(0, dtype=np.uint64)
        self._counts = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._hashes)

    def copy(self) -> Seen:
        """As it is now; costs nothing, because `add` never changes arrays in place."""
        other = Seen()
        other._hashes, other._counts = self._hashes, self._counts
        return other

    def before(self, identities: pl.Series, others: pl.DataFrame | None = None) -> pl.Series:
        """How often each row's identity was shown before it, earlier batches included; nulls are always new.

        ``others`` (``at``, ``identity``): what else the rows are known by; it counts for the rows after them.
        """
        if not self._any_shown(identities, others):
            return pl.zeros(identities.len(), dtype=pl.Int64, eager=True).alias("before")
        return self._counted(identities, others)

    def _any_shown(self, identities: pl.Series, others: pl.DataFrame | None) -> bool:
        """Whether an identity is in the batch twice or was shown before: seldom, and sorting hashes tells it."""
        main = np.sort(identities.drop_nulls().hash(seed=7).to_numpy())
        if (main[1:] == main[:-1]).any() or self._count_of(main).any():
            return True
        if others is None or not others.height:
            return False
        return bool(_among(others["identity"].hash(seed=7).to_numpy(), main).any())

    def _counted(self, identities: pl.Series, others: pl.DataFrame | None) -> pl.Series:
        parts = [pl.DataFrame({"at": pl.int_range(identities.len(), eager=True), "hash": identities.hash(seed=7)})]
        parts[0] = parts[0].with_columns(identities.is_not_null().alias("main"))
        if others is not None and others.height:
            hashes = others["identity"].hash(seed=7)
            more = pl.DataFrame({"at": others["at"].cast(pl.Int64), "hash": hashes})
            parts.append(more.with_columns(pl.lit(None, pl.Boolean).alias("main")))
        shown = pl.concat(parts).sort("at", maintain_order=True)
        shown = shown.with_columns(pl.int_range(pl.len()).over("hash").alias("count"))
        shown = shown.filter(pl.col("main").is_not_null())
        total = shown["count"].to_numpy() + self._count_of(shown["hash"].to_numpy())
        return pl.Series("before", np.where(shown["main"].to_numpy(), total, 0), dtype=pl.Int64)

    def add(self, identities: pl.Series) -> None:
        """Remember the identities of rows that have landed."""
        hashes = identities.drop_nulls().hash(seed=7).to_numpy()
        if not len(hashes):
            return
        unique, counts = np.unique(hashes, return_counts=True)
        at = np.searchsorted(self._hashes, unique)
        inside = at < len(self._hashes)
        known = np.zeros(len(unique), dtype=bool)
        known[inside] = self._hashes[at[inside]] == unique[inside]
        self._counts = self._counts.copy()
        self._counts[at[known]] += counts[known]
        self._hashes = np.insert(self._hashes, at[~known], unique[~known])
        self._counts = np.insert(self._counts, at[~known], counts[~known])

    def _count_of(self, hashes: np.ndarray) -> np.ndarray:
        if not len(self._hashes):
            return np.zeros(len(hashes), dtype=np.int64)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[at] == hashes, self._counts[at], 0)


def _among(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Which of ``values`` are in the sorted array."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[at] == values)


def hex_id(value: UUID) -> str:
    """An id as COPY takes it."""
    return value.hex
