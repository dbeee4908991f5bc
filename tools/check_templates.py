"""Fail when a template of ours was rendered by no test: `python tools/check_templates.py FOLDER_WITH_NAMES`."""

from __future__ import annotations

import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "amity"


def main(folder: str) -> int:
    rendered = {line for file in Path(folder).glob("*.txt") for line in file.read_text().splitlines()}
    ours = {
        str(path.relative_to(templates))
        for templates in SOURCE.glob("*/templates")
        for path in templates.rglob("*")
        if path.is_file()
    }
    missing = sorted(ours - rendered)
    print("\n".join(f"never rendered by a test: {name}" for name in missing))
    print(f"{len(ours)} templates, {len(missing)} never rendered")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
