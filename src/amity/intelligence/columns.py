"""What a raw column is: a number, a date, a category, free text, or nothing to learn from.

Pure: a polars series in, a typed series and its kind out. Works from content first, the name decides only
whether a column of unique whole numbers is an identifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

Kind = Literal["numeric", "category", "date", "filled", "dropped"]

NOT_CHOSEN = "∅"  # a form was shown and its placeholder left in place: not the same as never asked
EMPTY_WORDS = frozenset(
    {"", "-", "--", "—", "?", "n/a", "na", "nan", "null", "none", "nil", "#n/a", "(empty)", "(blank)", "undefined"}
    | {"нет данных", "пусто", "не указано", "не указан", "не заполнено"}
    | {"brak", "brak danych", "nie podano", "puste"}
    | {"keine angabe", "k.a.", "k. a.", "leer", "nicht angegeben"}
)
PLACEHOLDER_WORDS = frozenset(
    {"select", "select one", "please select", "select...", "choose", "choose one", "- select -", "--select--"}
    | {"выберите", "не выбрано", "выбрать"}
    | {"wybierz", "nie wybrano", "proszę wybrać"}
    | {"bitte wählen", "bitte auswählen", "auswählen", "nicht ausgewählt"}
)
_ID_NAME = re.compile(r"(^|[\s_.\-])(id|uuid|guid|no|nr|num|number|key|code|index|row|rownumber|номер|код|numer|nummer)"
                      r"($|[\s_.\-])|(?<=[a-z])(Id|ID|Number|No|Key)$|^№", re.UNICODE)  # fmt: skip
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%y",
                 "%m/%d/%y", "%Y/%m/%d", "%d %b %Y")  # fmt: skip
_TIME_TAIL = r"[T ]\d{1,2}:\d{2}.*$"
_MOSTLY = 0.95
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A column with its kind; ``values`` are Float64, String, Datetime or Boolean (``filled``)."""

    kind: Kind
    values: pl.Series
    why: str = ""  # code of the reason when dropped: constant, identifier, empty, text
    form: str = ""  # how text was read: the date pattern, or "," for decimal commas


def typed(name: str, raw: pl.Series) -> Typed:
    """Decide what ``raw`` is and convert it; never raises on odd values, they become null."""
    series = plain(raw)
    if series.null_count() == len(series):
        return Typed("dropped", series, "empty")
    if series.dtype.is_temporal():
        return Typed("date", plain_time(series))
    if series.dtype.is_numeric():
        return _number(name, series.cast(pl.Float64))
    return _text(name, clean_words(series))


def _text(name: str, words: pl.Series) -> Typed:
    known = words.drop_nulls()
    if not len(known):
        return Typed("dropped", words, "empty")
    present = words.is_not_null() & (words != NOT_CHOSEN)
    mark = "," if _decimal_comma(words) else "."
    numbers = read_numbers(words, mark)
    if _mostly(numbers, present):
        return replace(_number(name, numbers), form=mark)
    pattern = date_pattern(words.filter(present).head(_SAMPLE))
    if pattern and _mostly(dates := read_dates(words, pattern), present):
        return Typed("date", dates, form=pattern)
    return _words(words, known)


def clean_words(series: pl.Series) -> pl.Series:
    """Strings with blanks and words for "nothing" as null, form placeholders as ``NOT_CHOSEN``."""
    trimmed = series.cast(pl.String, strict=False).str.strip_chars()
    lower = trimmed.str.to_lowercase()
    frame = pl.DataFrame({"trimmed": trimmed, "lower": lower})
    return frame.select(
        pl.when(pl.col("lower").is_in(list(EMPTY_WORDS)))
        .then(None)
        .when(pl.col("lower").is_in(list(PLACEHOLDER_WORDS)))
        .then(pl.lit(NOT_CHOSEN))
        .otherwise(pl.col("trimmed"))
        .alias(series.name)
    ).to_series()


def read_numbers(words: pl.Series, mark: str) -> pl.Series:
    """Numbers written as text (``1 234,50``, ``$1,200.00``, ``12 %``) with decimal ``mark``; null where not one."""
    bare = words.str.replace_all(r"[\s\u00a0\u202f€$£%₽]|zł|руб\.?|USD|EUR|PLN|RUB", "")
    if mark == ",":
        bare = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        bare = bare.str.replace_all(",", "", literal=True)
    return bare.cast(pl.Float64, strict=False)


def date_pattern(sample: pl.Series) -> str:
    """The spelling that reads most of ``sample`` as plausible dates, or "" when these are no dates."""
    looks = sample.str.contains(r"^\d{1,4}[./\- ](\d{1,2}|[A-Za-z]{3})[./\- ]\d{2,4}")
    if not len(sample) or int(looks.sum()) < _MOSTLY * len(sample):
        return ""
    days = sample.str.replace(_TIME_TAIL, "")
    return max(_DATE_FORMATS, key=lambda pattern: _parsed(days, pattern))


def read_dates(words: pl.Series, pattern: str) -> pl.Series:
    """Dates (time of day cut off) in one spelling; null where they do not fit."""
    return words.str.replace(_TIME_TAIL, "").str.to_datetime(pattern, strict=False, time_unit="us")


def plain_time(times: pl.Series) -> pl.Series:
    """Any date or time as naive UTC microseconds."""
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return times.cast(pl.Datetime("us"))


def names_identifier(name: str) -> bool:
    """Whether the heading itself says "identifier" (``Lead Number``, ``customerID``, ``Код``)."""
    return bool(_ID_NAME.search(name) or _ID_NAME.search(name.lower()))


def _decimal_comma(words: pl.Series) -> bool:
    return bool(words.drop_nulls().head(_SAMPLE).str.contains(r"^[-€$£\s\d.]*\d,\d{1,2}\D*$").any())


def _parsed(sample: pl.Series, pattern: str) -> int:
    dates = sample.str.to_datetime(pattern, strict=False, time_unit="us")
    plausible = dates.is_not_null() & dates.dt.year().is_between(1900, 2100)
    return int(plausible.sum())


def plain(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw.cast(pl.String)
    if raw.dtype.is_nested() or raw.dtype == pl.Object:
        return raw.cast(pl.String, strict=False) if raw.dtype != pl.Object else pl.Series(raw.name, [None] * len(raw))
    if raw.dtype.is_float():
        return raw.fill_nan(None)
    if raw.dtype.is_decimal():
        return raw.cast(pl.Float64)
    return raw


def _number(name: str, numbers: pl.Series) -> Typed:
    known = numbers.drop_nulls()
    whole = bool((known % 1 == 0).all())
    distinct = known.n_unique()
    if distinct <= 1 and numbers.null_count() == 0:
        return Typed("dropped", numbers, "constant")
    unique = len(known) >= 20 and distinct >= 0.98 * len(known)
    if whole and unique and (names_identifier(name) or _counts_up(known)):
        return Typed("dropped", numbers, "identifier")
    if whole and names_identifier(name) and distinct > 50 and distinct >= 0.2 * len(known):
        return Typed("dropped", numbers, "identifier")
    return Typed("numeric", numbers)


def _counts_up(known: pl.Series) -> bool:
    """Whole numbers that fill their range like a row counter does."""
    span = float(known.max()) - float(known.min())  # type: ignore[arg-type]
    return span < 3 * len(known)


def _words(words: pl.Series, known: pl.Series) -> Typed:
    distinct = known.n_unique()
    if distinct <= 1 and words.null_count() == 0:
        return Typed("dropped", words, "constant")
    if len(known) >= 20 and distinct >= 0.95 * len(known):
        if 0.02 <= words.null_count() / len(words) <= 0.98:
            return Typed("filled", words.is_not_null(), "identifier")
        return Typed("dropped", words, "identifier")
    return Typed("category", words)


def _mostly(values: pl.Series, known: pl.Series) -> bool:
    total = int(known.sum())
    return total > 0 and int((values.is_not_null() & known).sum()) >= _MOSTLY * total
