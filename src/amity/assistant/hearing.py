"""What a customer says beside answers to questions: yes, no, stop, a person please, the same one. Pure, four languages.

Each pattern is tried in every language: who writes German may still type "ok".
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts), re.I)


_PERSON = _any(
    r"\b(?:talk|speak|chat|connect me|put me through|transfer me|get me|want|need|give me|prefer)\b.{0,25}"
    r"\b(?:person|human|someone|somebody|agent|operator|representative|colleague|people)\b",
    r"^\W*(?:a |an )?(?:real |live )?(?:person|human|agent|operator|representative)(?: please)?\W*$",
    r"\b(?:оператор\w*|живо\w+ человек\w*|с человеком|сотрудник\w*|менеджер\w*|консультант\w*)\b",
    r"^\W*человек\w*\W*$",
    r"\b(?:z człowiekiem|konsultant\w*|pracownik\w*|z kimś|żywym człowiekiem|doradc\w+|operator\w*)\b",
    r"^\W*człowiek\w*\W*$",
    r"\b(?:mitarbeiter\w*|(?:mit )?(?:einem|einer|jemandem?) (?:echten? |richtigen? )?(?:menschen?|person)|"
    r"mit jemandem|berater\w*|kundenberater\w*|echten menschen)\b",
    r"^\W*mensch(?:en)?\W*$",
)
_ANGRY = _any(
    r"\b(?:outrageous|ridiculous|unacceptable|disgusting|scam(?:mers)?|furious|idiots?|useless|fuck\w*|bullshit|"
    r"sick of|fed up|lawyer|sue you)\b",
    r"\b(?:возмутительн\w*|безобрази\w*|неприемлем\w*|мошенник\w*|идиот\w*|надоел\w*|достал[иоа]?|кошмар|в суд)\b",
    r"\b(?:skandal\w*|oburzając\w*|niedopuszczaln\w*|oszu[sś][ct]\w*|idio[tc]\w*|mam dość|wściek\w*|do sądu)\b",
    r"\b(?:unverschämt\w*|frechheit|inakzeptabel|betrüger\w*|idiot\w*|stinksauer|es reicht|schnauze voll|anwalt)\b",
)
_CANCEL = _any(
    r"\b(?:cancel (?:that|this|it)|never ?mind|forget (?:it|about it)|stop(?: it| this)?$|leave it)\b",
    r"\b(?:отмена|не надо|забудьте|неважно|передумал\w*|не нужно)\b",
    r"\b(?:anuluj to|nieważne|rezygnuję|zapomnij|jednak nie|nie trzeba)\b",
    r"\b(?:abbrechen|vergiss es|vergessen sie|egal|lassen wir das|doch nicht|hat sich erledigt)\b",
)
_YES = _any(
    r"^\W*(?:yes|yep|yeah|sure|ok(?:ay)?|correct|right|exactly|please do|go ahead|that'?s right|sounds good)\b",
    r"^\W*(?:да|ага|верно|правильно|хорошо|конечно|подтверждаю|давайте|всё так)\b",
    r"^\W*(?:tak|zgadza się|dobrze|oczywiście|potwierdzam|pewnie|jasne|dokładnie)\b",
    r"^\W*(?:ja|jawohl|genau|richtig|stimmt|gerne|passt|in ordnung|klar|korrekt|bitte)\b",
)
_NO = _any(
    r"^\W*(?:no|nope|not|wrong|incorrect)\b", r"^\W*(?:нет|не|неверно|неправильно)\b",
    r"^\W*(?:nie|źle|błędnie)\b", r"^\W*(?:nein|nicht|falsch|nee)\b",
)  # fmt: skip
_HELLO = _any(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?\W*$",
    r"^\W*(?:здравствуйте|привет|добрый (?:день|вечер)|доброе утро)\W*$",
    r"^\W*(?:cześć|dzień dobry|witam|dobry wieczór|hej)\W*$",
    r"^\W*(?:hallo|guten (?:tag|morgen|abend)|moin|servus|grüß gott)\W*$",
)
_THANKS = _any(
    r"^\W*(?:(?:great|perfect|ok),? )?(?:thanks?|thank you|cheers|bye)\b", r"^\W*(?:спасибо|благодарю|до свидания)\b",
    r"^\W*(?:dzięk\w+|do widzenia)\b", r"^\W*(?:danke\w*|vielen dank|tschüss|auf wiedersehen)\b",
)  # fmt: skip
_ABLE = _any(
    r"\bwhat (?:can|do) you do\b|\bwhat are you able\b|\bwho are you\b|\bare you (?:a |an? ?)?(?:bot|robot|human)\b",
    r"\bчто (?:ты |вы )?(?:умее\w+|може\w+)\b|\bкто (?:ты|вы)\b|\b(?:ты|вы) (?:бот|робот)\b",
    r"\bco (?:potrafisz|umiesz|możesz)\b|\bkim jesteś\b|\b(?:jesteś|to) (?:bot\w*|robot\w*)\b",
    r"\bwas (?:kannst du|können sie)\b|\bwer (?:bist du|sind sie)\b|\b(?:bist du|sind sie) ein (?:bot|roboter)\b",
)
_SWITCH = _any(
    r"\b(?:actually|by the way|first|instead|before that|another question|something else)\b",
    r"\b(?:кстати|сначала|вообще-то|лучше|другой вопрос|ещё вопрос)\b",
    r"\b(?:właściwie|przy okazji|najpierw|zamiast tego|inne pytanie|a propos)\b",
    r"\b(?:übrigens|eigentlich|zuerst|stattdessen|andere frage|vorher)\b",
)
_SAME = _any(
    r"\b(?:same (?:order|one)|that (?:order|one)|for it|this order)\b",
    r"\b(?:тот же|того же|к нему|по нему|этот заказ|этого заказа|этому заказу)\b",
    r"\b(?:tego samego|to samo|tego zamówienia|do niego|ten sam)\b",
    r"\b(?:dieselbe|derselben|dazu|dafür|diese bestellung|dieser bestellung)\b",
)
_CORRECTS = _any(
    r"\b(?:i meant|i mean|sorry,? it'?s|rather|wrong number|my mistake|correction)\b",
    r"^\W*no,? ?(?:it'?s|it is|the)?\W*#?\w*\d",
    r"\b(?:я имел\w* в виду|точнее|вернее|ошиб\w+|не тот номер)\b|^\W*нет,?\W*№?\w*\d",
    r"\b(?:chodziło mi|miał[ae]m na myśli|a raczej|pomył\w+|nie ten numer)\b|^\W*nie,?\W*\w*\d",
    r"\b(?:ich meine?te?|ich meinte|vielmehr|verschrieben|vertippt|falsche nummer)\b|^\W*nein,?\W*\w*\d",
)
_DENIED = re.compile(
    r"\b(?:not|nicht|kein\w*|nie|не)\s+(?:(?:on|at|the|am|um|den|der|w|we|na|o|в|во|на)\s+)?([#№]?[\w./:-]+)", re.I
)


def words_of(text: str) -> list[str]:
    """Its words, in lower case."""
    return _WORD.findall(text.lower())


def wants_person(text: str) -> bool:
    return _PERSON.search(text) is not None


def is_angry(text: str) -> bool:
    """Words that nobody uses who is content; the desk's reading of tone counts beside them."""
    return _ANGRY.search(text) is not None


def cancels(text: str) -> bool:
    return _CANCEL.search(text) is not None and len(words_of(text)) <= 9


def agrees(text: str) -> bool:
    return _YES.search(text) is not None


def denies(text: str) -> bool:
    return _NO.search(text) is not None


def greets(text: str) -> bool:
    return _HELLO.search(text) is not None


def thanks(text: str) -> bool:
    return _THANKS.search(text) is not None and len(words_of(text)) <= 8


def asks_what_it_is(text: str) -> bool:
    return _ABLE.search(text) is not None


def turns_away(text: str) -> bool:
    """Words that begin something else."""
    return _SWITCH.search(text) is not None


def corrects(text: str) -> bool:
    """Words that take back what was said before."""
    return _CORRECTS.search(text) is not None


def means_the_same(text: str) -> bool:
    return _SAME.search(text) is not None


def without_denied(text: str) -> str:
    """The text without what it says no to: "not Monday, Tuesday" is Tuesday."""
    return _DENIED.sub(" ", text)
