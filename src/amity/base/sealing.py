"""Secrets that must be read again (TOTP keys, webhook keys) are kept sealed with a key made from the signing key."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from amity.base.errors import Refused


def seal(text: str) -> str:
    """Encrypt and authenticate ``text`` (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Reverse of `seal`; raises ``Refused("sealed_with_other_key")`` when the signing key is another one now."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        message = _("This secret was stored under another key. Put the old secret.key back, or set the secret anew.")
        raise Refused("sealed_with_other_key", message, 500) from error


def _box() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"amity sealing v1").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
