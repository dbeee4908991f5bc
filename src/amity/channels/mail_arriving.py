"""A mail that arrived at a mailbox: read, kept with its files, handed on, once; the same for every way it came.

Everything commits together, what is stored in `blobs` aside: what nothing refers to there is swept at night.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.channels import attaching, html_clean, mail_automatic, mail_marks, mail_masking, mail_parse, mail_threads
from amity.channels.mail_parse import File, Mail
from amity.channels.masking import masked
from amity.channels.models import Account, Outgoing
from amity.channels.receiving import Incoming, Taken, known, receive
from amity.channels.suppression import suppress
from amity.engines import api as engines
from amity.people import api as people

MAX_TEXT = 200_000  # characters that a message shows


def take(account_id: UUID, raw: bytes) -> Taken:
    """Take one mail in; the same one again changes nothing. Raises `NotFound` for what is no mailbox, `BlobsDown`."""
    account = Account.objects.filter(pk=account_id, kind="email").first()
    if account is None:
        raise NotFound("There is no such mailbox.")
    mail = mail_parse.read(raw)
    message = incoming(account, mail)
    found = known(message)
    if found is not None:
        return found
    kept = mail_masking.without_cards(raw, mail)  # seconds for a large one, in which nothing is to be locked
    with transaction.atomic():
        person_id = _person(mail, message)
        files = [_file(account.pk, each, person_id) for each in mail.files]
        key = engines.blobs().put(kept, attaching.AREA) if kept is not None else ""
        taken = receive(replace(message, person_id=person_id, files=files, raw=key))
        if message.automatic == "bounce":
            _returned(mail)
    return taken


def take_as_file(account_id: UUID, raw: bytes, why: str) -> Taken:
    """A mail that could not be kept as it is comes in as a file of a message without words. As `take`."""
    digest = hashlib.sha256(raw).hexdigest()
    message = Incoming(
        account_id=account_id, provider_id=f"file#{digest}", channel="email", address="", text="", subject=why,
        occurred_at=clock.now(), automatic="auto_submitted",
    )  # fmt: skip
    found = known(message)
    if found is not None:
        return found
    with transaction.atomic():
        file = _file(account_id, File("mail.eml", "message/rfc822", raw), None)
        return receive(replace(message, files=[file]))


def _file(account_id: UUID, file: File, person_id: UUID | None) -> UUID:
    """Keep a file of a mail. A mail that is one goes without card numbers, or is noted by its name alone."""
    content = mail_masking.without_cards(file.content) if file.type == "message/rfc822" else file.content
    if content is None:
        return attaching.missing(masked(file.name), person_id, file.type)
    return attaching.attach(account_id, masked(file.name), content, person_id, file.type, file.inline_id)


def incoming(account: Account, mail: Mail) -> Incoming:
    """A mail as `receive` takes it, files and person aside. No queries, nothing is written."""
    forms = _listed(account, "web_forms")
    sender = mail.reply_to if mail.sender in forms and mail.reply_to else mail.sender
    signed, lines = mail_marks.of_addresses(mail.to), mail_marks.of_text(mail.text, mail.html)
    headers = mail.kept_headers | {"marked": str(len(signed))}
    return Incoming(
        account_id=account.pk, provider_id=mail.fingerprint, channel="email", address=sender, name=mail.sender_name,
        to=[mail_marks.plain_mailbox(each) for each in mail.to], subject=mail.subject,
        text=mail_marks.without(mail.parts.new or mail.parts.quoted)[:MAX_TEXT].strip(),
        quoted=mail_marks.without(mail.parts.quoted if mail.parts.new else "")[:MAX_TEXT].strip(),
        signature=mail.parts.signature[:5_000], html=_html(mail), message_ref=mail.message_id, references=mail.answers,
        marks=[*signed, *(each for each in lines if each not in signed)], automatic=_automatic(account, mail, forms),
        authentic=mail_automatic.authentic(mail, _listed(account, "authserv_ids")), headers=headers,
        occurred_at=min(mail.sent_at or clock.now(), clock.now()),
    )  # fmt: skip


def _html(mail: Mail) -> str:
    return mail_marks.without(html_clean.clean(mail.html)) if mail.html else ""


def _automatic(account: Account, mail: Mail, forms: Collection[str]) -> str:
    """Our own letters that came back are told by their signed header, or by coming from the mailbox itself."""
    if mail_marks.ours(mail.first("x-amity")) or mail.sender == account.address.lower():
        return "ours"
    return mail_automatic.automatic(mail, _listed(account, "lists"), forms)


def _listed(account: Account, name: str) -> tuple[str, ...]:
    """A setting of the mailbox that is a list of words."""
    told: Any = account.settings.get(name) or ()
    return tuple(str(each).strip().lower() for each in told if str(each).strip())


def _person(mail: Mail, message: Incoming) -> UUID | None:
    """Who wrote; strangers become people only when a person wrote."""
    if not message.address:
        return None
    if message.automatic:
        return people.contact_known("email", message.address)
    try:
        return people.contact("email", message.address, message.name)
    except Refused:  # what servers let through may still be nobody's address
        return None


def _returned(mail: Mail) -> None:
    """A report of non-delivery marks the letter that it is about; a dead address gets nothing more.

    Only reports that name one of our letters to that very address count: nobody else knows its Message-ID.
    """
    for report in mail_automatic.reports(mail):
        outgoing = _letter(report.about, report.address) if report.action == "failed" else None
        if outgoing is None:
            continue
        reason = "bounce" if report.dead else "returned"
        Outgoing.objects.filter(pk=outgoing.pk).update(
            state=Outgoing.State.FAILED, reason=reason, detail=f"{report.status} {report.text}"[:1_000],
            decided_at=clock.now(),
        )  # fmt: skip
        access.record(access.SYSTEM, "failed", "outgoing", outgoing.pk, {"reason": reason, "status": report.status})
        if report.dead:
            suppress(access.SYSTEM, "email", report.address, "bounce", f"{report.status} {report.text}")


def _letter(refs: Collection[str], address: str) -> Outgoing | None:
    """The letter to this address that one of these ids names: of a conversation, or any other of ours."""
    ref = mail_threads.about(refs, address)
    wanted = [ref.outgoing_id] if ref else [each for name in refs if (each := _id_of(name))]
    return Outgoing.objects.filter(pk__in=wanted, address=address, channel="email").first()


def _id_of(ref: str) -> UUID | None:
    try:
        return UUID(ref.partition("@")[0])
    except ValueError:
        return None
