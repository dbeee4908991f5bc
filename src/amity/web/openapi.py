"""The committed API document (docs/openapi.json): equal to what the code serves, and grown by additions only.

``python -m amity.web.openapi`` checks, ``--write`` renews the file (refused while a change would break programs),
``--write --anyway`` renews it all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What in ``new`` would break a program written for ``old``, in words; empty when only things were added.

    Breaking: an operation, a response field or a parameter gone; a field or parameter newly required of the caller; a
    type changed; an allowed value gone from a request or come to a response's closed list.
    """
    old, new = _plain(old), _plain(new)
    return [*_operations(old, new), *_schemas(old, new)]


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """As it reads in JSON: statuses are text there."""
    plain: dict[str, Any] = json.loads(json.dumps(document))
    return plain


def _operations(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method in (each for each in methods if each in _METHODS):
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{method.upper()} {path} is gone"
            else:
                yield from _parameters(f"{method.upper()} {path}", methods[method], after)


def _parameters(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before = {each["name"]: each for each in old.get("parameters", [])}
    after = {each["name"]: each for each in new.get("parameters", [])}
    yield from (f"{where}: parameter {name} is gone" for name in before.keys() - after.keys())
    for name, parameter in after.items():
        if parameter.get("required") and not before.get(name, {}).get("required"):
            yield f"{where}: parameter {name} is newly required"
    gone = set(old.get("responses", {})) - set(new.get("responses", {}))
    yield from (f"{where}: response {status} is gone" for status in sorted(gone))


def _schemas(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    after = new["components"]["schemas"]
    for name, schema in old["components"]["schemas"].items():
        if name not in after:
            yield f"schema {name} is gone"
            continue
        yield from _fields(name, schema, after[name])


def _fields(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    yield from (f"{name}.{field} is gone" for field in sorted(before.keys() - after.keys()))
    if name.endswith("In"):
        fresh = set(new.get("required", [])) - set(old.get("required", []))
        yield from (f"{name}.{field} is newly required" for field in sorted(fresh))
    for field in sorted(before.keys() & after.keys()):
        if _shape(before[field]) != _shape(after[field]):
            yield f"{name}.{field} changed its type"


def _shape(schema: dict[str, Any]) -> str:
    """What a program relies on of a type: not its title, description or default."""
    kept = {k: v for k, v in schema.items() if k not in ("title", "description", "default", "examples")}
    return json.dumps(kept, sort_keys=True)


def run(check: bool, write: bool = False, anyway: bool = False) -> int:
    """Print the document, or check (or renew) the committed one; the exit code."""
    from amity.web.api import schema

    now = schema()
    if not check and not write:
        sys.stdout.write(text_of(now))
        return 0
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else None
    broken = breaking(committed, now) if committed else []
    for line in broken:
        print(f"breaks programs: {line}")
    if write and (anyway or not broken):
        COMMITTED.write_text(text_of(now))
        print(f"wrote {COMMITTED.name}: {len(now['paths'])} paths")
        return 0
    same = committed is not None and text_of(committed) == text_of(now)
    print(f"docs/openapi.json is {'equal to' if same else 'not'} what the code serves ({len(now['paths'])} paths)")
    return 0 if same and not broken else 1


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(run(True, "--write" in sys.argv, "--anyway" in sys.argv))
