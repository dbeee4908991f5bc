"""`amity check desk`: what the desk promises, proven part by part; each part is a module ``check_desk_<part>``.

A part has ``run() -> dict`` (its figures; ``good`` says whether the promise holds) and ``tell(found) -> str``.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

PARTS = {
    "threading": "mails find their conversation; loops stop",
    "routing": "promises and handling time beside round robin and least-loaded",
    "chat": "500 visitors and 50 agents at once",
    "bot": "scripted dialogues, injections, tricks with identities",
}


def main(arguments: list[str]) -> int:
    """Run the parts (all, or ``--only PART``); 0 when every promise holds."""
    parser = argparse.ArgumentParser(prog="amity check desk")
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    found: dict[str, Any] = {}
    for part in asked.only or PARTS:
        name = f"amity.web.check_desk_{part}"
        if find_spec(name) is None:
            continue
        module = import_module(name)
        found[part] = module.run()
        if not asked.json:
            print(f"{part}: {PARTS[part]}\n{module.tell(found[part])}\n", flush=True)
    if asked.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0 if found and all(each["good"] for each in found.values()) else 1
