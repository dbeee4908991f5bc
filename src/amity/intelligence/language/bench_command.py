"""The command line that the benches over given sets share: which sets, as lines or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

Task = TypeVar("Task")


def run(
    prog: str, about: str | None, tasks: Callable[[Path], Iterable[Task]],
    measure: Callable[[Task], Iterable[dict[str, Any]]], line: Callable[[dict[str, Any]], str],
    arguments: Sequence[str] | None,
) -> int:  # fmt: skip
    """Measure the sets in the folder that ``--data`` names, one after the other; exit code 1 when an aim is missed.

    ``measure`` gives one or more results of a set; ``aim`` in one is the ``accuracy`` it should reach.
    """
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("--data", type=Path, required=True, help="folder with the sets")
    parser.add_argument("--only", default="", help="names of sets, with commas")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    wanted = {name for name in options.only.split(",") if name}
    results = []
    for task in tasks(options.data):
        if wanted and getattr(task, "name", "") not in wanted:
            continue
        for found in measure(task):
            results.append(found)
            if not options.json:
                print(line(found), flush=True)
    if options.json:
        print(json.dumps(results))
    return 1 if any(found["accuracy"] < found["aim"] for found in results if "aim" in found) else 0
