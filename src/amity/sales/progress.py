"""How far along a sale a stage is, told from its name in English, Russian, Polish or German.

Exports of other systems name the stages but seldom say their order; boards and pages need one.
"""

from __future__ import annotations

import re

from anyascii import anyascii

MIDDLE = 4
# Stems of transliterated words, from the first contact to the signature. The first match from the left counts.
_STEPS: tuple[tuple[int, str], ...] = (
    (0, r"new|neu|nov|now[aeiy]|lead|incoming|eingang|vhod|prospect|unsorted|neraz|cold|suspect|pierwszy|erst|perv"),
    (1, r"contact|kontakt|engag|svyaz|discover|call|zvon|rozmow|gesprach|nawiaz|work|rabot|in progress|open"),
    (2, r"qualif|kvalif|kwalif|need|potrzeb|potrebn|bedarf|interest|zainteres|analys|analiz|vyyav"),
    (3, r"demo|meeting|vstrech|spotkan|termin|present|prezent|prasent|visit|vizit|trial|pilot|test"),
    (5, r"proposal|propoz|offer|ofert|angebot|predlozh|kp\b|quote|wycen|kalkul|value prop"),
    (6, r"negotiat|verhandl|peregovor|negocj|review|soglas|decision|decyz|entscheid|reshen"),
    (7, r"contract|vertrag|dogovor|umow|commit|verbal|sign|podpis|unterschr|invoice|rechnung|schet|faktur|pay|oplat"),
)


def step_of(stage: str) -> int:
    """0 (first contact) to 7 (signature); names that say nothing stand in the middle."""
    words = anyascii(stage).lower()
    for step, stems in _STEPS:
        if re.search(rf"\b(?:{stems})", words):
            return step
    return MIDDLE
