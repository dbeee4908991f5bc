"""The English encoder's graph, rewritten in memory so that its matrices stay in 8 bits while they are multiplied.

The package keeps the weights in 8 bits but turns them into 32 before every product, which then waits for memory.
Here each such product becomes one with 8-bit operands (`DynamicQuantizeMatMul` of ONNX Runtime): half of the time or
less where the processor multiplies 8-bit numbers itself. Elsewhere its sums would overflow: `exact` says whether.
The file is a protocol buffer (github.com/onnx/onnx, onnx.proto): only the few fields needed are read and written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

_GRAPH, _OPSETS = 7, 8  # of a model
_NODE, _TENSOR = 1, 5  # of a graph
_INPUT, _OUTPUT, _KIND, _DOMAIN = 1, 2, 4, 7  # of a node
_NAME = 8  # of a tensor
_SIZES = 1
_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5  # kinds of a field
_MICROSOFT = "com.microsoft"

Field = tuple[int, int, bytes]


@lru_cache(maxsize=1)
def exact() -> bool:
    """Whether the processor adds up products of 8-bit numbers without overflow (VNNI)."""
    known = Path("/proc/cpuinfo")
    return known.exists() and "vnni" in known.read_text(errors="replace")


def rewritten(model: bytes) -> bytes:
    """The model with products of 8-bit numbers. 0.1 s."""
    top = list(_fields(model))
    graph = list(_fields(next(value for number, _kind, value in top if number == _GRAPH)))
    tensors = {_text(value, _NAME)[0] for number, _kind, value in graph if number == _TENSOR}
    weights = {name[:-2] for name in tensors if name.endswith("_q") and f"{name[:-2]}_scale" in tensors}
    products = {_text(value, _INPUT)[1] for number, _kind, value in graph if number == _NODE and _is_product(value)}
    changed = _packed(filter(None, (_rewritten(field, weights & products) for field in graph)))
    opset = _packed([(1, _BYTES, _MICROSOFT.encode()), (2, _VARINT, _number(1))])
    kept = [(number, kind, changed if number == _GRAPH else value) for number, kind, value in top]
    return _packed([*kept, (_OPSETS, _BYTES, opset)])


def _rewritten(field: Field, weights: set[str]) -> Field | None:
    """A product with 8-bit weights instead of 32-bit ones; nothing instead of what made them; scales as a line."""
    number, kind, value = field
    if number == _TENSOR:
        name = _text(value, _NAME)[0]
        if name.endswith("_scale") and name[:-6] in weights:
            sizes = [each for each in _fields(value) if each[0] == _SIZES]
            line = [each for each in _fields(value) if each not in sizes]
            return number, kind, _packed([sizes[-1], *line])
    if number != _NODE:
        return field
    made = _text(value, _OUTPUT)[0]
    if made in weights or (made.endswith("_f") and made[:-2] in weights):
        return None
    inputs = _text(value, _INPUT)
    if not (_is_product(value) and inputs[1] in weights):
        return field
    names = [(_INPUT, each) for each in (inputs[0], f"{inputs[1]}_q", f"{inputs[1]}_scale")]
    words = [*names, (_OUTPUT, made), (_KIND, "DynamicQuantizeMatMul"), (_DOMAIN, _MICROSOFT)]
    return number, kind, _packed((place, _BYTES, word.encode()) for place, word in words)


def _is_product(node: bytes) -> bool:
    return _text(node, _KIND) == ["MatMul"]


def _text(message: bytes, wanted: int) -> list[str]:
    return [value.decode() for number, _kind, value in _fields(message) if number == wanted]


def _fields(message: bytes) -> Iterator[Field]:
    """(number, kind, value) of every field; a number's value as it is written."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            end = _varint(message, at)[1]
        elif kind == _BYTES:
            size, at = _varint(message, at)
            end = at + size
        else:
            end = at + {_LONG: 8, _SHORT: 4}[kind]
        yield key >> 3, kind, message[at:end]
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _number(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def _packed(fields: Iterable[Field]) -> bytes:
    parts = []
    for number, kind, value in fields:
        size = _number(len(value)) if kind == _BYTES else b""
        parts.append(_number(number << 3 | kind) + size + value)
    return b"".join(parts)
