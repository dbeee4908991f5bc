"""Placeholders in a text, filled; nothing that still looks like one ever leaves. Pure.

``{first_name}`` must be known; ``{first_name|there}`` has words for when it is not. Marks of other systems (``{{…}}``,
``[[…]]``, ``*|…|*``, ``%NAME%``, ``<%…%>``, ``${…}``) are never filled here, so a text that has one is refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process

from amity.channels.refusals import Unfilled

PERSONAL = ("first_name", "last_name", "name", "job_title", "city")  # what a text may ask of whom it is to

_OURS = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]{0,60})(?:\|([^{}]*))?\}")
_FOREIGN = re.compile(
    r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\[\[.{0,200}?\]\]|<%.{0,200}?%>|\$\{.{0,200}?\}|\*\|.{0,200}?\|\*"
    r"|%%[A-Za-z_. ]{2,60}%%|%[A-Z][A-Z_]{2,60}%|%recipient\.[A-Za-z_.]{1,60}%|<<[A-Za-z_ ]{2,60}>>"
    r"|\[(?:first|last|full|given|family|company|user|customer)[ _-]?name\]|\[(?:name|vorname|nachname|imię|имя)\]",
    re.IGNORECASE | re.DOTALL,
)
_CASED = re.compile(r"%[A-Z][A-Z_]{2,60}%")  # %-marks are upper case; "100%of a%" is none


def filled(text: str, values: Mapping[str, Any], *, as_html: bool = False) -> str:
    """``text`` with its placeholders filled; raises `Unfilled` naming what stayed open.

    A value that itself looks like a placeholder (a bad import) counts as unknown.
    """
    if found := leftover(_OURS.sub("", text)):
        raise Unfilled(found)

    def value(match: re.Match[str]) -> str:
        known = values.get(match.group(1))
        told = "" if known is None else str(known).strip()
        if not told or leftover(told):
            if match.group(2) is None:
                raise Unfilled(match.group(0))
            told = match.group(2).strip()
        return html.escape(told) if as_html else told

    done = _OURS.sub(value, text)
    if found := leftover(done):
        raise Unfilled(found)
    return done


def forgotten(text: str) -> str:
    """A placeholder for a name or the like that a person left in what they typed, misspelled or not; or nothing.

    Other braces are the writer's own (code, say) and stay.
    """
    for match in _OURS.finditer(text):
        if process.extractOne(match.group(1).lower(), PERSONAL, scorer=fuzz.ratio, score_cutoff=80):
            return match.group(0)[:80]
    return ""


def leftover(text: str) -> str:
    """The first thing in ``text`` that looks like an unfilled placeholder of any system, or nothing."""
    if ours := _OURS.search(text):
        return ours.group(0)[:80]
    for match in _FOREIGN.finditer(text):
        told = match.group(0)
        if told[0] != "%" or told.startswith(("%%", "%recipient")) or _CASED.fullmatch(told):
            return told[:80]
    return ""
