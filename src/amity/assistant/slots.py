"""Reading the values of slots from what a customer writes, in four languages. Pure: text, language and day decide."""

from __future__ import annotations

import re
from datetime import date, timedelta

from amity.assistant.hearing import without_denied
from amity.intelligence import api as intelligence

MOST_TEXT = 2_000
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_CODE = re.compile(r"(?<![\w@.+-])(\d{3})[ -]?(\d{3})(?![\w@-])")
_BARE = re.compile(r"(?<![\w@.])#?((?=[\w-]*\d)[A-Za-zА-Яа-я0-9][\w-]{1,22}\w)(?![\w@])")
_MONTHS = (
    "jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|oct|okt|nov|de[cz]|янв|фев|мар|апр|ма[яй]|ию[нл]|авг|сен|окт|ноя|дек|"
    "sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru"
)
_PLAIN = re.compile(r"(?<![\w@.-])[A-Z]{1,4}-\d{2,18}(?![\w@-])")  # an order number wherever it stands
_TIME = re.compile(
    r"(?<![\d.])(?P<h>\d{1,2}):(?P<m>\d{2})(?!\d)|(?<!\d)(?P<h2>\d{1,2})(?:[.](?P<m2>\d{2}))?\s?(?P<half>a\.?m\.?|p\.?m\.?|uhr|"
    r"час\w*|godz\w*)|\b(?:at|um|gegen|в|o|о|na|godz\w*\.?)\s+(?P<h3>\d{1,2})(?![\d.:]*\d)(?!\s?(?:a\.?m\b|p\.?m\b|uhr|час|godz))"
    rf"(?!\.?\s*(?:{_MONTHS}))",
    re.I,
)
_WEEKDAYS = (
    r"monday|понедельник\w*|poniedzia\w+|montag\w*", r"tuesday|вторник\w*|wtor\w+|dienstag\w*",
    r"wednesday|сред[уыае]|środ\w+|mittwoch\w*", r"thursday|четверг\w*|czwart\w+|donnerstag\w*",
    r"friday|пятниц\w+|piąt\w+|freitag\w*", r"saturday|суббот\w+|sobot\w+|samstag\w*|sonnabend\w*",
    r"sunday|воскресень\w+|niedziel\w+|sonntag\w*",
)  # fmt: skip
_DAYS = re.compile("|".join(rf"\b(?P<d{n}>{words})\b" for n, words in enumerate(_WEEKDAYS)), re.I)
_LATER = re.compile(r"\b(?:day after tomorrow|послезавтра|pojutrze|übermorgen)\b", re.I)
_ADDRESS = re.compile(
    r"(?:new address(?: is|:)?|moved to|live (?:now )?(?:at|in)|новый адрес\s*[:—-]?|по адресу|переехал\w* (?:на|в)|"
    r"nowy adres(?: to|:)?|mieszkam teraz (?:przy|na)|neue adresse(?: ist| lautet|:)?|umgezogen (?:in die|nach)|"
    r"wohne jetzt in der)\s*",
    re.I,
)
_POSTAL = re.compile(r"\b(?:\d{2}-\d{3}|\d{5,6})\b\s*(?P<city>[^\W\d_][^\d,;.]{1,60})?")


def value_of(kind: str, text: str, language: str, today: date, asked: bool) -> str:
    """The value of a slot in a message, plain, or nothing. ``asked``: the customer answers the question for it.

    Dates ISO, times HH:MM, order numbers in capitals, phones E.164, amounts "12.50 EUR".
    """
    if kind == "text":
        told = " ".join(text.split())
        return told[:MOST_TEXT] if asked and len(told) >= 3 else ""
    if kind == "address":
        return _address(text, asked)
    kept = without_denied(text)
    if kind == "email":
        found = _EMAIL.findall(kept)
        return found[-1].lower().rstrip(".-'") if found else ""
    if kind == "time":
        return _time(kept)
    return _named(kind, kept, language, today, asked)


def code_in(text: str) -> str:
    """Six digits, as a code is typed."""
    found = _CODE.findall(text)
    return "".join(found[-1]) if found else ""


def city_of(address: str) -> str:
    """The town after the postal code, where it can be told."""
    found = _POSTAL.search(address)
    return (found["city"] or "").strip() if found else ""


def plain_order(value: str) -> str:
    """Order numbers as they are compared."""
    return "".join(sign for sign in value.upper() if sign.isalnum())


def _named(kind: str, text: str, language: str, today: date, asked: bool) -> str:
    named = [each for each in intelligence.language.entities(text, language or "en", today) if each.kind == kind]
    if kind == "date":
        days = [(each.start, _ahead(each.value, today)) for each in named] + _weekdays(text, today)
        return max(days)[1] if days else ""
    if named:
        return named[-1].value
    if kind == "order":
        bare = (_BARE if asked else _PLAIN).findall(_EMAIL.sub(" ", text))
        return bare[-1].upper() if bare else ""
    return ""


def _weekdays(text: str, today: date) -> list[tuple[int, str]]:
    found = [(each.start(), (today + timedelta(days=2)).isoformat()) for each in _LATER.finditer(text)]
    for each in _DAYS.finditer(text):
        wanted = next(n for n in range(7) if each[f"d{n}"])
        ahead = (wanted - today.weekday() - 1) % 7 + 1
        found.append((each.start(), (today + timedelta(days=ahead)).isoformat()))
    return found


def _ahead(value: str, today: date) -> str:
    """A day that has passed is meant of next year when that is near: in December people say "on January 5"."""
    day = date.fromisoformat(value)
    return value if day >= today - timedelta(days=180) else _next_year(day).isoformat()


def _next_year(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _time(text: str) -> str:
    for each in reversed(list(_TIME.finditer(text))):
        hour, minute = int(each["h"] or each["h2"] or each["h3"]), int(each["m"] or each["m2"] or 0)
        half = (each["half"] or "").lower().replace(".", "")
        hour += 12 if half == "pm" and hour < 12 else 0
        if hour < 24 and minute < 60:
            return f"{hour:02d}:{minute:02d}"
    return ""


def _address(text: str, asked: bool) -> str:
    """Street, number, postal code and town; of a whole sentence what follows the words for it."""
    found = _ADDRESS.search(text)
    told = " ".join(text[found.end() :].split()) if found else " ".join(text.split()) if asked else ""
    told = told.strip(" .,;:!")[:300]
    fits = len(told) >= 10 and any(sign.isdigit() for sign in told) and sum(sign.isalpha() for sign in told) >= 5
    return told if fits and not _EMAIL.search(told) else ""
