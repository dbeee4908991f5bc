"""Dates in any spelling: the order of day, month and year is decided once for a whole column."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, get_args

import polars as pl
from babel import Locale

from amity.base.plain import LANGUAGES

Order = Literal["ymd", "dmy", "mdy", "serial", "epoch", "epoch_ms"]
ORDERS: tuple[Order, ...] = get_args(Order)

_TIME = (
    r"(?:[T ,]+(?:um |at |o |в )?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_PARTS = r"^(\d{1,4})[-./ ]{1,2}(\d{1,2})[-./ ]{1,2}(\d{1,4})(?: ?г\.?| ?r\.?| ?Uhr)?" + _TIME + r"(?: ?Uhr)?$"
_COMPACT = r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
_PIVOT = 69  # two-digit years: 00-69 are 2000-2069, as in POSIX strptime
_MINIMUM = 0.8  # share of values that must read as dates


def order_of(texts: pl.Series, language: str = "") -> tuple[Order, str] | None:
    """The column's date order and the code of the reason for it; None where it holds no dates.

    Values above 12 decide; where none is, the order under which the column is sorted or narrower in
    time, then the ``language`` of the headings (English: month first only with slashes).
    """
    texts = texts.drop_nulls().str.strip_chars()
    if not texts.len():
        return None
    special = _special(texts)
    if special:
        return special
    parts = _groups(_worded(texts))
    numbers = parts.select(pl.col("1", "2", "3").cast(pl.Int32, strict=False)).drop_nulls()
    if numbers.height < _MINIMUM * texts.len():
        return None
    first, second, third = (numbers[name] for name in ("1", "2", "3"))
    long_first = parts["1"].drop_nulls().str.len_chars().min()
    if long_first == 4:
        return "ymd", "year_first"
    if not (third > 31).any() and parts["3"].drop_nulls().str.len_chars().max() == 2:
        return _short_year(first, second, third, texts, language)
    return _day_or_month(first, second, texts, language)


def parse(texts: pl.Series, order: Order, zone: str = "UTC") -> pl.Series:
    """Times in UTC; null where the text is no date in that ``order``. Wall times are in ``zone``."""
    texts = texts.str.strip_chars()
    if order in ("serial", "epoch", "epoch_ms"):
        return _counted(texts, order).alias(texts.name)
    iso = _iso(texts, zone) if order == "ymd" else None
    if iso is not None and iso.null_count() == texts.null_count():
        return iso.alias(texts.name)
    general = _general(texts, order, zone)
    return (iso.fill_null(general) if iso is not None else general).alias(texts.name)


@cache
def month_words() -> dict[str, str]:
    """Month names and abbreviations of the four languages, lower-case, with their numbers."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for context in ("format", "stand-alone"):
            for width in ("abbreviated", "wide"):
                for number, name in locale.months[context][width].items():
                    found[name.lower().rstrip(".")] = f"{number:02d}"
    return found | {
        "sept": "09",
        "mrz": "03",
        "mär": "03",
        "jän": "01",
        "мая": "05",
        "sty": "01",
        "июнь": "06",
        "июль": "07",
    }


def _special(texts: pl.Series) -> tuple[Order, str] | None:
    numbers = texts.cast(pl.Float64, strict=False).drop_nulls()
    if numbers.len() < _MINIMUM * texts.len():
        return None
    if (texts.str.contains(_COMPACT)).sum() >= _MINIMUM * texts.len():
        return "ymd", "compact"
    low, high = float(numbers.quantile(0.02) or 0), float(numbers.quantile(0.98) or 0)
    if low > 5e8 and high < 4.2e9:
        return "epoch", "epoch"
    if low > 5e11 and high < 4.2e12:
        return "epoch_ms", "epoch_ms"
    if low >= 20_000 and high <= 60_000:
        return "serial", "serial"
    return None


def _day_or_month(first: pl.Series, second: pl.Series, texts: pl.Series, language: str) -> tuple[Order, str]:
    day_first, month_first = int((first > 12).sum()), int((second > 12).sum())
    if day_first > month_first:
        return "dmy", "above_12_first"
    if month_first > day_first:
        return "mdy", "above_12_second"
    sorted_as = _sorted_as(texts)
    if sorted_as:
        return sorted_as, "sorted"
    return _by_language(texts, language)


def _short_year(
    first: pl.Series, second: pl.Series, third: pl.Series, texts: pl.Series, language: str
) -> tuple[Order, str]:
    """All three numbers have two digits: the year is the one that varies least and fits no day."""
    if int((first > 31).sum()) > 0:
        return "ymd", "above_31"
    if not (second > 12).any() and third.n_unique() > 12 >= first.n_unique():
        return "ymd", "short_year"
    return _day_or_month(first, second, texts, language)


def _sorted_as(texts: pl.Series) -> Order | None:
    if texts.n_unique() < 10:
        return None
    found: list[Order] = []
    for order in ("dmy", "mdy"):
        times = parse(texts, order).drop_nulls()
        steps = times.diff().drop_nulls().dt.total_seconds()
        if steps.len() and ((steps >= 0).mean() > 0.98 or (steps <= 0).mean() > 0.98):  # type: ignore[operator]
            found.append(order)
    return found[0] if len(found) == 1 else None


def _by_language(texts: pl.Series, language: str) -> tuple[Order, str]:
    slashed = texts.str.contains("/", literal=True).mean() or 0
    if language in ("", "en") and float(slashed) > 0.5:  # type: ignore[arg-type]
        return "mdy", "american"
    return "dmy", "usual"


def _worded(texts: pl.Series) -> pl.Series:
    """Month names as numbers; ``Jan 5, 2024`` becomes ``5 01 2024``."""
    if not texts.str.contains(r"\p{L}{3,}").any():
        return texts
    words = month_words()
    unique = texts.drop_nulls().unique()
    cleaned = [_with_number(text, words) for text in unique.to_list()]
    return texts.replace(unique, pl.Series(cleaned, dtype=pl.String))


def _with_number(text: str, words: dict[str, str]) -> str:
    match = re.search(r"[^\W\d_]{3,}", text)
    if not match:
        return text
    plain = re.sub(
        r"(?i)^(mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|пн|вт|ср|чт|пт|сб|вс)[a-zа-я]*[,.]? +", "", text
    )
    match = re.search(r"(?i)([^\W\d_]{3,})\.?", plain)
    number = words.get(match[1].lower()) if match else None
    if not match or not number:
        return text
    before, after = plain[: match.start()].strip(" .,-"), plain[match.end() :].strip(" .,-")
    if before:
        return f"{re.sub('(st|nd|rd|th)$', '', before)} {number} {after}"
    match = re.match(r"(\d{1,2})(?:st|nd|rd|th)?,?\s+(.*)$", after)
    return f"{match[1]} {number} {match[2]}" if match else text


def _groups(texts: pl.Series) -> pl.DataFrame:
    return texts.str.extract_groups(_PARTS).struct.unnest()


def _iso(texts: pl.Series, zone: str) -> pl.Series:
    """The quick way for ``2024-01-31``, ``2024-01-31 10:20`` and ``2024-01-31 10:20:30``."""
    head = texts.drop_nulls().head(1)
    sample = str(head[0]) if head.len() else ""
    if re.match(r"^\d{4}-\d{2}-\d{2}$", sample):
        fast = texts.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    else:
        mark = "T" if "T" in sample else " "
        clock = "%H:%M:%S" if sample.count(":") > 1 else "%H:%M"
        fast = texts.str.to_datetime(f"%Y-%m-%d{mark}{clock}", time_unit="us", strict=False)
    return _zoned(fast, zone)


def _general(texts: pl.Series, order: Order, zone: str) -> pl.Series:
    compact = texts.str.replace(r"^(\d{4})(\d{2})(\d{2})$", "$1-$2-$3")
    parts = _groups(_worded(compact))
    year, month, day = {"ymd": ("1", "2", "3"), "dmy": ("3", "2", "1"), "mdy": ("3", "1", "2")}[order]
    if order != "ymd":  # a stray ISO value in another column keeps its meaning
        swap = pl.col("1").str.len_chars() == 4
        parts = parts.with_columns(
            pl.when(swap).then("1").otherwise(year).alias("y"),
            pl.when(swap).then("2").otherwise(month).alias("m"),
            pl.when(swap).then("3").otherwise(day).alias("d"),
        )
    else:
        parts = parts.select(pl.all(), pl.col(year).alias("y"), pl.col(month).alias("m"), pl.col(day).alias("d"))
    parts = parts.with_columns(pl.col("y", "m", "d", "4", "5", "6").cast(pl.Int32, strict=False))
    full = (
        pl.when(pl.col("y") > 99)
        .then("y")
        .when(pl.col("y") > _PIVOT)
        .then(pl.col("y") + 1900)
        .otherwise(pl.col("y") + 2000)
    )
    evening = pl.col("7").str.to_lowercase().str.starts_with("p")
    hour = (
        pl.when(evening & (pl.col("4") < 12))
        .then(pl.col("4") + 12)
        .when(pl.col("7").is_not_null() & ~evening & (pl.col("4") == 12))
        .then(0)
        .otherwise("4")
    )
    valid = pl.col("m").is_between(1, 12) & pl.col("d").is_between(1, 31) & full.is_between(1000, 9999)
    clock = (hour.fill_null(0) < 24) & (pl.col("5").fill_null(0) < 60) & (pl.col("6").fill_null(0) < 60)
    text = pl.format(
        "{}-{}-{} {}:{}:{}",
        *(item.cast(pl.String).str.zfill(width) for item, width in ((full, 4), (pl.col("m"), 2), (pl.col("d"), 2))),
        *(item.fill_null(0).cast(pl.String).str.zfill(2) for item in (hour, pl.col("5"), pl.col("6"))),
    )
    time = pl.when(valid & clock).then(text).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    parts = parts.with_columns(time.alias("time"))
    return _with_offset(parts["time"], parts["8"], zone)


def _with_offset(times: pl.Series, offsets: pl.Series, zone: str) -> pl.Series:
    if offsets.null_count() == offsets.len():
        return _zoned(times, zone)
    frame = pl.DataFrame({"time": times, "offset": offsets.str.replace(":", "")})
    minutes = (
        pl.col("offset").str.slice(1, 2).cast(pl.Int32, strict=False).fill_null(0) * 60
        + pl.col("offset").str.slice(3, 2).cast(pl.Int32, strict=False).fill_null(0)
    ) * pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1)
    shifted = frame.select(pl.col("time") - pl.duration(minutes=minutes)).to_series().dt.replace_time_zone("UTC")
    known = frame["offset"].is_not_null()
    return shifted.zip_with(known, _zoned(times, zone))


def _zoned(times: pl.Series, zone: str) -> pl.Series:
    if zone == "UTC":
        return times.dt.replace_time_zone("UTC")
    return times.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _counted(texts: pl.Series, order: Order) -> pl.Series:
    numbers = texts.cast(pl.Float64, strict=False)
    seconds = {"serial": (numbers - 25_569) * 86_400, "epoch": numbers, "epoch_ms": numbers / 1000}[order]
    within = seconds.is_between(-62_135_596_800, 253_402_300_799)
    micros = (
        (seconds.zip_with(within, pl.Series([None], dtype=pl.Float64)) * 1_000_000).round().cast(pl.Int64, strict=False)
    )
    return micros.cast(pl.Datetime("us", "UTC"))
