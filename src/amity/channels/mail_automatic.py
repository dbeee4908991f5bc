"""Which mail no person wrote, what a report of non-delivery says, and what our own server found about a sender. Pure.

Automatic: RFC 3834 (Auto-Submitted), RFC 3464 (reports), RFC 2919 and 2369 (lists), Microsoft's
X-Auto-Response-Suppress, and what programs did before these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email import message_from_bytes

from amity.channels.mail_parse import Mail, addresses, ids

METHODS = ("dkim", "spf", "dmarc")
_RESULTS = frozenset(("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"))
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^\s*(dkim|spf|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_DAEMONS = frozenset(("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"))
_NO_REPLY = re.compile(r"^(?:no-?_?\.?reply|do-?_?not-?_?reply|nie-?odpowiadaj|nicht-?antworten|noresponse)\b")
_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-owner", "list-archive")
_MACHINES = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_DEAD = re.compile(r"^5\.(?:1\.\d+|2\.1|4\.4)$")  # no such mailbox, domain or user; the mailbox was closed


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of one receiver. ``action``: failed, delayed, delivered …; ``dead``: never again there."""

    address: str
    action: str
    status: str
    text: str
    about: tuple[str, ...]  # Message-IDs that the report is about

    @property
    def dead(self) -> bool:
        return self.action == "failed" and bool(_DEAD.match(self.status))


def automatic(mail: Mail, own_lists: Collection[str] = (), forms: Collection[str] = ()) -> str:
    """Why no person wrote it, a key of `receiving.AUTOMATIC`, or nothing.

    ``own_lists``: ids of lists that only pass our customers' mail on to us; ``forms``: senders that are our own web
    forms, whose mails say what a person typed.
    """
    if mail.sender in forms:
        return ""
    if is_bounce(mail):
        return "bounce"
    if _submitted(mail) or any(name in mail.headers for name in _MACHINES):
        return "auto_submitted"
    if _listed(mail, own_lists):
        return "list"
    if mail.first("return-path").strip() == "<>":
        return "auto_submitted"
    return "no_reply" if _NO_REPLY.match(mail.sender) else ""


def is_bounce(mail: Mail) -> bool:
    """Whether it reports that something could not be delivered, or comes from a mail server itself."""
    kind = mail.first("content-type").lower()
    report = "report" in kind and "delivery-status" in kind
    daemon = mail.sender.partition("@")[0] in _DAEMONS and mail.first("return-path").strip() in ("", "<>")
    return bool(mail.reports) or report or daemon or "x-failed-recipients" in mail.headers


def reports(mail: Mail) -> list[Report]:
    """What a report of non-delivery says, receiver by receiver."""
    returned = message_from_bytes(mail.returned.encode("latin-1", "replace"))
    about = tuple(ids(str(returned.get("message-id", "")))) + tuple(mail.answers)
    found = []
    for raw in mail.reports[:20]:
        for block in raw.replace(b"\r\n", b"\n").split(b"\n\n")[:200]:
            told = message_from_bytes(block.strip() + b"\n\n")
            whom = str(told.get("final-recipient") or told.get("original-recipient") or "").partition(";")[2]
            hit = addresses([whom.strip()]) if whom else []
            if hit:
                action = str(told.get("action", "")).strip().lower().partition(" ")[0]
                status = _STATUS.search(str(told.get("status", "")))
                text = " ".join(str(told.get("diagnostic-code", "")).split())[:300]
                found.append(Report(hit[0][1], action, status[0] if status else "", text, about))
    return found


def authentic(mail: Mail, servers: Collection[str]) -> Mapping[str, str]:
    """``{"dkim": "pass", …}`` as one of our own ``servers`` found (RFC 8601); what others claim is worth nothing.

    The topmost header counts: ours removes those that came with the mail and claim to be its own.
    """
    wanted = {server.lower() for server in servers}
    found: dict[str, str] = {}
    for value in mail.headers.get("authentication-results", []):
        head, *parts = _COMMENT.sub("", " ".join(value.split())).split(";")
        if head.strip().partition(" ")[0].lower() not in wanted:
            continue
        for part in parts:
            hit = _RESULT.match(part)
            if hit and hit[2].lower() in _RESULTS:
                name, result = hit[1].lower(), hit[2].lower()
                if name not in found or (name == "dkim" and result == "pass"):
                    found[name] = result
        break
    return found


def _submitted(mail: Mail) -> bool:
    told = mail.first("auto-submitted").strip().lower()
    suppress = {each.strip().lower() for each in mail.first("x-auto-response-suppress").split(",")}
    precedence = mail.first("precedence").strip().lower()
    return (bool(told) and told.partition(";")[0].strip() != "no") or bool(suppress & {"all", "autoreply"}) or (
        precedence in ("auto_reply", "auto-reply")
    )  # fmt: skip


def _listed(mail: Mail, own_lists: Collection[str]) -> bool:
    known = mail.first("list-id").lower()
    if known and any(each.lower() in known for each in own_lists if each):
        return False
    return any(name in mail.headers for name in _LISTS) or (
        mail.first("precedence").strip().lower() in ("bulk", "list", "junk")
    )  # fmt: skip
