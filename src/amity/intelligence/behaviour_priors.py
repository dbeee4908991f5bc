"""What is believed of an event before anything is learned: by its name, in four languages. Log-odds and half-lives."""

from __future__ import annotations

import re

# Published lead-scoring practice agrees on the order (a request for prices tells more than a page, a page more than an
# opened letter) and on nothing else: the numbers are first guesses, which the company's own conversions replace.
_BELIEFS: tuple[tuple[str, float, float], ...] = (
    (r"unsubscrib|complain|spam|refund|cancel|отпис|жалоб|возврат|wypis|skarg|zwrot|abgemeldet|beschwerde|storn",
     -1.0, 90),
    (r"demo|trial|pric|quot|offer|checkout|basket|cart|order|product added|цен|заказ|корзин|cen[ay]|ofert|koszyk|zamów"
     r"|preis|angebot|bestell|warenkorb", 1.2, 30),
    (r"webinar|workshop|meeting|visit(ed)? (us|stand|booth)|вебинар|встреч|spotkan|treffen|termin", 1.0, 30),
    (r"download|white ?paper|e-?book|скач|загруз|pobr|herunterg", 0.9, 30),
    (r"form|sign(ed)? ?up|regist|submit|заявк|форм|анкет|zgłosz|formular|anmeld", 1.0, 30),
    (r"repl|received|answer|chat|message|ответ|получен|сообщ|odpow|otrzym|wiadom|antwort|erhalten|nachricht", 0.9, 30),
    (r"\bcall|phone|звон|telefon|rozmow|anruf", 0.8, 30),
    (r"click|клик|переход|klik", 0.6, 30),
    (r"open|откры|otwar|geöffnet", 0.3, 7),
    (r"page|visit|view|screen|site|просмотр|визит|страниц|stron|wizyt|odwied|besuch|seite", 0.4, 7),
)  # fmt: skip
OTHER = (0.4, 30.0)
# What we do to people, and what is no behaviour at all.
_OURS = re.compile(
    r"\bsent\b|deliver|bounce|^segment\.|^score|^identify$|^group$|^alias$|merged|task|\bnote|stage|^kind:deal|отправл|доставл|wysłan"
    r"|dostarcz|gesendet|zugestellt",
    re.IGNORECASE,
)
_RULES = [(re.compile(pattern, re.IGNORECASE), weight, half) for pattern, weight, half in _BELIEFS]


def belief(event: str) -> tuple[float, float]:
    """The weight (log-odds) and half-life (days) that an event starts with."""
    return next(((weight, float(half)) for rule, weight, half in _RULES if rule.search(event)), OTHER)


def is_theirs(event: str) -> bool:
    """Whether the event is something that a person does, and not we."""
    return not _OURS.search(event)
