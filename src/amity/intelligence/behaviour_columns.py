"""Which profile columns tell how like the customers somebody is, and how their values are read as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_COLUMNS, MOST_VALUES = 14, 10
_LONGEST = 60
_NOT_COLUMNS = {"created_at", "city", "company_founded", "company_revenue"}  # times and too many values
_FREE_MAIL = {
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "icloud.com", "aol.com",
    "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.ru", "yandex.ru", "bk.ru", "list.ru", "inbox.ru", "rambler.ru",
    "wp.pl", "o2.pl", "onet.pl", "interia.pl", "proton.me", "protonmail.com",
}  # fmt: skip
_HEADS = re.compile(
    r"\b(ceo|cto|cfo|coo|cmo|founder|owner|president|managing)\b|geschäftsführ|inhaber|директор|владел|основател"
    r"|prezes|właściciel|dyrektor generaln",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"\b(head|director|vp|lead|manager|chief)\b|leiter|руковод|начальник|kierownik|dyrektor|menedżer", re.I
)
_SIZES = ((10, "1–9"), (50, "10–49"), (250, "50–249"), (1_000, "250–999"))


def words_of(columns: Mapping[str, Any]) -> dict[str, str]:
    """The columns of one person as short words; what is empty, a number or a time is left out."""
    found: dict[str, str] = {}
    for name, value in columns.items():
        if name in _NOT_COLUMNS or name.startswith("consent"):
            continue
        word = _SPECIAL[name](value) if name in _SPECIAL else _word(value)
        if word:
            found[name] = word
    return found


def chosen(rows: Sequence[Mapping[str, str]], without: Iterable[str]) -> dict[str, dict[str, float]]:
    """Column → value → share of those who have the column. Columns that tell somebody apart from others, and no more.

    A value needs 5 people and one in a hundred; a column needs two values, and to be known of one person in five.
    """
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for name, word in row.items():
            counts.setdefault(name, Counter())[word] += 1
    least, held = max(5, len(rows) // 100), set(without)
    found: dict[str, dict[str, float]] = {}
    for name, values in sorted(counts.items(), key=lambda each: (-each[1].total(), each[0])):
        common = [(word, n) for word, n in values.most_common(MOST_VALUES) if n >= least]
        told = sum(n for _word, n in common) >= 0.5 * values.total()
        if name not in held and len(values) > 1 and common and told and values.total() * 5 >= len(rows):
            found[name] = {word: n / values.total() for word, n in common}
    return dict(list(found.items())[:MOST_COLUMNS])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST else ""


def _domain(value: Any) -> str:
    return ("private" if value in _FREE_MAIL else "company") if isinstance(value, str) and value else ""


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        return ""
    return "head" if _HEADS.search(value) else "lead" if _LEADS.search(value) else "other"


def _size(value: Any) -> str:
    if not isinstance(value, int | float) or value <= 0:
        return ""
    return next((told for below, told in _SIZES if value < below), "1000+")


_SPECIAL = {"email_domain": _domain, "job_title": _title, "company_employees": _size}
