"""Headings that tell of columns kept or filled in after the outcome, in English, Russian, Polish and German.

Three groups. *Outcome* words name the decision or its paperwork. *State* words name a column that always shows the
latest state ("Last activity"), so after a decision it shows what happened after it. *Hint* words are common in honest
columns too and count only beside evidence in the content.
"""

from __future__ import annotations

import re

_OUTCOME = (
    r"\btags?\b|lead (quality|grade|stage|status|temperature)|\bclosed?\b|closing"
    r"|close (date|value|quarter|reason)|\bwon\b|\blost\b"
    r"|\bloss\b|lost reason|reason|\boutcome|\bresults?\b|\bresolution\b|disposition|\bchurn|\bexit (date|reason)"
    r"|cancel|terminat"
    r"|\bconverted\b|\bconversion|convert date|\bcontract (date|signed)|\bsigned\b(?! up)|\binvoice|\bend date\b"
    r"|\bended\b|refund"
    r"|win (rate|probability)|days to (close|convert)|lifecycle stage|became a"
    r"|теги?\b|метк[аи]|качество лид|закрыт|выигран|проигран|причин|результат|итог|отказ|\bисход\b|дата договор"
    r"|сконвертир|дата сделки|оплачен"
    r"|\btagi?\b|etykiet|jakość|zamkn|wygran|przegran|powód|powod|przyczyn|wynik|rezultat|odmow|data umowy"
    r"|skonwert|faktur|zakończ"
    r"|schlagw|leadqualität|abgeschlossen|abschluss|geschlossen|gewonnen|verloren"
    r"|\w*(absage|verlust|ablehnungs|kündigungs)grund|\bgrund\b|ergebnis|\bausgang\b|absage|vertragsdatum"
    r"|konvertiert"
)
_STATE = (
    r"\b(last|latest|recent|most recent) (notable )?(activity|action|contact|contacted|modified|update|updated"
    r"|change|changed|touch"
    r"|e ?mail|call|event|engagement|note|step|stage|seen|visit|login|interaction|response|reply)"
    r"|\b(modified|updated|changed) (at|on|date|time|by)\b|\b(date|time) (modified|updated)\b"
    r"|next (activity|step|action|task|call)"
    r"|последн\w+ (активн|действ|контакт|изменен|обновлен|звон|письм|касан|событ|визит|заметк|этап)"
    r"|дата (изменения|обновления)|кем изменен"
    r"|(следующ|ближайш)\w+ (шаг|задач|действ|звон|контакт)"
    r"|ostatni\w* (aktywno|działan|kontakt|zmian|modyfik|aktualiz|telefon|mail|zdarzen|wizyt|notatk|etap)"
    r"|(data|czas) (modyfikacji|aktualizacji)"
    r"|następn\w+ (krok|zadani|działan|kontakt)"
    r"|letzt\w* (aktivität|aktion|kontakt|änderung|aktualisierung|anruf|e ?mail|ereignis"
    r"|besuch|notiz|schritt|bearbeitung)"
    r"|(geändert|bearbeitet|aktualisiert) (am|von)|nächst\w* (schritt|aufgabe|aktion|aktivität)"
)
_HINT = (
    r"\bstatus\b|\bstage\b|\bphase\b|\bprofile\b|\bquality\b|\bscore\b|\bindex\b|\bgrade\b|\brating\b"
    r"|\bprobability\b|duration|\brevenue\b"
    r"|\bvalues?\b|\bamount\b|\bactivity\b|\blast\b|\blatest\b|\bdays\b|\bnotes?\b|comment|remark|\bfeedback\b"
    r"|\bdecision\b|\brenew"
    r"|статус|этап|стади|фаза|профиль|качество|балл|оценк|рейтинг|вероятност|длительност|продолжительност|выручк"
    r"|сумма|активност|последн|примечан|комментар"
    r"|etap|faza|profil\b|ocena|punkt|prawdopodob|czas trwania|długość|przychód|kwota|aktywność|ostatni|uwagi"
    r"|notatk|komentarz"
    r"|bewertung|punkte|wahrscheinlich|dauer|umsatz|betrag|aktivität|letzt|notiz|bemerkung|kommentar|qualität"
)
_SCORE = re.compile(
    r"\bscore\b|\bindex\b|\bgrade\b|\brating\b|\bprobability\b|балл|скоринг|оценк|рейтинг|вероятност"
    r"|ocena|punkt|scoring|prawdopodob|bewertung|punkte|wahrscheinlich"
)
_EARLIER = re.compile(
    r"\b(previous|prior|prev|first|initial|original)\b|предыдущ|прошл|перв|poprzedni|pierwsz|vorherig|früher|erste"
)
_PATTERNS = tuple(
    (kind, re.compile(text)) for kind, text in (("state", _STATE), ("outcome", _OUTCOME), ("hint", _HINT))
)


def name_evidence(heading: str) -> tuple[str, str]:
    """("outcome" | "state" | "hint" | "", the word found) for a heading as it stands in the file."""
    words = plain_heading(heading)
    if _EARLIER.search(words):
        return "", ""
    for kind, pattern in _PATTERNS:
        found = pattern.search(words)
        if found:
            return kind, found.group(0).strip()
    return "", ""


def names_score(heading: str) -> bool:
    """Whether the heading says that somebody or something rated the record."""
    return bool(_SCORE.search(plain_heading(heading)))


def plain_heading(heading: str) -> str:
    """``closeDate``, ``close_date`` and ``Close-Date`` all read ``close date``."""
    spaced = re.sub(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])", " ", heading)
    return re.sub(r"[\W_]+", " ", spaced).strip().lower()
