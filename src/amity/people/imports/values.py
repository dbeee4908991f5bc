"""Turns a batch of texts into typed values by a mapping; what cannot be read is reported, never dropped."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from amity.base.plain import normal
from amity.people import places
from amity.people.imports import dates, numbers, phones
from amity.people.imports.nouns import CUSTOM, IGNORE, Kind, kind_of, noun
from amity.people.imports.vocabulary import outcome_of

ROW = "row"

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_EMAIL = rf"^{_ATOM}(?:\.{_ATOM})*@(?:[\p{{L}}0-9](?:[\p{{L}}0-9\-]*[\p{{L}}0-9])?\.)+\p{{L}}{{2,}}$"
_EMAIL_JUNK = (
    r"^(?:tests?|testing|null|none|no|nomail|noemail|no-?reply|noreply|asdf|qwerty|xxx+|aaa+|na|n/a|unknown|0+)@"
)
_DOMAIN_JUNK = (
    r"@(?:test|null|none|localhost|invalid|no|na|nomail|noemail|xxx+|asdf)\.[a-z]+$|@example\.(?:invalid|test)$"
)
_NULL_WORDS = (
    "select,n/a,na,null,none,nil,nan,unknown,undefined,not specified,not set,not available,not provided,not applicable",
    "no data,unspecified,empty,tbd,#n/a,(blank),blank,please select,missing,#ref!,#value!,none specified",
    "не указано,не указан,не указана,нет данных,неизвестно,не заполнено,пусто,не выбрано,н/д,нет информации",
    "brak danych,brak,nieznany,nieznane,nie podano,nie dotyczy,nd,n/d,wybierz,pusty",
    "k. a.,k.a.,keine angabe,keine angaben,unbekannt,nicht angegeben,leer,bitte wählen",
    "nicht bekannt,entfällt,ohne angabe",
)
_NULLS = frozenset(normal(word) for words in _NULL_WORDS for word in words.split(","))
_LONGEST_NULL = 40  # characters, brackets and dashes around the word included
_TRUE_WORDS = "yes,y,true,t,1,on,x,да,истина,д,tak,prawda,ja,wahr,j,oui,si,checked,opted out"
_FALSE_WORDS = "no,n,false,f,0,off,нет,ложь,н,nie,nieprawda,fałsz,nein,falsch,non,unchecked"
_TRUE = frozenset(map(normal, _TRUE_WORDS.split(",")))
_FALSE = frozenset(map(normal, _FALSE_WORDS.split(",")))
_TICKS = {"✓": True, "✔": True, "☑": True, "☐": False, "✗": False, "+": True}


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file is and where its columns go; ``as_json`` is what a person changes.

    ``columns``: column -> field key, ``custom:<kind>`` or ``ignore``. Per-column ``dates`` (order),
    ``decimals`` (mark) and ``nulls`` (placeholder texts); ``outcomes``: stage text -> open, won, lost;
    ``constants``: field -> value for every row; ``identity``: columns whose values tell rows apart.
    """

    noun: str
    columns: Dictionary[str, str]
    dates: Dictionary[str, dates.Order] = field(default_factory=dict)
    decimals: Dictionary[str, numbers.Decimal] = field(default_factory=dict)
    nulls: Dictionary[str, list[str]] = field(default_factory=dict)
    outcomes: Dictionary[str, str] = field(default_factory=dict)
    constants: Dictionary[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    region: str = ""
    currency: str = ""
    zone: str = "UTC"

    def as_json(self) -> dict[str, Any]:
        """``{noun, columns, options}``, JSON-able."""
        names = ("dates", "decimals", "nulls", "outcomes", "constants", "region", "currency", "zone")
        options: dict[str, Any] = {name: getattr(self, name) for name in names} | {"identity": list(self.identity)}
        return {"noun": self.noun, "columns": dict(self.columns), "options": options}

    @classmethod
    def from_json(cls, value: Dictionary[str, Any]) -> Mapping:
        """The opposite of ``as_json``; unknown fields or orders raise ``KeyError``."""
        columns = {str(column): str(target) for column, target in value["columns"].items()}
        for target in columns.values():
            if target != IGNORE:
                kind_of(value["noun"], target)
        options = dict(value.get("options", {}))
        options["identity"] = tuple(options.get("identity", ()))
        known = set(cls.__dataclass_fields__) - {"noun", "columns"}
        unknown = set(options) - known
        if unknown:
            raise KeyError(sorted(unknown)[0])
        return cls(value["noun"], columns, **options)


@dataclass(frozen=True, slots=True)
class Converted:
    """Typed rows of one batch.

    ``frame``: ``row`` (number in the file), one column per field (``many`` fields of e-mail or phone are
    lists of texts) and ``custom:<column>`` for the rest. Money is whole minor units. ``unread``: cells that
    hold something else than their field takes, as ``row, column, field, text``.
    """

    frame: pl.DataFrame
    unread: pl.DataFrame


def convert(frame: pl.DataFrame, rows: pl.Series, mapping: Mapping) -> Converted:
    """The batch's values by the mapping; about a second per 100,000 rows of a dozen columns or less."""
    clean = {column: blanked(frame[column], mapping.nulls.get(column, [])) for column in mapping.columns}
    context = _context(clean, mapping)
    parts: dict[str, list[pl.Series]] = {}
    unread = [_no_unread()]
    for column, target in mapping.columns.items():
        if target == IGNORE:
            continue
        kind = kind_of(mapping.noun, target)
        value = _typed(clean[column], kind, column, mapping, context)
        key = f"{CUSTOM}{column}" if target.startswith(CUSTOM) else target
        parts.setdefault(key, []).append(value)
        unread.append(_unread(rows, clean[column], value, column, target))
    out = [rows.alias(ROW), *(_joined(key, series, mapping) for key, series in parts.items())]
    return Converted(_completed(pl.DataFrame(out), mapping), pl.concat(unread))


def blanked(texts: pl.Series, nulls: list[str]) -> pl.Series:
    """Trimmed texts with the column's placeholder words as nulls."""
    trimmed = texts.cast(pl.String).str.strip_chars()
    trimmed = trimmed.set(trimmed == "", None)
    return trimmed.set(trimmed.is_in(nulls), None) if nulls else trimmed


def placeholders(texts: pl.Series) -> list[str]:
    """Texts of a column that stand for "nothing here": ``Select``, ``N/A``, ``-``, ``не указано``.

    ``no`` beside ``yes`` is an answer, so only words that mean nothing else count.
    """
    unique = texts.drop_nulls().str.strip_chars().unique().head(50_000)
    likely = unique.filter((unique.str.len_chars() <= _LONGEST_NULL) & ~unique.str.contains(r"[\d@]"))
    return sorted(text for text in likely.to_list() if text and _is_placeholder(text))


def csv_safe(cell: str) -> str:
    """A cell for a CSV export that no spreadsheet will take for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_plain_number(cell) else cell


def emails(texts: pl.Series) -> pl.Series:
    """Lists of valid lower-case addresses; several in a cell may be divided by ``;``, ``,`` or spaces."""
    lower = texts.str.to_lowercase().str.replace_all("mailto:", "", literal=True).str.replace_all("[<>()\"']", " ")
    single = lower.str.strip_chars()
    quick = single.str.contains(_EMAIL)
    if quick.fill_null(True).all():
        lists = _lists(single)
    else:
        lists = lower.str.replace_all(r"[\s;,|/]+", " ").str.strip_chars().str.split(" ")
    good = pl.element().filter(pl.element().str.contains(_EMAIL) & ~pl.element().str.contains(_EMAIL_JUNK)
                               & ~pl.element().str.contains(_DOMAIN_JUNK))  # fmt: skip
    return _emptied(lists.list.eval(good.unique(maintain_order=True))).alias(texts.name)


def booleans(texts: pl.Series) -> pl.Series:
    """True or false for yes/no words of four languages; null for anything else."""
    return by_unique(texts, truth, pl.Boolean)


def truth(text: str) -> bool | None:
    """True or false for a yes/no word of four languages, None for anything else."""
    if text in _TICKS:
        return _TICKS[text]
    word = normal(text)
    return True if word in _TRUE else False if word in _FALSE else None


def squeezed(texts: pl.Series) -> pl.Series:
    """Texts without case, spaces and punctuation, so that ``GTXPro`` and ``GTX Pro`` are one key."""
    return texts.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def by_unique(texts: pl.Series, read: Callable[[str], object], dtype: type[pl.DataType] | pl.DataType) -> pl.Series:
    """``read`` applied once per distinct text; empty results are nulls."""
    unique = texts.drop_nulls().unique()
    values = [read(text) for text in unique.to_list()]
    table = {text: value for text, value in zip(unique.to_list(), values, strict=True) if value not in ("", None)}
    if not table:
        return pl.Series(texts.name, [None] * texts.len(), dtype=dtype)
    return texts.replace_strict(table, default=None, return_dtype=dtype)


@dataclass(frozen=True, slots=True)
class _Context:
    """Values of other columns that a row's reading depends on."""

    regions: pl.Series | None
    currencies: pl.Series | None


def _context(clean: Dictionary[str, pl.Series], mapping: Mapping) -> _Context:
    country = next((column for column, target in mapping.columns.items() if target == "country"), None)
    currency = next((column for column, target in mapping.columns.items() if target == "currency"), None)
    return _Context(
        by_unique(clean[country], places.country_code, pl.String) if country else None,
        by_unique(clean[currency], numbers.currency_code, pl.String) if currency else None,
    )


def _typed(texts: pl.Series, kind: Kind, column: str, mapping: Mapping, context: _Context) -> pl.Series:
    simple = _SIMPLE.get(kind)
    if simple:
        return simple(texts)
    if kind == "phone":
        return _phones(texts, context.regions, mapping.region)
    if kind in ("date", "datetime"):
        order = mapping.dates.get(column, "ymd")
        times = dates.parse(texts, order, "UTC" if kind == "date" else mapping.zone)
        return times.dt.date() if kind == "date" else times
    if kind in ("number", "integer", "money"):
        return _number(texts, kind, mapping.decimals.get(column, "."), mapping, context)
    return by_unique(texts, lambda text: _state(text, kind, mapping.outcomes), pl.String)


def _number(texts: pl.Series, kind: Kind, decimal: numbers.Decimal, mapping: Mapping, context: _Context) -> pl.Series:
    found = numbers.parse(texts, decimal)
    if kind == "money":
        return numbers.minor_units(found, context.currencies, mapping.currency or "EUR")
    if kind == "number":
        return found
    low = texts.str.extract(r"^\D{0,2}([\d ]+)\s*(?:[-–+]|bis|do|до|to)")  # "51-200": the lower end
    whole = found.fill_null(numbers.parse(low, decimal))
    return whole.set(whole != whole.round(), None).cast(pl.Int64, strict=False)


def _phones(texts: pl.Series, regions: pl.Series | None, default: str) -> pl.Series:
    several = texts.str.contains(r"[;,|\n]|\s/\s").fill_null(False)
    if not several.any():
        return _emptied(_lists(phones.parse(texts, regions, default)))
    frame = texts.str.replace_all(r"[,|\n]|\s/\s", ";").str.split(";").to_frame("text").with_row_index("at")
    frame = frame.with_columns(
        regions.alias("region") if regions is not None else pl.lit(None, pl.String).alias("region")
    )
    long = frame.explode("text")
    long = long.with_columns(phones.parse(long["text"], long["region"], default).alias("found"))
    lists = long.group_by("at", maintain_order=True).agg(pl.col("found").drop_nulls().unique(maintain_order=True))
    return _emptied(lists["found"]).alias(texts.name)


def _state(text: str, kind: Kind, chosen: Dictionary[str, str]) -> str:
    """``open``, ``won`` or ``lost``; for leads a win is ``converted``."""
    state = chosen[text] if text in chosen else outcome_of(text)
    return "converted" if state == "won" and kind == "lead_status" else state


def _joined(key: str, series: list[pl.Series], mapping: Mapping) -> pl.Series:
    """Several columns of one field as one: lists together, texts one under the other, else the first that is filled."""
    if len(series) == 1:
        return series[0].alias(key)
    frame = pl.DataFrame([item.alias(str(at)) for at, item in enumerate(series)])
    if isinstance(series[0].dtype, pl.List):
        lists = frame.select(pl.concat_list(pl.all().fill_null([])).list.unique(maintain_order=True)).to_series()
        return _emptied(lists).alias(key)
    if series[0].dtype == pl.String and noun(mapping.noun).field(key).many:
        mark = "\n" if noun(mapping.noun).field(key).kind == "long_text" else ", "
        joined = frame.select(pl.concat_str(pl.all(), separator=mark, ignore_nulls=True)).to_series()
        return joined.set(joined == "", None).alias(key)
    return frame.select(pl.coalesce(pl.all())).to_series().alias(key)


def _completed(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Constants for every row; deal outcome from its stage and lead decisions from their dates."""
    for key, value in mapping.constants.items():
        fixed = pl.lit(value)
        frame = frame.with_columns((pl.col(key).fill_null(fixed) if key in frame.columns else fixed).alias(key))
    kinds = {item.key: item for item in noun(mapping.noun).fields}
    if mapping.noun == "deal" and "stage" in frame.columns and "status" in kinds:
        stage = by_unique(frame["stage"], lambda text: _state(text, "outcome", mapping.outcomes), pl.String)
        if "status" in frame.columns:
            stage = frame["status"].fill_null(stage)
        frame = frame.with_columns(stage.alias("status"))
    if "currency" in kinds and "currency" not in frame.columns and mapping.currency:
        frame = frame.with_columns(pl.lit(mapping.currency).alias("currency"))
    return frame


def _unread(rows: pl.Series, texts: pl.Series, value: pl.Series, column: str, target: str) -> pl.DataFrame:
    lost = texts.is_not_null() & value.is_null()
    if not lost.any():
        return _no_unread()
    found = texts.filter(lost)
    return pl.DataFrame({ROW: rows.filter(lost).cast(pl.Int64), "text": found}).select(
        ROW, pl.lit(column).alias("column"), pl.lit(target).alias("field"), "text"
    )


def _no_unread() -> pl.DataFrame:
    return pl.DataFrame(schema={ROW: pl.Int64, "column": pl.String, "field": pl.String, "text": pl.String})


def _lists(texts: pl.Series) -> pl.Series:
    return pl.select(pl.concat_list(texts)).to_series().alias(texts.name)


def _emptied(lists: pl.Series) -> pl.Series:
    """Lists without nulls; an empty list is null."""
    lists = lists.list.drop_nulls()
    return pl.select(pl.when(lists.list.len() > 0).then(lists)).to_series().alias(lists.name)


def _is_placeholder(text: str) -> bool:
    stripped = text.strip("-—–_.?*/\\ <>[]()#")
    return not stripped or normal(stripped) in _NULLS


def _is_plain_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _text(texts: pl.Series) -> pl.Series:
    return texts


def _one_line(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(r"\s+", " ")


_SIMPLE: dict[Kind, Callable[[pl.Series], pl.Series]] = {
    "key": _text,
    "text": _one_line,
    "long_text": _text,
    "name": _one_line,
    "category": _one_line,
    "email": emails,
    "boolean": booleans,
    "country": lambda texts: by_unique(texts, places.country_code, pl.String),
    "language": lambda texts: by_unique(texts, places.language_code, pl.String),
    "currency": lambda texts: by_unique(texts, numbers.currency_code, pl.String),
}
