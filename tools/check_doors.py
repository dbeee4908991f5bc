"""Between rooms only `api.py` is a door (`base` is everybody's floor): `PYTHONPATH=src python tools/check_doors.py`."""

from __future__ import annotations

import sys

import grimp

OPEN = {"amity.base"}
# Composition of the product: Django wants these names as they are.
WIRING = {"amity.web.settings", "amity.__main__"}


def main() -> int:
    graph = grimp.build_graph("amity", include_external_packages=False)
    rooms = {m for m in graph.modules if m.count(".") == 1 and graph.find_children(m)}
    wrong = sorted(
        f"{importer} imports {imported}: use {_room(imported)}.api"
        for importer in graph.modules
        if not _excused(importer)
        for imported in graph.find_modules_directly_imported_by(importer)
        if _room(imported) in rooms - OPEN
        and _room(imported) != _room(importer)
        and imported not in (f"{_room(imported)}.api", _room(imported))
    )
    print("\n".join(wrong))
    print(f"{len(rooms)} rooms, {len(wrong)} imports past a door")
    return 1 if wrong else 0


def _excused(module: str) -> bool:
    parts = module.split(".")
    return "tests" in parts or "conftest" in parts or "migrations" in parts or module in WIRING


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


if __name__ == "__main__":
    sys.exit(main())
