"""Letters of conversations: what they answer, from which mailbox they come, and where answers to them find home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from amity.base import clock
from amity.channels import mail_marks
from amity.channels.mail_models import MailRef
from amity.channels.models import Account, Attachment, Outgoing, Received

MACHINES_TALK, MACHINES_DAY = 3, 20  # letters that no person wrote, within a day: per conversation, per address
_DAY = timedelta(days=1)
_MAX_REFS, _MAX_LINE = 20, 900
_MAX_QUOTED = 20_000
_MARK_STYLE = "font-size:1px;line-height:1px;color:#ffffff"
_QUOTE_STYLE = "margin:0 0 0 .8ex;border-left:1px solid #cccccc;padding-left:1ex"


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation that a message belongs to. ``author``: staff, bot or system; who wrote it, a person or not."""

    conversation_id: UUID
    author: str
    account_id: UUID | None = None
    number: int = 0


def too_many(address: str, thread: Thread) -> bool:
    """Whether machines have written enough: two of them that answer each other must come to an end. 2 queries."""
    if thread.author == "staff":
        return False
    lately = MailRef.objects.filter(at__gt=clock.now() - _DAY).exclude(author="staff")
    most = MACHINES_TALK if thread.author == "system" else MACHINES_DAY
    talk = lately.filter(conversation_id=thread.conversation_id, author=thread.author)
    return talk.count() >= most or lately.filter(address=address).count() >= MACHINES_DAY


def keep(row: Outgoing, thread: Thread, domain: str) -> None:
    """Remember to which conversation a letter belongs, and under which Message-ID it will go. 4 queries."""
    theirs = _received(thread.conversation_id).filter(address=row.address, automatic="")  # of others nothing is told
    newest = theirs.order_by("-received_at").first()
    quoted = _quote(newest) if newest else {}
    MailRef.objects.create(
        outgoing_id=row.pk, person_id=row.person_id, conversation_id=thread.conversation_id, address=row.address,
        account_id=thread.account_id, message_ref=f"{row.pk}@{_domain_of(thread.account_id) or domain}",
        author=thread.author, number=thread.number, answers=_answers(thread.conversation_id), quoted=quoted,
    )  # fmt: skip


def of(row: Outgoing) -> MailRef | None:
    """The thread of a letter, None for one that stands alone. 1 query."""
    return MailRef.objects.filter(outgoing_id=row.pk).first()


def sent(row: Outgoing) -> None:
    """What was quoted needs not be kept twice. 1 query."""
    MailRef.objects.filter(outgoing_id=row.pk).update(quoted={})


def account_of(ref: MailRef) -> Account | None:
    """The mailbox that a letter comes from. 1 query."""
    return Account.objects.filter(pk=ref.account_id, kind="email").first() if ref.account_id else None


def headers(ref: MailRef, account: Account | None) -> dict[str, str]:
    """Headers that keep a thread together and say who wrote. A person's answer is not marked as a machine's."""
    told = {"X-Amity": mail_marks.header(ref.outgoing_id)}
    answers = [f"<{each}>" for each in ref.answers if each.isascii() and " " not in each and len(each) < 250]
    if answers:
        told["In-Reply-To"] = answers[0]
        told["References"] = _line(answers[::-1])
    if account is not None and has_inbox(account):
        told["Reply-To"] = mail_marks.address(account.address, ref.conversation_id)
    if ref.author != "staff":
        told |= {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    return told


def subject_of(row: Outgoing, ref: MailRef, account: Account | None) -> str:
    """“Re: …” where it answers; with the conversation's number where the mailbox is set so."""
    subject = row.subject
    if ref.answers and not subject.lower().startswith(("re:", "aw:", "odp:", "ответ:")):
        subject = f"Re: {subject}"
    if account is not None and account.settings.get("number_in_subject") and f"#{ref.number}" not in subject:
        subject = f"{subject} [#{ref.number}]"
    return subject


def bodies(row: Outgoing, ref: MailRef) -> tuple[str, str]:
    """(text, HTML) of a letter: what was written, the mark, what it answers below."""
    mark, html = mail_marks.line(ref.conversation_id), row.html or f"<p>{_as_html(row.body)}</p>"
    head = _head(row, ref.quoted)
    text = f"{row.body.rstrip()}\n\n{mark}\n"
    html = f'{html}<div style="{_MARK_STYLE}">{mark}</div>'
    if head:
        quote = str(ref.quoted["text"])
        text += f"\n{head}\n" + "".join(f"> {line}\n" for line in quote.split("\n"))
        html += (
            f'<div class="gmail_quote"><div class="gmail_attr">{escape(head)}</div>'
            f'<blockquote class="gmail_quote" type="cite" style="{_QUOTE_STYLE}">{_as_html(quote)}</blockquote></div>'
        )
    return text, html


def has_inbox(account: Account) -> bool:
    """Whether answers to its address come in here."""
    return bool(account.address and account.enabled and account.settings.get("inbound", bool(account.secret)))


def conversations(refs: Iterable[str]) -> dict[str, UUID]:
    """Message-ID → conversation, of letters that we wrote. 1 query."""
    rows = MailRef.objects.filter(message_ref__in=[ref for ref in refs if ref])
    return dict(rows.values_list("message_ref", "conversation_id"))


def participants(conversation_id: UUID) -> set[str]:
    """Addresses that wrote in a conversation or were written to, our own mailboxes left out. 3 queries."""
    found: set[str] = set()
    for address, to in _received(conversation_id).filter(automatic="").values_list("address", "to")[:1_000]:
        found |= {address, *to}
    found |= set(MailRef.objects.filter(conversation_id=conversation_id).values_list("address", flat=True)[:1_000])
    own = set(Account.objects.filter(kind="email").values_list("address", flat=True))
    return {plain for each in found if (plain := mail_marks.plain_mailbox(each.lower())) and plain not in own}


def move(from_id: UUID, to_id: UUID) -> None:
    """Letters of a conversation belong to another now. 1 query."""
    MailRef.objects.filter(conversation_id=from_id).update(conversation_id=to_id)


def letters_follow(
    conversation_id: UUID, said: Sequence[tuple[UUID, UUID | None]], before: UUID | None, now: UUID | None
) -> None:  # fmt: skip
    """What went out in a conversation to one person belongs to another; ``said``: (message, letter). 3 queries."""
    whose = Q(person_id=before) if before else Q(person=None)
    MailRef.objects.filter(whose, conversation_id=conversation_id).update(person_id=now)
    letters = [outgoing for _message, outgoing in said if outgoing]
    Outgoing.objects.filter(whose, pk__in=letters).update(person_id=now)
    files = Attachment.objects.filter(whose, message_id__in=[message for message, _letter in said])
    files.update(person_id=now)


def _received(conversation_id: UUID) -> Any:
    return Received.objects.filter(conversation_id=conversation_id, channel="email")


def _answers(conversation_id: UUID) -> list[str]:
    """Ids of the conversation's mails, the newest of the customer first."""
    came = _received(conversation_id).exclude(message_ref="").order_by("-received_at")
    went = MailRef.objects.filter(conversation_id=conversation_id).order_by("-at")
    rows = [(at, ref) for ref, at in came.values_list("message_ref", "received_at")[:_MAX_REFS]]
    first = [rows[0][1]] if rows else []
    rows += [(at, ref) for ref, at in went.values_list("message_ref", "at")[:_MAX_REFS]]
    return list(dict.fromkeys([*first, *(ref for _at, ref in sorted(rows, reverse=True))]))[:_MAX_REFS]


def _quote(row: Received) -> dict[str, str]:
    return {"by": row.name or row.address, "at": row.occurred_at.isoformat(), "text": row.text[:_MAX_QUOTED]}


def _line(refs: Sequence[str]) -> str:
    """References as one line: the oldest and as many of the newest as fit."""
    kept: list[str] = []
    for ref in reversed(refs[1:]):
        if len(refs[0]) + sum(len(each) + 1 for each in kept) + len(ref) + 1 > _MAX_LINE:
            break
        kept.insert(0, ref)
    return " ".join([refs[0], *kept])


def _head(row: Outgoing, quoted: Mapping[str, Any]) -> str:
    if not quoted.get("text"):
        return ""
    with translation.override(row.language or None):
        at = date_format(datetime.fromisoformat(quoted["at"]), "DATETIME_FORMAT")
        return _("On {time}, {name} wrote:").format(time=at, name=quoted["by"])


def _domain_of(account_id: UUID | None) -> str:
    address = Account.objects.filter(pk=account_id).values_list("address", flat=True).first() if account_id else ""
    return (address or "").rpartition("@")[2]


def _as_html(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")


def about(refs: Iterable[str], address: str) -> MailRef | None:
    """The letter to that address that one of these ids names. 1 query."""
    return MailRef.objects.filter(Q(message_ref__in=list(refs)), address=address).first()
