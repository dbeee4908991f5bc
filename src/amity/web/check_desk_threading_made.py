"""Made-up customers who write mail as Outlook, Gmail, Apple Mail, Thunderbird and Outlook on the web do. Seeded.

They answer letters as these programs answer them: headers, subjects, quotes in four languages, character sets; and as
the world spoils them: references lost, subjects changed, mailing lists between, forwards to colleagues.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.policy import SMTP
from html import escape

CLIENTS = ("outlook", "owa", "gmail", "apple", "thunderbird")
LANGUAGES = ("en", "de", "pl", "ru")
_RE = {
    "outlook": {"en": "RE:", "de": "AW:", "pl": "ODP:", "ru": "HA:"},
    "owa": {"en": "Re:", "de": "AW:", "pl": "Odp:", "ru": "Отв.:"},
}
_HEADS = {
    "en": ("From", "Sent", "To", "Subject"), "de": ("Von", "Gesendet", "An", "Betreff"),
    "pl": ("Od", "Wysłano", "Do", "Temat"), "ru": ("От", "Отправлено", "Кому", "Тема"),
}  # fmt: skip
_WROTE = {
    "en": "On Mon, Nov 23, 2026 at 9:15 AM {who} wrote:", "de": "Am Mo., 23. Nov. 2026 um 09:15 Uhr schrieb {who}:",
    "pl": "pon., 23 lis 2026 o 09:15 {who} napisał(a):", "ru": "пн, 23 нояб. 2026 г. в 09:15, {who}:",
}  # fmt: skip
_PHONE = {
    "en": "Sent from my iPhone", "de": "Von meinem iPhone gesendet", "pl": "Wysłane z iPhone'a",
    "ru": "Отправлено с iPhone",
}  # fmt: skip
_CLOSING = {"en": "Best regards,", "de": "Mit freundlichen Grüßen", "pl": "Pozdrawiam", "ru": "С уважением,"}
_CHARSETS = {"en": ("utf-8", "iso-8859-1"), "de": ("utf-8", "iso-8859-15"), "pl": ("utf-8", "iso-8859-2"),
             "ru": ("utf-8", "koi8-r", "windows-1251")}  # fmt: skip
_SUBJECTS = {
    "en": ("Invoice", "Where is my order?", "Broken on arrival", "Change of address", "Question"),
    "de": ("Rechnung", "Wo bleibt meine Bestellung?", "Defekt geliefert", "Neue Anschrift", "Frage"),
    "pl": ("Faktura", "Gdzie jest moje zamówienie?", "Uszkodzona przesyłka", "Zmiana adresu", "Pytanie"),
    "ru": ("Счёт", "Где мой заказ?", "Пришло сломанным", "Новый адрес", "Вопрос"),
}  # fmt: skip
_WORDS = {
    "en": ("the parcel", "did not arrive", "please check", "we need it", "by Friday", "the blue one", "thank you"),
    "de": ("das Paket", "ist nicht da", "bitte prüfen Sie", "wir brauchen es", "bis Freitag", "das größere", "danke"),
    "pl": ("paczka", "nie dotarła", "proszę sprawdzić", "potrzebujemy jej", "do piątku", "ta żółta", "dziękuję"),
    "ru": ("посылка", "не пришла", "проверьте, пожалуйста", "она нужна нам", "до пятницы", "синяя", "спасибо"),
}  # fmt: skip


@dataclass(slots=True)
class Customer:
    """Somebody who writes, with one program and in one language."""

    name: str
    address: str
    client: str
    language: str


@dataclass(slots=True)
class Draft:
    """What a customer writes and how it leaves: ``keep`` says which evidence survives."""

    text: str
    subject: str
    sender: Customer
    to: str
    letter: Message | None = None  # what is answered
    references: list[str] = field(default_factory=list)
    in_reply_to: str = ""
    quote: bool = True
    headers: dict[str, str] = field(default_factory=dict)


class Maker:
    """Everything random comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 (nothing secret)
        self.count = 0

    def customer(self, number: int) -> Customer:
        """One of the customers, always with the same program."""
        client, language = CLIENTS[number % len(CLIENTS)], LANGUAGES[(number // 5) % len(LANGUAGES)]
        return Customer(f"Customer {number}", f"customer{number}@mail{number % 7}.example", client, language)

    def words(self, customer: Customer) -> str:
        """Something to say, never the same twice."""
        self.count += 1
        said = self.random.sample(_WORDS[customer.language], 5)
        return f"{said[0].capitalize()} {said[1]}, {said[2]} ({self.count}).\n\n{said[3].capitalize()} {said[4]}."

    def subject(self, customer: Customer) -> str:
        """One of a few subjects, so that many threads have the same one."""
        return self.random.choice(_SUBJECTS[customer.language])

    def mail(self, draft: Draft) -> tuple[str, bytes]:
        """(Message-ID without brackets, the mail)."""
        self.count += 1
        who = draft.sender
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{who.name} <{who.address}>"
        message["To"] = draft.to
        message["Subject"] = draft.subject
        message["Message-ID"] = f"<{self.count}.{self.random.getrandbits(60):x}@{who.address.partition('@')[2]}>"
        message["Date"] = "Mon, 23 Nov 2026 09:15:00 +0000"
        if draft.in_reply_to:
            message["In-Reply-To"] = f"<{draft.in_reply_to}>"
        if draft.references:
            message["References"] = " ".join(f"<{each}>" for each in draft.references)
        for name, value in draft.headers.items():
            message[name] = value
        self._body(message, draft)
        return str(message["Message-ID"]).strip("<> "), message.as_bytes()

    def _body(self, message: EmailMessage, draft: Draft) -> None:
        who = draft.sender
        charset = self.random.choice(_CHARSETS[who.language])
        old = text_of(draft.letter) if draft.letter is not None and draft.quote else ""
        text, html = bodies(who, draft.text, old, draft.letter)
        try:
            text.encode(charset)
            html.encode(charset)
        except UnicodeEncodeError:
            charset = "utf-8"
        message.set_content(text, charset=charset)
        if who.client != "thunderbird":
            message.add_alternative(html, subtype="html", charset=charset)


def answer_subject(customer: Customer, subject: str) -> str:
    """“Re: …” as the customer's program says it."""
    mark = _RE.get(customer.client, {}).get(customer.language, "Re:")
    return subject if subject.lower().startswith(mark.lower()) else f"{mark} {subject}"


def text_of(letter: Message) -> str:
    """The text of a letter of ours."""
    for part in letter.walk():
        if part.get_content_type() == "text/plain":
            data = part.get_payload(decode=True)
            return data.decode() if isinstance(data, bytes) else ""
    return ""


def bodies(who: Customer, text: str, old: str, letter: Message | None) -> tuple[str, str]:
    """(text, HTML) as a program lays them out. Pure."""
    own = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
    closing = f"{_CLOSING[who.language]}\n{who.name}"
    signed = "".join(f"<div>{line}</div>" for line in closing.split("\n"))
    if not old or letter is None:
        return f"{text}\n\n{closing}\n", f"<html><body>{own}<br>{signed}</body></html>"
    sender, subject = str(letter["From"]), str(letter["Subject"])
    inner = "<br>".join(escape(line) for line in old.split("\n"))
    quoted = "\n".join(f"> {line}" for line in old.split("\n"))
    wrote = _WROTE[who.language].format(who=sender)
    if who.client in ("outlook", "owa"):
        heads = list(zip(_HEADS[who.language], (sender, "23.11.2026 09:15", who.address, subject), strict=True))
        block = "\n".join(f"{name}: {value}" for name, value in heads)
        lines = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in heads)
        divided = f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{lines}</div>{inner}'
        if who.client == "outlook":
            divided = f'<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>{lines}</p></div>{inner}'
        rule = "" if who.client == "outlook" else "________________________________\n"
        return f"{text}\n\n{closing}\n\n{rule}{block}\n\n{old}\n", f"<html><body>{own}{signed}{divided}</body></html>"
    if who.client == "apple":
        phone = _PHONE[who.language]
        html = f'{own}<br><div>{phone}</div><br><blockquote type="cite">{escape(wrote)}<br><br>{inner}</blockquote>'
        return f"{text}\n\n{phone}\n\n> {wrote}\n> \n{quoted}\n", f"<html><body>{html}</body></html>"
    quote = (
        f'<div class="gmail_quote"><div class="gmail_attr">{escape(wrote)}<br></div>'
        f'<blockquote class="gmail_quote">{inner}</blockquote></div>'
    )
    dashes = f"{text}\n\n-- \n{who.name}\n\n{wrote}\n\n{quoted}\n"
    return dashes if who.client == "thunderbird" else f"{text}\n\n{wrote}\n\n{quoted}\n", f"<div>{own}</div><br>{quote}"
