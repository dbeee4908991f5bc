"""Texts in bulk: what rows are found by, and everything that fits no column, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from anyascii import anyascii

from amity.base.searching import MAX_TEXT


class _Letters(dict[int, str]):
    """Each letter's ASCII, looked up once: `anyascii` text by text is five times slower."""

    def __missing__(self, letter: int) -> str:
        plain = self[letter] = anyascii(chr(letter))
        return plain


_LETTERS = _Letters()


def search_texts(frame: pl.DataFrame, names: Sequence[str], phones: Sequence[str] = ()) -> pl.Series:
    """`base.searching.search_text` for many rows: folded words of columns ``names``, digits of ``phones``."""
    parts = [_ascii(frame[name]) for name in names if name in frame.columns]
    dialled = [_digits(frame[phone]) for phone in phones if phone in frame.columns]
    if not parts and not dialled:
        return pl.Series("search", [""] * frame.height, dtype=pl.String)
    if parts:
        dialled.insert(0, _plain(_joined(parts)))
    return _joined(dialled).str.strip_chars().str.slice(0, MAX_TEXT).alias("search")


def _joined(parts: Sequence[pl.Series]) -> pl.Series:
    wide = pl.DataFrame([part.alias(str(at)) for at, part in enumerate(parts)])
    return wide.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()


def _plain(texts: pl.Series) -> pl.Series:
    """ASCII texts as words of a-z and 0-9 parted by single blanks."""
    lower = texts.str.to_lowercase()
    if lower.str.contains("['`\"]").any():
        lower = lower.str.replace_all("['`\"]", "")
    return lower.str.replace_all("[^a-z0-9]+", " ").str.strip_chars()


def _ascii(texts: pl.Series) -> pl.Series:
    """ASCII for every text; only distinct texts that are not yet ASCII are looked at one by one."""
    foreign = texts.filter(texts.str.len_bytes() != texts.str.len_chars())
    beyond = texts.filter(texts.str.contains(r"[^\x00-\x7f]")) if foreign.len() else foreign
    unique = beyond.unique().to_list()
    if not unique:
        return texts
    return texts.replace(unique, [text.translate(_LETTERS) for text in unique])


def _digits(texts: pl.Series) -> pl.Series:
    digits = texts.str.replace_all(r"\D", "")
    frame = digits.to_frame("all")
    long = pl.col("all").str.len_bytes() > 9
    return frame.select(
        pl.when(long).then(pl.concat_str("all", pl.col("all").str.tail(9), separator=" ")).otherwise("all")
    ).to_series()


def bags(frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.Series:
    """One JSON object per row of the columns (frame column -> name in the object); null where all are empty."""
    if not columns:
        return pl.Series("bag", [None] * frame.height, dtype=pl.String)
    parts = [_member(frame, column, name) for column, name in columns.items()]
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    body = frame.select(joined.alias("bag"))
    return (
        body.select(
            pl.when(pl.col("bag").is_null() | (pl.col("bag") == "")).then(None).otherwise("{" + pl.col("bag") + "}")
        )
        .to_series()
        .alias("bag")
    )


def _member(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    label = _quoted(name)
    dtype = frame.schema[column]
    value = pl.col(column)
    if isinstance(dtype, pl.List):
        value = value.list.join("; ")
        dtype = pl.String()
    if dtype == pl.String:
        return pl.lit(label + ":") + _escaped(value, frame[column])
    if dtype == pl.Boolean:
        return pl.lit(label + ":") + pl.when(value).then(pl.lit("true")).when(~value).then(pl.lit("false"))
    if dtype == pl.Float64:
        whole = value.round(0) == value
        text = pl.when(whole & (value.abs() < 1e15)).then(value.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.lit(label + ":") + text.otherwise(value.cast(pl.String))
    if dtype in (pl.Date, pl.Time) or isinstance(dtype, pl.Datetime):
        form = "%Y-%m-%d" if dtype == pl.Date else "%Y-%m-%dT%H:%M:%SZ"
        return pl.lit(label + ':"') + value.dt.to_string(form) + pl.lit('"')
    return pl.lit(label + ":") + value.cast(pl.String)


def _escaped(value: pl.Expr, texts: pl.Series) -> pl.Expr:
    if not isinstance(texts.dtype, pl.List) and not texts.str.contains(r'["\\\x00-\x1f]').any():
        return pl.lit('"') + value + pl.lit('"')
    return value.map_elements(_quoted, return_dtype=pl.String)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text.replace("\x00", ""), ensure_ascii=False)
