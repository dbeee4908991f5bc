"""Phone numbers as E.164, by the numbering plans of libphonenumber compiled to column expressions."""

from __future__ import annotations

from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata

_MIN, _MAX = 8, 15
_LABEL = r"(?i)^\s*(?:p|tel|phone|t|m)\.?:\s*"
_LETTERS = r"(?i)(?:ext|x|доб|wewn|durchwahl|#).*$"


def parse(texts: pl.Series, regions: pl.Series | None = None, default: str = "") -> pl.Series:
    """E.164 numbers; null where a text is none. ``regions``: ISO countries of the rows, else ``default``.

    International spellings need no country; national ones follow the country's own plan.
    """
    frame = texts.to_frame("text").with_columns(
        pl.col("text")
        .str.replace(_LABEL, "")
        .str.replace(_LETTERS, "")
        .str.replace_all(r"\(0\)", "")
        .str.replace_all(r"\.0$", "")
        .alias("bare")
    )
    frame = frame.with_columns(
        pl.col("bare").str.replace_all(r"\D", "").alias("digits"),
        pl.col("bare").str.contains(r"^\s*(?:\+|00)").fill_null(False).alias("abroad"),
    )
    foreign = pl.col("digits").str.strip_prefix("00")
    frame = frame.with_columns(
        pl.when(pl.col("abroad") & foreign.str.contains(_international())).then(foreign).alias("found"),
        (regions if regions is not None else pl.Series([None] * texts.len(), dtype=pl.String)).alias("region"),
    )
    frame = frame.with_columns(pl.col("region").fill_null(default))
    for region in frame.filter(~pl.col("abroad") & pl.col("digits").str.len_chars().is_between(4, 15))[
        "region"
    ].unique():
        national = _national(region) if region else _without_plus()
        if national is not None:
            mine = (pl.col("region") == region) & ~pl.col("abroad")
            frame = frame.with_columns(pl.when(mine).then(national).otherwise("found").alias("found"))
    return frame.select(pl.when(~_is_junk(pl.col("found"))).then("+" + pl.col("found"))).to_series().alias(texts.name)


def region_of(texts: pl.Series) -> str:
    """The country that most international numbers of a column come from; empty where there is none."""
    counts: dict[str, int] = {}
    for text in texts.drop_nulls().filter(texts.drop_nulls().str.contains(r"^\s*(?:\+|00)\d")).head(500).to_list():
        try:
            number = phonenumbers.parse(text.replace("00", "+", 1) if text.strip().startswith("00") else text, None)
        except phonenumbers.NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(number)
        if region:
            counts[region] = counts.get(region, 0) + 1
    return max(counts, key=lambda code: counts[code]) if counts else ""


def fits(texts: pl.Series, region: str) -> float:
    """Share (0-1) of texts that are numbers in the plan of ``region``."""
    texts = texts.drop_nulls()
    return parse(texts, default=region).is_not_null().mean() or 0.0 if texts.len() else 0.0  # type: ignore[return-value]


def _national(region: str) -> pl.Expr | None:
    """A national spelling by the plan of ``region``: trunk prefix off, country code on."""
    plan = PhoneMetadata.metadata_for_region(region.upper(), None)
    if plan is None or plan.general_desc is None:
        return None
    pattern = rf"^(?:{plan.general_desc.national_number_pattern})$"
    code = str(plan.country_code)
    digits = pl.col("digits")
    trunk = plan.national_prefix or ""
    local = digits.str.strip_prefix(trunk) if trunk else digits
    with_code = digits.str.strip_prefix(code)
    starts = digits.str.starts_with(code)
    return (
        pl.when(local.str.contains(pattern) & (local != digits)).then(pl.concat_str(pl.lit(code), local))
        .when(digits.str.contains(pattern)).then(pl.concat_str(pl.lit(code), digits))
        .when(starts & with_code.str.contains(pattern)).then(digits)
        .when(digits.str.len_chars().is_between(11, _MAX) & digits.str.contains(_international())).then(digits)
    )  # fmt: skip


def _without_plus() -> pl.Expr:
    """Eleven or more digits that begin with a country code, where no country is known."""
    digits = pl.col("digits")
    return pl.when(digits.str.len_chars().is_between(11, _MAX) & digits.str.contains(_international())).then(digits)


@cache
def _international() -> str:
    codes = "|".join(str(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE, reverse=True))
    return rf"^(?:{codes})\d+$"


def _is_junk(digits: pl.Expr) -> pl.Expr:
    """Too short, too long, or one digit over and over."""
    length = digits.str.len_chars()
    same = digits.str.contains(r"(?:0{7,}|1{8,}|2{8,}|3{8,}|4{8,}|5{8,}|6{8,}|7{8,}|8{8,}|9{8,})$")
    return digits.is_null() | ~length.is_between(_MIN, _MAX) | same | digits.str.contains("123456789")
