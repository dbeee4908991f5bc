"""Signed links for people without an account: to their preferences, and to confirm an address.

A link names a profile row and an address by their ids and hashes only, so nothing personal stands in it or in a log.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.people.consent_rules import address_key

CONFIRM_WITHIN = timedelta(days=7)
_PREFERENCES, _CONFIRM = "people.preferences", "people.consent.confirm"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a link to preferences: a profile row, and the hash of the address that the mail went to."""

    person_id: UUID
    address_key: str


def preferences_token(person_id: UUID, kind: str, address: str) -> str:
    """The token of somebody's preference page, good for ever: unsubscribing must always work."""
    told = person_id.bytes + bytes.fromhex(address_key(kind, address))
    return signing.Signer(salt=_PREFERENCES, sep=".").sign(base64.urlsafe_b64encode(told).decode().rstrip("="))


def read_preferences(token: str) -> Bearer:
    """Whose link this is; raises ``Refused("bad_link")``."""
    try:
        told = signing.Signer(salt=_PREFERENCES, sep=".").unsign(token)
        raw = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
        return Bearer(UUID(bytes=raw[:16]), raw[16:].hex())
    except (signing.BadSignature, binascii.Error, ValueError) as error:
        raise _bad_link() from error


def confirm_token(word_id: UUID) -> str:
    """The token that confirms a waiting word, good for seven days."""
    return signing.TimestampSigner(salt=_CONFIRM, sep=".").sign(word_id.hex)


def read_confirm(token: str) -> UUID:
    """The waiting word that this link confirms; raises ``Refused``: ``bad_link``, ``link_expired``."""
    try:
        return UUID(signing.TimestampSigner(salt=_CONFIRM, sep=".").unsign(token, max_age=CONFIRM_WITHIN))
    except signing.SignatureExpired as error:
        raise Refused("link_expired", _("This link has expired. Sign up once more to get a new one."), 410) from error
    except (signing.BadSignature, ValueError) as error:
        raise _bad_link() from error


def public_url(path: str) -> str:
    """A path of this installation as a link in a mail."""
    config = settings.CONFIG
    return (config.public_url.rstrip("/") or f"http://{config.host}:{config.port}") + path


def preferences_link(person_id: UUID, kind: str, address: str) -> str:
    """The address of somebody's preference page."""
    return public_url(reverse("preferences", args=[preferences_token(person_id, kind, address)]))


def unsubscribe_link(person_id: UUID, kind: str, address: str, purpose: str) -> str:
    """Where one click unsubscribes from one purpose (RFC 8058)."""
    return public_url(reverse("unsubscribe", args=[preferences_token(person_id, kind, address), purpose]))


def confirm_link(word_id: UUID) -> str:
    """Where a waiting word is confirmed."""
    return public_url(reverse("consent_confirm", args=[confirm_token(word_id)]))


def _bad_link() -> Refused:
    return Refused("bad_link", _("This link is not complete. Copy all of it from the message."), 404)
