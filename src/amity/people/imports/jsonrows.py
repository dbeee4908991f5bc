"""JSON lines and JSON arrays: each object is a row, nested names are joined with dots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import msgspec
from django.utils.translation import gettext as _

from amity.base.encodings import lines_of
from amity.base.errors import Refused
from amity.people.imports.records import Rejected, rejected

MAX_OBJECT = 4 * 1024 * 1024
_DEPTH = 4
_decoder = msgspec.json.Decoder()

Row = tuple[int, dict[str, str] | Rejected]


def line_rows(blocks: Iterable[bytes], skip_rows: int = 0) -> Iterator[Row]:
    """Numbered rows of a JSON-lines text (UTF-8)."""
    row = 0
    for block in lines_of(blocks):
        for line in filter(None, map(bytes.strip, block.split(b"\n"))):
            row += 1
            if row > skip_rows:
                yield row, _object(row, line)


def array_rows(blocks: Iterable[bytes], skip_rows: int = 0) -> Iterator[Row]:
    """Numbered rows of a JSON array, or of the first list inside an object; read piece by piece."""
    for row, text in enumerate(_elements(blocks), 1):
        if row > skip_rows:
            yield row, _object(row, text.encode())


def names(rows: Iterable[Row]) -> tuple[tuple[str, ...], int]:
    """All names in order of appearance and the number of rows; one pass."""
    found: dict[str, None] = {}
    count = 0
    for _number, content in rows:
        count += 1
        if isinstance(content, dict):
            found.update(dict.fromkeys(content))
    return tuple(found), count


def is_object(line: bytes) -> bool:
    """Whether the line is one whole JSON object."""
    try:
        return isinstance(_decoder.decode(line.strip()), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _elements(blocks: Iterable[bytes]) -> Iterator[str]:
    decoder = json.JSONDecoder()
    source = (block.decode("utf-8", "replace") for block in lines_of_any(blocks))
    buffer = next(source, "")
    at = buffer.find("[") + 1
    while True:
        while at < len(buffer) and buffer[at] in " \t\r\n,":
            at += 1
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            _value, end = decoder.raw_decode(buffer, at)
            if end == len(buffer):  # a number may go on in the next block
                raise json.JSONDecodeError("more", buffer, end)
        except json.JSONDecodeError as error:
            more = next(source, None)
            if more is None or len(buffer) - at > MAX_OBJECT + len(more):
                raise _broken(error) from error
            buffer, at = buffer[at:] + more, 0
            continue
        yield buffer[at:end]
        at = end


def lines_of_any(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks cut so that no UTF-8 character is split."""
    carry = b""
    for fresh in blocks:
        block = carry + fresh
        cut = len(block)
        while cut and cut > len(block) - 4 and block[cut - 1] & 0xC0 == 0x80:
            cut -= 1
        if cut and block[cut - 1] >= 0xC0:
            cut -= 1
        whole = block if _complete(block) else block[:cut]
        carry = block[len(whole) :]
        yield whole
    if carry:
        yield carry


def _complete(block: bytes) -> bool:
    try:
        block[-4:].lstrip(bytes(range(0x80, 0xC0))).decode()
    except UnicodeDecodeError:
        return False
    return True


def _broken(error: Exception) -> Refused:
    message = _("The JSON text is broken near “%(where)s”. Export it again, best as JSON lines.")
    return Refused("file_not_json", message % {"where": str(getattr(error, "doc", ""))[:40]})


def _object(row: int, line: bytes) -> dict[str, str] | Rejected:
    try:
        value = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return rejected(row, "not_json", line)
    if not isinstance(value, dict):
        return rejected(row, "not_object", line)
    flat: dict[str, str] = {}
    _flatten(value, "", flat, 0)
    if any("\x00" in text for text in flat.values()):
        return rejected(row, "nul", line)
    return flat


def _flatten(value: dict[str, object], prefix: str, into: dict[str, str], depth: int) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, dict) and depth < _DEPTH:
            _flatten(item, f"{name}.", into, depth + 1)
        else:
            into[name] = _text(item)


def _text(item: object) -> str:
    if item is None:
        return ""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float) and item.is_integer() and abs(item) < 1e15:
        return str(int(item))
    if isinstance(item, list) and all(isinstance(part, str | int | float) for part in item):
        return "; ".join(_text(part) for part in item)
    if isinstance(item, list | dict):
        return json.dumps(item, ensure_ascii=False)
    return str(item)
