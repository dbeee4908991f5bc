"""E-mail addresses that nobody can be reached by, and what was meant. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from babel import Locale
from rapidfuzz.distance import OSA


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


Repair = tuple[str, str, float]  # the address that was meant (empty: unknown), code of the reason, confidence

# Mailboxes for everybody. An address there says nothing about a company, and their names are spelt well on purpose.
PUBLIC = frozenset(
    _words(
        "gmail.com googlemail.com outlook.com outlook.de hotmail.com hotmail.co.uk hotmail.de hotmail.fr "
        "live.com live.de live.co.uk msn.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr ymail.com rocketmail.com "
        "aol.com aol.de icloud.com me.com mac.com mail.com email.com gmx.de gmx.net gmx.at gmx.ch gmx.com "
        "gmx.eu web.de t-online.de freenet.de arcor.de posteo.de mailbox.org proton.me protonmail.com pm.me "
        "tutanota.com tuta.com fastmail.com zoho.com hey.com wp.pl o2.pl onet.pl onet.eu op.pl interia.pl "
        "interia.eu gazeta.pl tlen.pl poczta.onet.pl vp.pl poczta.fm autograf.pl mail.ru bk.ru list.ru "
        "inbox.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru lenta.ru autorambler.ru myrambler.ru "
        "ukr.net i.ua meta.ua abv.bg seznam.cz centrum.cz email.cz orange.fr free.fr wanadoo.fr laposte.net "
        "sfr.fr libero.it virgilio.it tin.it btinternet.com sky.com ntlworld.com virginmedia.com talktalk.net "
        "comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net bigpond.com "
        "optusnet.com.au qq.com 163.com 126.com naver.com"
    )
)
# Those that misspelt names are taken for; the short ones are too near to each other.
_MEANT = _words(
    "gmail.com googlemail.com outlook.com hotmail.com yahoo.com icloud.com t-online.de freenet.de "
    "protonmail.com interia.pl gazeta.pl onet.pl yandex.ru rambler.ru mail.ru hotmail.de yahoo.de "
    "googlemail.de outlook.de live.com hotmail.co.uk yahoo.co.uk btinternet.com comcast.net web.de gmx.de "
    "gmx.net"
)
_ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com", "cim": "com", "copm": "com",
    "coom": "com", "con.": "com", "dee": "de", "plm": "pl", "ppl": "pl", "ruu": "ru", "nte": "net", "ner": "net",
    "ogr": "org", "orgg": "org", "cpm": "com", "kom": "com", "ком": "com", "ру": "ru",
}  # fmt: skip
_LOOK_ALIKE = str.maketrans("аеорсухкмтвнАЕОРСУХКМТВН", "aeopcyxkmtbhAEOPCYXKMTBH")
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_WELL = re.compile(
    rf"^{_ATOM}(?:\.{_ATOM})*@(?:[^\W_](?:[^\W_]|-(?=[^\W_]|-))*\.)+(?:[^\W\d_]{{2,24}}|xn--[a-z0-9\-]+)$", re.I
)
_AT = re.compile(
    r"\s*(?:\(at\)|\[at\]|\{at\}|<at>|\(a\)|\[a\]|\(собака\)|\(malpa\)|\(małpa\)|\bat\b(?=[\w-]+\.))\s*", re.I
)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(punkt\)|\[punkt\]|\(kropka\)|\(точка\))\s*", re.I)
_WORDED = re.compile(r"^(\S+) (?:at|собака|małpa|malpa) (\S+) (?:dot|punkt|kropka|точка) (\w{2,})$", re.I)
_INSTEAD_OF_AT = '."2#§&%-_ ?'  # what stands where @ should, in front of a domain that is known
_WRAPPING = " \t\r\n\u00a0\u200b\ufeff<>()[]{}\"'`“”„«»;:,|\\"
_LENGTH, _LOCAL = 254, 64


@dataclass(slots=True)
class Domains:
    """Which domains exist in this base. ``counts``: domain → people; ``firms``: domains that a company gives."""

    counts: dict[str, int] = field(default_factory=dict)
    firms: frozenset[str] = frozenset()

    def known(self, domain: str) -> bool:
        return domain in PUBLIC or domain in self.firms or self.counts.get(domain, 0) >= 3


def well_formed(text: str) -> bool:
    """Whether mail could be addressed so."""
    local = text.rpartition("@")[0]
    return len(text) <= _LENGTH and 0 < len(local) <= _LOCAL and bool(_WELL.match(text))


def repair(text: str, domains: Domains, own: Iterable[str] = ()) -> Repair | None:
    """What is wrong with an address, None when nothing is. ``own``: domains of the person's company."""
    own = [each for each in own if each]
    domain = domain_of(text)
    if (domain in own or domains.known(domain)) and well_formed(text.strip()):
        return None
    cleaned, code = _cleaned(text)
    if "@" not in cleaned:
        found = _without_at(cleaned, domains, own)
        return found or ("", "email_no_at", 0.9)
    if cleaned.endswith("@") and own and cleaned.count("@") == 1 and well_formed(cleaned + own[0]):
        return cleaned + own[0], "email_no_domain", 0.92
    local, _, domain = cleaned.rpartition("@")
    local = local.replace("@", "")
    meant, why, sure = _domain(domain, domains, own)
    whole = f"{local}@{meant}"
    if not well_formed(whole):
        return "", "email_unreadable", 0.95
    if why:
        return whole, why, sure
    return None if whole == text.strip().lower() else (whole, code or "email_signs", 0.97)


def domain_of(email: str) -> str:
    """What stands behind the @, lower case."""
    return email.rpartition("@")[2].lower() if "@" in email else ""


def _cleaned(text: str) -> tuple[str, str]:
    """The address without what surely does not belong, and what that was."""
    bare = text.strip(_WRAPPING)
    shown = re.search(r"<\s*([^<>\s]+@[^<>\s]+)\s*>", text)
    if shown:
        bare = shown[1]
    worded = _WORDED.match(bare)
    if worded:
        bare = f"{worded[1]}@{worded[2]}.{worded[3]}"
    bare = re.sub(r"(?i)^\s*(?:mailto|e-?mail|mail|почта)\s*:\s*", "", bare)
    spelled = _DOT.sub(".", _AT.sub("@", bare))
    code = "email_spelled" if spelled != bare or worded else ""
    latin = spelled.translate(_LOOK_ALIKE) if _mixed(spelled) else spelled
    code = code or ("email_letters" if latin != spelled else "")
    tight = re.sub(r"\s+", "", latin)
    code = code or ("email_spaces" if tight != latin else "")
    signs = re.sub(r"@{2,}", "@", tight)
    signs = re.sub(r"\.{2,}", ".", signs).replace(".@", "@").replace("@.", "@").strip(_WRAPPING + ".-/")
    local, at, domain = signs.rpartition("@")
    signs = local + at + re.sub(r"[,;:/]+", ".", domain).strip(".-")
    return signs.lower(), code or ("email_signs" if signs != tight or tight != text.strip() else "")


def _mixed(text: str) -> bool:
    """Latin with a few Cyrillic letters that look the same."""
    latin = len(re.findall("[a-zA-Z]", text))
    return 0 < len(re.findall("[а-яёА-ЯЁ]", text)) < latin and all(
        ord(letter.translate(_LOOK_ALIKE)) < 128 for letter in re.findall("[а-яёА-ЯЁ]", text)
    )


def _without_at(text: str, domains: Domains, own: list[str]) -> Repair | None:
    """``anna.kowalska.firma.pl``: the end is a domain that is known here, the rest stands before the @."""
    for domain in (*own, *_endings_of(text, domains)):
        if text.endswith(domain) and len(text) > len(domain) + 2:
            head = text[: -len(domain)]
            local = head.rstrip(_INSTEAD_OF_AT) if head[-1] in _INSTEAD_OF_AT else head
            if local and well_formed(f"{local}@{domain}"):
                return f"{local}@{domain}", "email_no_at", 0.93 if head != local else 0.9
    return None


def _endings_of(text: str, domains: Domains) -> list[str]:
    """Known domains that a text ends with, the longest first."""
    starts = [at for at in range(1, len(text)) if not text[at - 1].isalnum() or text[at - 1] in "2q"]
    starts += [len(text) - len(domain) for domain in _MEANT if text.endswith(domain)]
    return [text[at:] for at in sorted(set(starts)) if "." in text[at:] and domains.known(text[at:])]


def _domain(domain: str, domains: Domains, own: list[str]) -> tuple[str, str, float]:
    """The domain that was meant, why, and how sure that is; as it is where it may be right."""
    if domain in own or domains.known(domain):
        return domain, "", 1.0
    for each in own:
        if _near(domain, each):
            return each, "email_domain_firm", 0.96
    for each in _MEANT:
        if _near(domain, each) and _is_slip(domain, each, domains):
            return each, "email_domain", 0.95
    head, _, ending = domain.rpartition(".")
    if ending in _ENDINGS:
        return f"{head}.{_ENDINGS[ending]}", "email_ending", 0.93
    glued = next((each for each in _MEANT if "." not in domain and domain == each.replace(".", "")), "")
    if glued:
        return glued, "email_domain", 0.95
    common = _common(domain, domains)
    return (common, "email_domain_firm", 0.9) if common else (domain, "", 1.0)


def _is_slip(domain: str, meant: str, domains: Domains) -> bool:
    """Not a firm's own name that happens to be near a mailbox for everybody."""
    if domains.counts.get(domain, 0) > max(2, domains.counts.get(meant, 0) // 20):
        return False
    name, ending = meant.rpartition(".")[::2]
    typed, typed_ending = domain.rpartition(".")[::2]
    if typed == name:  # another country's ending may well exist; one that nobody has does not
        return not _exists(typed_ending)
    return len(name) >= 5 or (len(name) == 4 and typed_ending == ending and sorted(typed) == sorted(name))


def _exists(ending: str) -> bool:
    return (len(ending) == 2 and ending.upper() in Locale.parse("en").territories) or ending in (
        "com",
        "net",
        "org",
        "eu",
    )


def _near(typed: str, meant: str) -> bool:
    """One slip of the finger apart (two in a long name)."""
    if typed == meant or not typed or (typed[0] != meant[0] and len(meant) < 9):
        return False
    return bool(OSA.distance(typed, meant, score_cutoff=2) <= (2 if len(meant) >= 14 else 1))


def _common(domain: str, domains: Domains) -> str:
    """A domain that many people here have, where this one stands alone and one slip away."""
    if domains.counts.get(domain, 0) > 1 or len(domain) < 8:
        return ""
    for spelt in _slips(domain):
        if domains.counts.get(spelt, 0) >= 5 and spelt not in PUBLIC:
            return spelt
    return ""


def _slips(domain: str) -> Iterable[str]:
    """Every text one slip away: letters exchanged, left out, doubled or added by mistake, one wrong."""
    letters = "abcdefghijklmnopqrstuvwxyz-."
    for at in range(len(domain)):
        head, tail = domain[:at], domain[at + 1 :]
        yield head + tail
        if tail:
            yield head + tail[0] + domain[at] + tail[1:]
        for letter in letters:
            yield head + letter + tail
            yield head + letter + domain[at:]
