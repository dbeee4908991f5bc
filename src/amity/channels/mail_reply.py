"""What is new in a mail: apart from what it quotes and how it is signed. Pure; linear in the length of the text.

Lines are read from the bottom up, as GitHub's and Zapier's reply parsers do (MIT): what is quoted, a header of a quote
or a signature is hidden until the first line that is none of these; headers hide everything below them. Headers are
known in English, Russian, Polish and German, of Gmail, Outlook, Apple Mail, Thunderbird, Yandex, Mail.ru, Onet and GMX.
`html_clean.text_of` marks in the text where HTML says that a quote or signature begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FROM_HERE, SIGNED = "\ue000", "\ue001"  # private-use signs, alone on a line: quoted from here on; signature
MAX_LINES = 20_000
_QUOTED = re.compile(r"^\s?[>|]+")
_NAMES = (
    "From|Sent|To|Subject|Date|Cc|Reply-To|От|От кого|Отправлено|Кому|Тема|Дата|Копия|Од|Od|Wysłano|Wysłane|Do|Temat|"
    "Data|DW|Kopia|Nadawca|Adresat|Von|Gesendet|An|Betreff|Datum|Kopie"
)
_HEADER = re.compile(rf"^\s?[*_]?(?:{_NAMES})\s?:[*_]?\s+\S.*|^[*_](?:{_NAMES}):[*_].*", re.IGNORECASE)
_SENDER = re.compile(r"^\s?[*_]?(?:From|От|От кого|Od|Nadawca|Von)\s?:", re.IGNORECASE)
_RULE = re.compile(
    r"^\s?(?:[-_=*]{2,}\s*)(?:Original (?:Message|Appointment)|Forwarded message|Begin forwarded message|"
    r"Пересылаемое сообщение|Исходное сообщение|Пересланное сообщение|Конец пересылаемого сообщения|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Wiadomość przekazana|Treść przekazanej wiadomości|"
    r"Ursprüngliche Nachricht|Original-?Nachricht|Weitergeleitete Nachricht|Forwarded Message)\s*[-_=*]*\s*$"
    r"|^\s?(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Начало переадресованного сообщения|"
    r"Początek przekazywanej wiadomości)\s*:\s*$",
    re.IGNORECASE,
)
_LINE = re.compile(r"^\s?[_-]{7,}\s*$")
_VERB = r"(?:wrote|schrieb|написал(?:а|\(а\))?|пишет|писал(?:а)?|napisał(?:a|\(a\))?|pisze|nadesłał(?:a)?)"
_WROTE = re.compile(
    rf"^\s?(?:On\b.{{4,400}}?wrote\s?:|(?:Am|Den)\b.{{4,400}}\bschrieb\b.{{0,200}}:|.{{2,200}}\bschrieb am\b.{{4,200}}:"
    rf"|(?:W dniu|Dnia|Wiadomość napisana przez)\b.{{4,400}}:"
    rf"|(?=.{{0,200}}\d).{{4,400}}\b{_VERB}(?:\(a\)|\(а\))?\s?:"
    r"|(?=.{0,40}\d{1,2}[:.]\d{2}|.{0,60}\d{4}).{4,300}<[^<>\s]+@[^<>\s]+>\s?:)\s*$",
    re.IGNORECASE,
)
_WROTE_START = re.compile(
    r"^\s?(?:On\s|Am\s|W dniu\s|Dnia\s|Wiadomość napisana\s|\d{1,2}[.\s]|(?:пн|вт|ср|чт|пт|сб|вс|pon|wt|śr|czw|pt|sob|"
    r"niedz|Mo|Di|Mi|Do|Fr|Sa|So|Понедельник|Вторник|Среда|Четверг|Пятница|Суббота|Воскресенье)\b)",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"^\s?(?:Sent from (?:my\s)(?:\w+\W?\s*){1,4}|Get Outlook for \w+.{0,80}|"
    r"Sent (?:from|via|with) (?:Yahoo|Outlook|Mail|Gmail|Proton|Samsung|Spark|iPhone|the)\b.{0,60}|"
    r"Отправлено (?:с|из|через) .{2,60}|Отправлено из мобильной .{2,60}|"
    r"Wysłan[eo] (?:z|za pomocą|przy użyciu) .{2,60}|Pobierz (?:program |aplikację )?Outlook .{2,60}|"
    r"(?:Von meinem .{2,40} gesendet|Gesendet (?:von|mit|über|aus) .{2,60}|Diese Nachricht wurde von .{2,60} gesendet)|"
    r"Outlook für \w+ .{0,60}|Скачать Outlook .{0,60}|Yahoo Mail.{0,40})[.!]?\s*$",
    re.IGNORECASE,
)
_DESK = re.compile(r"^Sent from my \w+,|\b(?:is|are|was|и|jest|ist)\b", re.IGNORECASE)
_DASHES = re.compile(r"^(?:--|__|—\s*$|-\w)")
_CLOSING = re.compile(
    r"^(?:(?:best|kind|warm|many)?\s?(?:regards|wishes)|best|cheers|sincerely(?: yours)?|yours (?:sincerely|faithfully|"
    r"truly)|thanks(?: and regards| in advance)?|thank you|many thanks|"
    r"с (?:наилучшими пожеланиями|уважением)|с ув\.?|всего доброго|спасибо|заранее (?:спасибо|благодар\w+)|"
    r"pozdrawiam(?: serdecznie)?|z (?:poważaniem|pozdrowieniami|wyrazami szacunku)|(?:serdecznie |łączę )?pozdrowienia|"
    r"serdecznie pozdrawiam|z góry dziękuję|dziękuję|"
    r"(?:mit (?:freundlichen|besten|herzlichen|vielen) gr[uü](?:ß|ss)en?|(?:viele|beste|liebe|herzliche|freundliche) "
    r"gr[uü](?:ß|ss)e|mfg|vg|lg|gru(?:ß|ss)|hochachtungsvoll|vielen dank|danke)(?: im voraus)?)\s?[,.!]*$",
    re.IGNORECASE,
)
_MOST_SIGNED, _LONGEST_SIGNED = 9, 70
_NEAR = 3  # lines over which a client breaks the header of a quote


@dataclass(slots=True)
class Fragment:
    """Lines of one kind. ``hidden``: not part of what is new."""

    lines: list[str] = field(default_factory=list)
    quoted: bool = False
    header: bool = False
    signature: bool = False
    hidden: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail's text in three: what is new, what it quotes (with the headers), how it is signed."""

    new: str
    quoted: str = ""
    signature: str = ""


def parted(text: str) -> Parts:
    """What is new, quoted and signature. A mail that only passes something on has what it passes on as its quote."""
    found = fragments(text)
    shown = [each for each in found if not each.hidden]
    new, closing = _unsigned("\n".join(each.text for each in shown).strip())
    signed = [each.text.strip() for each in found if each.hidden and each.signature and not each.quoted]
    rest = [each for each in found if each.hidden and (each.quoted or each.header or not each.signature)]
    quoted = [each.text.strip("\n") for each in rest]
    signature = "\n".join(part for part in (closing, *signed) if part)
    return Parts(_plain(new), _plain("\n".join(part for part in quoted if part.strip())), _plain(signature))


def fragments(text: str) -> list[Fragment]:
    """The text in pieces of one kind, from the top; see the module. Pure."""
    lines = _joined(text.replace("\r\n", "\n").replace("\r", "\n"))
    below = _quoted_from(lines)
    found = _pieces(lines[:below] if below is not None else lines)
    if below is not None:
        found.append(Fragment(lines[below:], quoted=True, header=True, hidden=True))
    return found


def _joined(text: str) -> list[str]:
    """Lines, with headers of quotes that a client broke over several put together again."""
    lines = text.split("\n")[:MAX_LINES]
    out: list[str] = []
    at = 0
    while at < len(lines):
        taken = _broken_header(lines, at)
        if taken > 1:
            out.append(" ".join(part.strip() for part in lines[at : at + taken]))
        else:
            line = lines[at]
            if _LINE.match(line) and out and out[-1].strip():
                out.append("")  # a reply directly above the rule
            out.append(line)
        at += max(taken, 1)
    return out


def _broken_header(lines: list[str], at: int) -> int:
    """How many lines from ``at`` are one header of a quote; 0 when they are none."""
    mark = _QUOTED.match(lines[at])
    if mark or not _WROTE_START.match(lines[at]) or _WROTE.match(lines[at]):
        return 0
    for more in range(1, _NEAR + 1):
        if at + more >= len(lines) or not lines[at + more].strip() or _WROTE_START.match(lines[at + more]):
            return 0
        if _WROTE.match(" ".join(part.strip() for part in lines[at : at + more + 1])):
            return more + 1
    return 0


def _quoted_from(lines: list[str]) -> int | None:
    """The line from which on everything is quoted: a mark of the HTML, a rule with words, a block of headers."""
    for at, line in enumerate(lines):
        if line.strip() == FROM_HERE or _RULE.match(line):
            return at
        if _SENDER.match(line) and _is_block(lines, at):
            return at - 1 if at and _LINE.match(lines[at - 1]) else _above(lines, at)
    return None


def _above(lines: list[str], at: int) -> int:
    """The rule above a block of headers belongs to it, with a blank line between."""
    back = at - 1
    while back >= 0 and not lines[back].strip():
        back -= 1
    return back if back >= 0 and _LINE.match(lines[back]) else at


def _is_block(lines: list[str], at: int) -> bool:
    """At least three headers within six lines: nobody writes that by hand."""
    near = [line for line in lines[at : at + 6] if line.strip()]
    return sum(bool(_HEADER.match(line)) for line in near) >= 3


def _pieces(lines: list[str]) -> list[Fragment]:
    """Bottom up; see the module."""
    found: list[Fragment] = []
    current: Fragment | None = None
    for line in reversed(lines):
        wrote, quoted, blank = bool(_WROTE.match(line)), bool(_QUOTED.match(line)), not line.strip()
        if current is not None and blank and _signs(current):
            current.signature = True
            found.append(current)
            current = None
        if current is not None and (
            (current.header == wrote and current.quoted == quoted) or (current.quoted and (wrote or blank))
        ):
            current.lines.append(line)
        else:
            found += [current] if current is not None else []
            current = Fragment([line], quoted=quoted, header=wrote)
    found += [current] if current is not None else []
    _hide(found)
    return found[::-1]


def _hide(found: list[Fragment]) -> None:
    """From the bottom up: hidden until something is shown, and again below every header of a quote."""
    seen = False
    for at, piece in enumerate(found):
        piece.lines.reverse()
        if piece.header:
            seen = False
            for each in found[:at]:
                each.hidden = True
        if not seen and (piece.quoted or piece.header or piece.signature or not piece.text.strip()):
            piece.hidden = True
        elif not seen:
            seen = True


def _signs(piece: Fragment) -> bool:
    """Whether a paragraph, its lines from the bottom up, is a signature: by its first line."""
    first = piece.lines[-1].strip()
    if piece.quoted or piece.header:
        return False
    if first == SIGNED or first in ("--", "—"):
        return True
    if _DASHES.match(first):
        return first.startswith(("--", "__")) or (len(piece.text) < 40 and len(first.split()) <= 4)
    return bool(_DEVICE.match(first)) and not _DESK.search(first) and len(first.split()) <= 9


def _unsigned(text: str) -> tuple[str, str]:
    """Text and how it is closed: “Best regards” with a name below it, a phone's line, what stands under two dashes."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if at and (line.rstrip() == "--" or line == "-- " or line.strip() == SIGNED):
            return "\n".join(lines[:at]).strip(), "\n".join(lines[at:]).strip()
    last = len(lines)
    while last > 1 and (not lines[last - 1].strip() or _is_device(lines[last - 1])):
        last -= 1
    for at in range(max(1, last - _MOST_SIGNED), last):
        below = [line for line in lines[at + 1 : last] if line.strip()]
        if _CLOSING.match(lines[at].strip()) and all(
            len(line) <= _LONGEST_SIGNED and "?" not in line for line in below
        ):
            last = at
            break
    return "\n".join(lines[:last]).strip(), "\n".join(lines[last:]).strip()


def _is_device(line: str) -> bool:
    return bool(_DEVICE.match(line)) and not _DESK.search(line) and len(line.split()) <= 9


def _plain(text: str) -> str:
    return text.replace(FROM_HERE, "").replace(SIGNED, "").strip("\n ")
