"""Whether the sender of an inbound webhook knows the secret: HMAC in the forms that senders use, constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
_DIGESTS = {32: hashlib.sha256, 64: hashlib.sha512}


def is_signed(headers: Mapping[str, str], header: str, secret: str, body: bytes, now: datetime) -> bool:
    """Check ``header``. Known forms: the digest (SHA-256 or -512) as hex or base64, also after ``sha256=``;
    ``t=…,v1=…`` over ``time.body``; Standard Webhooks (``v1,…`` with ``webhook-id`` and ``webhook-timestamp``).

    A signed time more than five minutes away is refused: an overheard message cannot be sent again later.
    """
    given = headers.get(header.lower(), "").strip()
    if not given or not secret:
        return False
    if given.startswith("v1,"):
        return _standard(headers, given, secret, body, now)
    if given.startswith("t=") and "," in given:
        return _timed(given, secret, body, now)
    name, sep, rest = given.partition("=")
    return _matches(rest if sep and name.lower() in ("sha256", "sha512", "v0", "v1") else given, secret.encode(), body)


def _standard(headers: Mapping[str, str], given: str, secret: str, body: bytes, now: datetime) -> bool:
    stamp, message_id = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    if not _is_recent(stamp, now):
        return False
    signed = b".".join([message_id.encode(), stamp.encode(), body])
    return any(_matches(each.partition(",")[2], key, signed) for each in given.split()[:10])


def _timed(given: str, secret: str, body: bytes, now: datetime) -> bool:
    parts = [part.strip().partition("=") for part in given.split(",")[:12]]
    stamp = next((value for name, _sep, value in parts if name == "t"), "")
    if not _is_recent(stamp, now):
        return False
    signed = stamp.encode() + b"." + body
    return any(_matches(value, secret.encode(), signed) for name, _sep, value in parts if name == "v1")


def _is_recent(stamp: str, now: datetime) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(now.timestamp() - int(stamp)) <= TOLERANCE.total_seconds()


def _matches(text: str, key: bytes, signed: bytes) -> bool:
    digest = _digest_of(text)
    method = _DIGESTS.get(len(digest))
    return method is not None and hmac.compare_digest(hmac.new(key, signed, method).digest(), digest)


def _digest_of(text: str) -> bytes:
    """The bytes that hex or base64 (also URL-safe, also unpadded) spells; nothing when it is neither."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return b""
