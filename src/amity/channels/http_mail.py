"""Public API of mail: handing mails in, for who has a mail server of their own or none at all."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.base.errors import Refused
from amity.channels import mail_account, mail_arriving, mail_parse

router = Router(tags=["conversations"])


class MailIn(Schema, extra="forbid"):
    """A mail as it came over the wire (RFC 5322), in base64, and the mailbox that it is for."""

    account_id: UUID
    raw: str


class MailOut(Schema):
    """What became of it. ``new`` is false for one that was there already."""

    id: UUID
    new: bool
    conversation_id: UUID | None


@router.post("/mail", response=rest.document(MailOut), operation_id="takeMail")
def take_mail(request: access.StaffRequest, body: MailIn) -> Any:
    """Take a mail in; the same one again changes nothing. At most 40 MB."""
    mail_account.one(request.principal, body.account_id)
    try:
        raw = base64.b64decode(body.raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("bad_mail", _("“raw” is no base64.")) from error
    if not raw or len(raw) > mail_parse.MAX_BYTES:
        raise Refused("bad_mail", _("Choose files of mails (.eml), each at most 40 MB."))
    return mail_arriving.take(body.account_id, raw)
