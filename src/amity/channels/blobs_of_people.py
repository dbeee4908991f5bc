"""Mails as they came and attachments, as far as they are somebody's: removed with them, handed out to them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from amity.base import clock
from amity.channels.attaching import AREA
from amity.channels.models import Attachment, Received
from amity.engines import api as engines

UNUSED = timedelta(days=2)  # what nothing refers to for so long is swept
_MOST_TOLD = 10 * 1024**2  # bytes of a file that a copy holds


def clean(ids: Sequence[UUID]) -> int:
    """Remove the files of these profiles; how many."""
    store, keys = engines.blobs(), set(_keys(ids))
    for key in keys:
        store.delete(key)
    return len(keys)


def tell(ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """The files of these profiles, with their content in base64 up to 10 MB each."""
    rows = Attachment.objects.filter(_theirs(ids)).exclude(blob="")
    for name, kind, key in rows.values_list("name", "type", "blob"):
        yield {"name": name, "type": kind, **_content(key)}
    for ref, key in Received.objects.filter(person_id__in=list(ids)).exclude(raw="").values_list("message_ref", "raw"):
        yield {"name": f"{ref}.eml", "type": "message/rfc822", **_content(key)}


def sweep() -> int:
    """Remove files that no row refers to: of messages that were erased, or never committed. How many.

    What was given and never became part of a message goes first.
    """
    left = Attachment.objects.filter(received=None, message_id=None, created_at__lt=clock.now() - UNUSED)
    left.delete()
    store, removed = engines.blobs(), 0
    for key, at in store.keys(AREA):
        if at < clock.now() - UNUSED and not _used(key):
            store.delete(key)
            removed += 1
    return removed


def _theirs(ids: Sequence[UUID]) -> Q:
    return Q(person_id__in=list(ids)) | Q(received__person_id__in=list(ids))


def _keys(ids: Sequence[UUID]) -> Iterator[str]:
    yield from Attachment.objects.filter(_theirs(ids)).exclude(blob="").values_list("blob", flat=True)
    yield from Received.objects.filter(person_id__in=list(ids)).exclude(raw="").values_list("raw", flat=True)


def _used(key: str) -> bool:
    return Attachment.objects.filter(blob=key).exists() or Received.objects.filter(raw=key).exists()


def _content(key: str) -> dict[str, Any]:
    try:
        content = engines.blobs().get(key)
    except (engines.NoBlob, engines.BlobDamaged):
        return {"content": None}
    return {"content": base64.b64encode(content).decode() if len(content) <= _MOST_TOLD else None, "size": len(content)}
