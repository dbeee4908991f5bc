"""`amity train`: learn, score every open record, and say how good it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from amity.base.errors import Refused
from amity.intelligence import api as intelligence
from amity.web import cli_import


def run(targets: Sequence[str], as_json: bool) -> int:
    """Train the named targets (none: all). A target without decided records is reported, not an error."""
    known = {target.key: target for target in intelligence.targets()}
    unknown = [key for key in targets if key not in known]
    if unknown:
        raise Refused(
            "unknown_target", f"Nothing called {unknown[0]!r} can be learned here. Known: {', '.join(known)}."
        )
    outcomes = [_one(key, as_json) for key in targets or known]
    if as_json:
        click.echo(json.dumps(outcomes, default=str, ensure_ascii=False))
    return 1 if targets and any("error" in outcome for outcome in outcomes) else 0


def _one(key: str, as_json: bool) -> dict[str, Any]:
    try:
        trained = intelligence.train(cli_import.actor(), key, _ignore if as_json else cli_import.show)
    except Refused as error:
        if not as_json:
            click.echo(f"\n{key}: {error.message}")
        return {"target": key, "error": error.code, "message": str(error.message)}
    version = trained.version
    if not as_json:
        click.echo(
            f"\n{trained.label} (version {version.number}): {trained.verdict}\n"
            f"  rung: {trained.rung}; {trained.scored:,} open records scored; next: {trained.next_rung}"
        )
    return {
        "target": key, "version": version.number, "signal": version.signal, "rung": version.rung, "rows": version.rows,
        "positives": version.positives, "scored": trained.scored, "verdict": trained.verdict, "next": trained.next_rung,
    }  # fmt: skip


def _ignore(done: int, total: int | None = None, stage: str = "") -> None:
    """Scripts read the result only."""
