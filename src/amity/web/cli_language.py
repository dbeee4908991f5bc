"""``amity language``: what can be tried on tables of messages, questions and passages of one's own."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

# The modules need no database, so they are not reached through their room's door.
_ROOM = "amity.intelligence.language"
_FILE = click.Path(exists=True, path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


@click.group()
def language() -> None:
    """Understanding messages: intents, tone, finding answers."""


@language.command(name="bench")
@click.argument("train", type=_FILE)
@click.argument("test", type=_FILE)
@click.option("--text", required=True, help="Column that holds the message.")
@click.option("--label", required=True, help="Column that holds what it asks for.")
@click.option("--oos", help="Label of messages that belong to no intent.")
@_json
def language_bench(train: Path, test: Path, text: str, label: str, oos: str | None, as_json: bool) -> None:
    """Learn intents from TRAIN, judge on TEST (CSV, TSV, JSON lines or Parquet, also gzipped)."""
    bench = import_module(f"{_ROOM}.bench")
    _show(bench, bench.bench_files(train, test, text, label, oos), as_json)


@language.command(name="tone")
@click.argument("train", type=_FILE)
@click.argument("test", type=_FILE)
@click.option("--text", required=True, help="Column that holds the customer's words.")
@click.option("--label", required=True, help="Column that holds their tone.")
@_json
def language_tone(train: Path, test: Path, text: str, label: str, as_json: bool) -> None:
    """Learn the tone of customers' words from TRAIN, judge on TEST (formats as in `bench`)."""
    bench = import_module(f"{_ROOM}.tone_bench")
    _show(bench, bench.bench_files(train, test, text, label), as_json)


@language.command(name="retrieve")
@click.argument("passages", type=_FILE)
@click.argument("questions", type=_FILE)
@click.option("--text", required=True, help="Column of PASSAGES with their text.")
@click.option("--id", "key", required=True, help="Column of both tables that ties a question to its passage.")
@click.option("--question", required=True, help="Column of QUESTIONS with the question.")
@click.option("--language", "tongue", required=True, help="en, ru, pl or de; any other is not stemmed.")
@_json
def language_retrieve(
    passages: Path, questions: Path, text: str, key: str, question: str, tongue: str, as_json: bool
) -> None:
    """Find the passage of every question (formats as in `bench`)."""
    bench = import_module(f"{_ROOM}.retrieval_bench")
    _show(bench, bench.bench_files(passages, questions, text, key, question, tongue), as_json)


def _show(bench: Any, found: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else bench.line(found))
