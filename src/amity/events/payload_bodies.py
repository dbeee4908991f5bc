"""Bodies of inbound webhooks as documents: JSON, forms (also JSON inside a form), anything else as text."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.events.mapping_paths import Sample
from amity.events.models import HookPayload

MAX_FIELDS, MAX_HEADERS, MAX_HEADER = 1_000, 60, 1_000
_HIDDEN = ("authorization", "cookie", "proxy-", "x-forwarded-", "x-real-ip", "x-api-key", "forwarded")


def sample_of(payload: HookPayload) -> Sample:
    """A kept payload, read. Raises ``Refused("not_readable")``."""
    raw = bytes(payload.body)
    return Sample(document(payload.content_type, raw), payload.headers, payload.query, raw)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is kept of the headers: lower-case names, no credentials, no addresses of people."""
    named = {name.lower(): value[:MAX_HEADER] for name, value in list(headers.items())[:MAX_HEADERS]}
    return {name: value.replace("\x00", "") for name, value in named.items() if not name.startswith(_HIDDEN)}


def document(content_type: str, raw: bytes) -> Any:
    """The body as JSON values. Raises ``Refused("not_readable")`` with what is wrong."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _folded(_multipart(content_type, raw))
    start = raw.lstrip()[:1]
    if kind.endswith("json") or start in (b"{", b"["):
        return _json(raw)
    if kind == "application/x-www-form-urlencoded":
        return _folded(_form(raw))
    return {"text": raw.decode("utf-8", "replace").replace("\x00", "")}


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("not_readable", _("The body is not valid JSON: {reason}").format(reason=error)) from error


def _form(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("utf-8", "replace").replace("\x00", "")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Refused("not_readable", _("The form has more than {most} fields.").format(most=MAX_FIELDS)) from error


class _NoFiles(TemporaryFileUploadHandler):
    """Files inside a form are left out."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile


def _multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": len(raw)}
    try:
        fields, _files = MultiPartParser(meta, BytesIO(raw), [_NoFiles()]).parse()
    except (MultiPartParserError, SuspiciousOperation, BadRequest, ValueError) as error:
        raise Refused("not_readable", _("The form cannot be read: {reason}").format(reason=error)) from error
    return [(name, value.replace("\x00", "")) for name, values in fields.lists() for value in values]


def _folded(fields: list[tuple[str, str]]) -> Any:
    """Repeated fields become lists; a form whose one field is JSON is that JSON."""
    if len(fields) == 1 and fields[0][1].lstrip()[:1] in ("{", "["):
        return _json(fields[0][1].encode())
    found: dict[str, Any] = {}
    for name, value in fields:
        if name in found:
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = value
    return found
