"""What a column's values say about it: shares of e-mails, dates, numbers, names; distinctness; placeholders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from amity.base.plain import normal
from amity.people import places
from amity.people.imports import dates, numbers, phones, values
from amity.people.imports.nouns import Kind

_LOOK = 3_000  # values looked at for shares
_STATES = 300
_FEW = 60  # distinct values of a category at most
_ID = r"^#?(?:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,64}|[A-Za-z0-9]{0,6}[-_]?[A-Za-z0-9]*\d[A-Za-z0-9\-_]*)$"
_PERSON = r"^\p{Lu}[\p{L}'’\-]+(?:\s+\p{Lu}[\p{L}'’.\-]*){1,3}$"
_COMPANY = (
    r"(?i)\b(?:gmbh|ag|kg|ohg|ug|e\.?v\.?|inc|llc|ltd|plc|corp|corporation|company|co|group|holding|s\.?a\.?|spółka|"
    r"sp\. ?z ?o\.? ?o|sp\. ?k|sp\. ?j|ооо|ао|зао|оао|пао|ип|тоо|фирма|компания|s\.?r\.?o|b\.?v|oy|ab)\b\.?"
)
_TIMELY = re.compile(r"\b(?:date|time|timestamp|ts|at|on|created|updated|data|datum|zeit|vremia|vremya|termin)\b")
_PHONE_LOOK = r"^(?:p:|tel:)?\s*\+?[\d\s()\-./]{7,24}$"


@dataclass(frozen=True, slots=True)
class Facts:
    """Shares are 0-1 of the filled cells looked at; ``distinct`` and ``filled`` count the whole sample."""

    column: str
    rows: int
    filled: int
    distinct: int
    kind: Kind
    shares: Mapping[str, float]
    nulls: tuple[str, ...]
    samples: tuple[str, ...]
    states: tuple[str, ...]  # all distinct texts where they are few, commonest first
    order: dates.Order | None
    order_reason: str
    decimal: numbers.Decimal
    currency: str

    @property
    def unique(self) -> bool:
        """Every row has its own value."""
        return self.filled >= 0.9 * self.rows and self.distinct >= 0.995 * self.filled > 0

    def share(self, name: str) -> float:
        """The share called ``name``."""
        return self.shares.get(name, 0.0)


def facts_of(texts: pl.Series, language: str = "", region: str = "") -> Facts:
    """Facts of one column of texts; ``language`` of the headings helps where dates are ambiguous."""
    trimmed = values.blanked(texts, [])
    nulls = values.placeholders(trimmed)
    clean = values.blanked(trimmed, nulls)
    filled = clean.drop_nulls()
    look = filled.gather_every(max(1, filled.len() // _LOOK))
    dated = dates.order_of(filled, language) if look.len() else None
    shares = _shares(look, region)
    decimal = numbers.decimal_of(look)[0] if shares["numeric"] > 0.5 else "."
    shares["number"] = _mean(numbers.parse(look, decimal).is_not_null())
    shares["date"] = _mean(dates.parse(look, dated[0]).is_not_null()) if dated else 0.0
    distinct = filled.n_unique()
    kind = _kind(look, filled.len(), distinct, shares, dated[0] if dated else None)
    return Facts(
        column=texts.name,
        rows=texts.len(),
        filled=filled.len(),
        distinct=distinct,
        kind=kind,
        shares=shares,
        nulls=tuple(nulls),
        samples=tuple(str(text)[:80] for text in filled.unique(maintain_order=True).head(5).to_list()),
        states=tuple(filled.value_counts(sort=True)[texts.name].to_list()) if distinct <= _STATES else (),
        order=dated[0] if dated else None,
        order_reason=dated[1] if dated else "",
        decimal=decimal,
        currency=numbers.currency_in(look) if shares["number"] > 0.5 else "",
    )


def language_of(columns: list[str]) -> str:
    """The language of the headings by their letters and commonest words: ``ru``, ``pl``, ``de`` or ``en``."""
    text = " ".join(columns).lower()
    if len(re.findall("[а-яё]", text)) > 0.3 * max(1, len(re.findall(r"[^\W\d_]", text))):
        return "ru"
    words = set(normal(text).split())
    if re.search("[ąćęłńśźż]", text) or words & _POLISH:
        return "pl"
    if re.search("[äöüß]", text) or words & _GERMAN:
        return "de"
    return "en"


_POLISH = frozenset(
    ("imie", "nazwisko", "miasto", "kraj", "adres", "kwota", "etap", "nazwa", "opiekun", "ulica", "nip", "uwagi")
)
_GERMAN = frozenset(
    ("vorname", "nachname", "stadt", "ort", "strasse", "plz", "betrag", "phase", "kunde", "land", "anrede", "wert")
)
_SHARES = ("email", "phone", "numeric", "integer", "boolean", "country", "person", "company", "id", "words", "url")


def _shares(look: pl.Series, region: str) -> dict[str, float]:
    if not look.len():
        return dict.fromkeys(_SHARES, 0.0)
    phone_like = look.str.contains(_PHONE_LOOK)
    return {
        "email": _mean(values.emails(look).is_not_null()),
        "phone": _phone_share(look, region) if _mean(phone_like) > 0.5 else 0.0,
        "numeric": _mean(look.str.contains(r"^[^\p{L}]*\d[\d\s.,'’]*\s?[\p{L}%€$£₽.]{0,6}\s?[\p{L}.]{0,5}$")),
        "integer": _mean(look.str.contains(r"^[-+]?\d{1,15}$")),
        "boolean": _mean(values.booleans(look).is_not_null()),
        "country": _mean(values.by_unique(look, _country_name, pl.String).is_not_null()),
        "person": _mean(look.str.contains(_PERSON)),
        "company": _mean(look.str.contains(_COMPANY)),
        "id": _mean(look.str.contains(_ID)),
        "words": float(look.str.count_matches(r"\S+").mean() or 0),  # type: ignore[arg-type]
        "url": _mean(look.str.contains(r"(?i)^(?:https?://|www\.)\S+$|^[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,6}/?$")),
    }


def _phone_share(look: pl.Series, region: str) -> float:
    """Numbers that are phones: with a plus, with phone punctuation, or in the plan of the region."""
    marked = _mean(look.str.contains(r"^(?:p:|tel:)?(?:\+|00)\d|[\s()\-]"))
    parsed = _mean(phones.parse(look, default=region or phones.region_of(look) or "US").is_not_null())
    lengths = look.str.replace_all(r"\D", "").str.len_chars()
    usual = _mean(lengths.is_between(7, 15))
    if marked > 0.5:
        return max(parsed, 0.8 * usual)
    return 0.6 * parsed if region and _mean(lengths.is_between(9, 13)) > 0.9 else 0.3 * parsed


def _country_name(text: str) -> str:
    return places.well_spelt_country(text) if len(text) > 1 else ""


def _kind(look: pl.Series, filled: int, distinct: int, shares: Mapping[str, float], order: dates.Order | None) -> Kind:
    """The custom kind that the values fit."""
    few = (
        distinct <= max(3, (0.4 if distinct <= 12 else 0.2) * filled)
        if distinct <= _FEW
        else distinct <= _STATES and distinct < 0.02 * filled
    )
    few = few and (distinct < filled or filled == 1)
    kind: Kind = "category" if few else "text"
    if shares["number"] > 0.95:
        kind = _number_kind(look, shares)
    counted = order in ("serial", "epoch", "epoch_ms")
    if order and shares["date"] > 0.9 and (not counted or _TIMELY.search(normal(look.name))):
        kind = "date"
    if shares["boolean"] > 0.98 and distinct <= 4 and filled > 1:
        kind = "boolean"
    return kind if filled else "text"


def _number_kind(look: pl.Series, shares: Mapping[str, float]) -> Kind:
    if _mean(look.str.contains(r"[€$£₽]|zł|руб")) > 0.5:
        return "money"
    if _mean(look.str.contains(r"^0\d+$")) > 0.05:  # leading zeros: a code
        return "text"
    return "integer" if shares["integer"] == 1.0 else "number"


def _mean(flags: pl.Series) -> float:
    found = flags.fill_null(False).mean()
    return float(found) if isinstance(found, int | float) else 0.0
