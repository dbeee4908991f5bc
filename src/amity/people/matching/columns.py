"""What a column holds, told from its values, and the normal form in which its values are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from amity.people.matching.words import fold, plain

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
_SAMPLE = 2_000
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.?[^@\s]*$")
_PHONE = re.compile(r"^[+(]?[\d\s()./\-]{6,24}$")
_NUMBER = re.compile(r"^[^\w]{0,3}(?:usd|eur|pln|rub)?\s?-?\d[\d\s.,]*\s?[%a-zł₽€$]{0,4}$")
_CODE = re.compile(r"^(?=.*\d)[\w\-/.]{1,20}(?: [\w\-/.]{1,8})?$")
_YMD = re.compile(r"^(\d{4})[-./]?(\d{2})[-./]?(\d{2})(?:[t ].*)?$")
_DMY = re.compile(r"^(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?:[t ].*)?$")
_YEAR = re.compile(r"^\D{0,2}(1[5-9]\d\d|20\d\d)\D{0,2}$")
_PHONE_WORDS = ("phone", "tel", "mobil", "fax", "handy", "komork")
EMPTY = frozenset({"", "nan", "none", "null", "n/a", "na", "-", "\\n", "unknown", "?"})


@dataclass(frozen=True)
class Column:
    """One comparable column of the records (of both tables, one after the other).

    ``codes``: ``(n_records,)`` number of each record's value in ``values``; -1 where there is none.
    """

    name: str
    kind: str  # email, phone, date, year, number, code, word, phrase, text
    codes: Codes
    values: list[str]
    known_usage: Ints | None = None
    personal: bool = False  # whether these are names of people, of which two usual ones are two

    @cached_property
    def counts(self) -> Ints:
        """How many records hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).astype(np.int64)

    @property
    def usage(self) -> Ints:
        """How many records of the whole base hold each value, where that is known (`known_usage`), else of these."""
        return self.counts if self.known_usage is None else self.known_usage

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What is worked out of the values once, however often pairs are compared."""
        found = self.__dict__.setdefault("_kept", {})
        if name not in found:
            found[name] = make()
        return found[name]

    @property
    def filled(self) -> float:
        return float(np.mean(self.codes >= 0)) if len(self.codes) else 0.0

    @cached_property
    def objects(self) -> npt.NDArray[np.object_]:
        """The values as an array that can be indexed by codes."""
        found = np.empty(len(self.values), dtype=object)
        found[:] = self.values
        return found

    @cached_property
    def chance(self) -> float:
        """How likely two records agree exactly by chance."""
        counts = self.counts.astype(np.float64)
        total = counts.sum()
        return float((counts * (counts - 1)).sum() / max(total * (total - 1), 1.0))


def column(name: str, raw: pl.Series) -> Column | None:
    """The column in normal form; None where it says nothing (empty, or one value throughout)."""
    text = raw.cast(pl.String).str.strip_chars()
    distinct = text.unique().drop_nulls()
    given = [value for value in distinct.to_list() if fold(value) not in EMPTY]
    if not given:
        return None
    kind = kind_of(name, given[:: max(1, len(given) // _SAMPLE)])
    normal = {value: _NORMAL[kind](value) for value in given}
    found = encoded(name, kind, text.replace_strict(normal, default=None, return_dtype=pl.String))
    return found if len(found.values) > 1 else None


def encoded(name: str, kind: str, normal: pl.Series) -> Column:
    """A column from values already in normal form (empty: none)."""
    normal = normal.set(normal == "", None)
    values = normal.drop_nulls().unique().sort()
    codes = (normal.rank("dense").cast(pl.Int32) - 1).fill_null(-1).to_numpy().astype(np.int32)
    return Column(name, kind, codes, values.to_list())


def of_texts(name: str, kind: str, texts: Sequence[str | None]) -> Column:
    """The same from a list; few texts are numbered without the machinery that many are worth."""
    if len(texts) > _SAMPLE:
        return encoded(name, kind, pl.Series(texts, dtype=pl.String))
    values = sorted({text for text in texts if text})
    numbers = {text: at for at, text in enumerate(values)}
    return Column(name, kind, np.array([numbers.get(text or "", -1) for text in texts], dtype=np.int32), values)


def normal(kind: str, value: str) -> str:
    """A value of a column of this kind as it is compared; empty where it says nothing."""
    text = value.strip()
    return "" if fold(text) in EMPTY else _NORMAL[kind](text)


def kind_of(name: str, values: Sequence[str]) -> str:
    """The kind of a column with these distinct values."""
    lower = [value.lower().strip() for value in values]
    header = fold(name)
    tests: tuple[tuple[str, Callable[[str], bool], float], ...] = (
        ("email", lambda value: bool(_EMAIL.match(value)), 0.7),
        ("date", lambda value: bool(date_parts(value)), 0.7),
        ("year", lambda value: bool(_YEAR.match(value)), 0.7),
    )
    for kind, test, needed in tests:
        if _share(lower, test) >= needed:
            return kind
    if _is_phone(header, lower):
        return "phone"
    if _share(lower, lambda value: bool(_CODE.match(value))) >= 0.7:
        return "number" if _is_amount(lower) else "code"
    if _share(lower, lambda value: bool(_NUMBER.match(value))) >= 0.7:
        return "number"
    return _kind_of_words(lower)


def date_parts(value: str) -> tuple[int, int, int] | None:
    """Year, month, day of a date in a usual order; None where it is none."""
    found = _YMD.match(value)
    year, month, day = (int(part) for part in found.groups()) if found else (0, 0, 0)
    if not found:
        found = _DMY.match(value)
        if not found:
            return None
        day, month, year = (int(part) for part in found.groups())
        if month > 12 >= day:
            day, month = month, day
    return (year, month, day) if 1000 <= year <= 2100 and month <= 19 and day <= 39 else None


def number(value: str) -> float | None:
    """The number in a text such as ``$1,299.00``; None where there is none."""
    digits = re.sub(r"[^\d.,\-]", "", value).strip(".,-")
    if not digits:
        return None
    if "," in digits and "." in digits:
        digits = digits.replace("." if digits.rfind(",") > digits.rfind(".") else ",", "")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits):
        digits = digits.replace(",", "")
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return None


def _is_phone(header: str, values: Sequence[str]) -> bool:
    named = any(word in header for word in _PHONE_WORDS)
    digits = _share(values, lambda value: bool(_PHONE.match(value)) and sum(map(str.isdigit, value)) >= 7)
    marked = _share(values, lambda value: value[:1] in "+(" or len(re.findall(r"[\s()/\-.]", value)) > 1)
    return digits >= 0.7 and (named or marked >= 0.5)


def _is_amount(values: Sequence[str]) -> bool:
    return _share(values, lambda value: bool(re.search(r"\d[.,]\d{1,2}$|[$€₽%]", value))) >= 0.3


def _kind_of_words(values: Sequence[str]) -> str:
    lengths = [len(value.split()) for value in values]
    average = sum(lengths) / len(lengths)
    letters = sum(map(len, values)) / len(values)
    if average <= 1.6 and letters <= 24:
        return "word"
    return "phrase" if average <= 5 and letters <= 36 else "text"


def _share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, values)) / max(len(values), 1)


def _email(value: str) -> str:
    """Lower case, without a +tag; dots in a Gmail name do not count."""
    local, _at, domain = value.lower().strip().partition("@")
    local = local.split("+", 1)[0]
    domain = domain.replace("googlemail.com", "gmail.com")
    return f"{local.replace('.', '') if domain == 'gmail.com' else local}@{domain}" if domain else local


def _phone(value: str) -> str:
    """Digits without the international prefix; an extension is cut off."""
    digits = re.sub(r"\D", "", re.split(r"(?i)ext|x\d", value)[0])
    return digits.removeprefix("00").lstrip("0") if len(digits) >= 5 else ""


def _date(value: str) -> str:
    parts = date_parts(value.lower().strip())
    return "{:04d}{:02d}{:02d}".format(*parts) if parts else re.sub(r"\D", "", value)[:8]


def _year(value: str) -> str:
    found = _YEAR.match(value.strip())
    return found[1] if found else ""


def _number(value: str) -> str:
    found = number(value)
    return "" if found is None else f"{found:g}"


def _code(value: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(value))


_NORMAL: dict[str, Callable[[str], str]] = {
    "email": _email,
    "phone": _phone,
    "date": _date,
    "year": _year,
    "number": _number,
    "code": _code,
    "word": plain,
    "phrase": plain,
    "text": plain,
}
