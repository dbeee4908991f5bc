"""Words by which text messages are stopped and allowed again, in four languages. Pure."""

from __future__ import annotations

import re
from typing import Literal

_STOP = """
 stop stopall unsubscribe cancel end quit revoke optout
 стоп отписаться отписка отмена
 rezygnuję rezygnuje wypisz koniec
 stopp abmelden beenden abbestellen
"""
_START = """
 start unstop yes subscribe
 старт подписаться
 wznów wznow zapisz
 anmelden starten
"""
_STOPS, _STARTS = frozenset(_STOP.split()), frozenset(_START.split())
_SIGNS = re.compile(r"[\s.!?,;:\"'„”“«»()-]+")


def word_of(text: str) -> Literal["", "stop", "start"]:
    """Whether a whole message is such a word; a sentence with one in it is a sentence. Pure."""
    said = _SIGNS.sub("", text[:60]).lower()
    if said in _STOPS:
        return "stop"
    return "start" if said in _STARTS else ""
