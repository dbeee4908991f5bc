"""``amity bench intelligence``: every promise of the intelligence room in one table."""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from threadpoolctl import threadpool_limits

from amity.intelligence.benches.table import Line, Say, header, printed, timed

PARTS = ("scores", "few", "value", "recommend", "forecast", "pipeline", "uplift", "drift", "behaviour", "speed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; exit code 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(prog="amity bench intelligence", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the sets, one folder each")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few splits and seeds: does it run, not how good is it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    say: Say = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731
    if not options.json:
        print(header(), flush=True)
    found: list[Line] = []
    with threadpool_limits(limits=1, user_api="blas"):
        for line in _measured(options.only or PARTS, options.data, options.quick, say):
            found.append(line)
            print(printed(line), file=sys.stderr if options.json else sys.stdout, flush=True)
    missed = [f"{line.data}: {line.figure}" for line in found if line.met is not None and not line.met]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        print(json.dumps({"lines": [line.as_dict() for line in found], "missed": missed, "peak_mib": peak}, indent=1))
    else:
        kept = sum(bool(line.met) for line in found)
        print(f"{kept} promises kept, {len(missed)} missed; peak {peak:.0f} MiB", *missed, sep="\n  ")
    return 1 if missed else 0


def _measured(parts: Sequence[str], data: Path, quick: bool, say: Say) -> Iterator[Line]:
    for part in parts:
        lines: Callable[[Path, bool, Say], Iterator[Line]] = import_module(f"amity.intelligence.benches.{part}").lines
        yield from timed(part, lines(data, quick, say))


if __name__ == "__main__":
    sys.exit(main())
