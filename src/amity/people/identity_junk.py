"""Identifiers as they are compared, and values that stand for nobody: they never link anything to anything. Pure."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import phonenumbers

MAX_VALUE = 254
# What programs send when they have nothing to send, in the words of four languages.
_NOBODY_WORDS = """
 null none nil nan undefined unknown anonymous anon guest nobody noname no-name n/a na not_set not-set notset (not set)
 (none) (null) default empty missing invalid test tester testuser test-user demo example sample user userid user_id id
 string false true void object [object object] {} [] . - -- --- ? 0 -1 admin root system bot
 неизвестно неизвестный аноним анонимно гость нет никто пусто тест тестовый отсутствует не_указано
 nieznany nieznana anonim anonimowy gość gosc brak nikt pusty puste testowy
 unbekannt anonym gast niemand keine keiner kein leer fehlt testbenutzer
"""
_NOBODY = frozenset(_NOBODY_WORDS.split()) | frozenset((
    "not set", "(not set)", "[object object]", "не указано", "нет данных", "nie podano", "brak danych",
    "nicht angegeben", "keine angabe", "no name", "test user",
))  # fmt: skip
_SAME_SIGN = re.compile(r"^(.)\1*$")
_ZEROS = re.compile(r"^[0\-_:.{}\s]+$")
_TEMPLATE = re.compile(r"\{\{|\}\}|<%|%>|\$\{|^%.*%$|^\{.*\}$")
_MAIL = re.compile(r"^[^@\s,;<>\"()]{1,64}@[^@\s,;<>\"()]+\.[^@\s,;<>\"().]{2,24}$")
# Mailboxes that many people read: proof of nobody in particular.
_ROLE_WORDS = """
 info contact contacts office mail email hello hi support help helpdesk service services sales shop store orders order
 billing invoice invoices accounting accounts finance payments admin administrator webmaster postmaster hostmaster root
 abuse security privacy gdpr legal press media pr marketing newsletter news team staff all everyone hr jobs career
 careers recruiting recruitment reception reservations booking bookings enquiries inquiries feedback noreply no-reply
 donotreply do-not-reply mailer-daemon notifications notification alerts unknown anonymous nobody none null undefined
 no-email noemail nomail customer customers client clients guest user test tests testing tester demo example
 sample qa dev
 инфо почта офис продажи заказ заказы поддержка бухгалтерия закупки zakaz zakupki prodazhi buh buhgalter priemnaya
 sekretar otdel sklad
 kontakt biuro sekretariat sprzedaz sklep zamowienia zamówienia obsluga obsługa pomoc ksiegowosc księgowość faktury
 rekrutacja kadry praca recepcja rezerwacje reklamacje zapytania
 kontakte buero büro verkauf vertrieb bestellung bestellungen kundenservice kundendienst hilfe buchhaltung rechnung
 rechnungen personal bewerbung empfang reservierung anfrage anfragen zentrale einkauf sekretariat presse
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_NO_TOP = frozenset(("invalid", "localhost", "local"))
_SEQUENCES = ("0123456789", "1234567890", "9876543210")


@lru_cache(maxsize=131_072)
def plain_id(text: str) -> str:
    """A user id or anonymous id as it is compared (trimmed; long ones end in a digest), "" where it means nobody."""
    value = text.strip()
    lower = value.lower()
    if not value or _means_nobody(lower) or ("@" in lower and _means_nobody(lower.partition("@")[0])):
        return ""
    return shortened(value)


def shortened(value: str) -> str:
    """``value`` in at most 254 characters, still unlike any other."""
    if len(value) <= MAX_VALUE:
        return value
    return value[: MAX_VALUE - 33] + "#" + hashlib.blake2b(value.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=65_536)
def plain_email(text: str) -> str:
    """An e-mail address as it is compared: trimmed, lower case; "" where it is none."""
    value = text.strip().lower()
    return value if len(value) <= MAX_VALUE and _MAIL.match(value) else ""


@lru_cache(maxsize=65_536)
def plain_phone(text: str, country: str = "") -> str:
    """A phone number in E.164, "" where it is no possible number. National numbers need their ``country``."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=65_536)
def links_email(email: str) -> bool:
    """Whether a plain address belongs to one person: neither made up nor a mailbox that many read."""
    local, _at, domain = email.partition("@")
    base = local.split("+", 1)[0]
    if not domain or base in _ROLES or _means_nobody(base):
        return False
    return domain.rpartition(".")[2] not in _NO_TOP and base.rstrip("0123456789") not in ("test", "noreply", "demo")


@lru_cache(maxsize=65_536)
def links_phone(phone: str) -> bool:
    """Whether an E.164 number may be somebody's: not all the same digit, not 1234567."""
    digits = phone.lstrip("+")
    tail = digits[-7:]
    return len(digits) >= 8 and len(set(tail)) > 2 and not any(tail in run for run in _SEQUENCES)


def links(kind: str, value: str) -> bool:
    """Whether a contact (``email`` or ``phone``, in plain form) may show that two profiles are one."""
    return links_email(value) if kind == "email" else links_phone(value)


def _means_nobody(value: str) -> bool:
    if value in _NOBODY or _ZEROS.match(value) or _TEMPLATE.search(value):
        return True
    if len(value) > 1 and _SAME_SIGN.match(value) and not value.isalnum():
        return True
    digits = value.replace("-", "")
    return len(digits) >= 8 and bool(_SAME_SIGN.match(digits))  # 99999999, ffffffff-ffff-…
