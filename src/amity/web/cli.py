"""`amity`: one command for everything an operator does. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from amity import __version__
from amity.base import config as base_config
from amity.base.errors import Refused
from amity.web.cli_language import language as commands_of_language

P = ParamSpec("P")
R = TypeVar("R")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
_FILES = click.Path(path_type=Path)


def main() -> None:
    """Entry point of the console script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amity.web.settings")
    try:
        cli.main(prog_name="amity", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except Refused as error:
        click.echo(f"{error.code}: {error.message}", err=True)
        sys.exit(1)


def with_django(command: Callable[P, R]) -> Callable[P, R]:
    """Start Django (and with it the embedded Postgres, when that is the database) before the command runs."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        import django

        django.setup()
        return command(*args, **kwargs)

    return run


def emit(result: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(result, default=str, ensure_ascii=False) if as_json else text)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="amity")
@click.option("--home", type=_FILES, envvar="AMITY_HOME", help="Folder of this installation's data [~/.amity].")
def cli(home: Path | None) -> None:
    """Amity: one true profile of every customer, every score with its reasons, every action with consent."""
    if home is not None:
        os.environ["AMITY_HOME"] = str(home.expanduser().absolute())


# --- run ------------------------------------------------------------------------------------------


@cli.command()
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [8000].")
def up(host: str | None, port: int | None) -> None:
    """Start everything: database, migrations, web and worker. Ends with Ctrl-C."""
    _listen_on(host, port)
    _set_up_django()
    _migrate()
    _show_setup_link()
    from amity.web import supervisor

    sys.exit(supervisor.up(base_config.load()))


@cli.command()
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [8000].")
def web(host: str | None, port: int | None) -> None:
    """Serve the pages and the API only."""
    _listen_on(host, port)
    from amity.web import serve

    serve.web(base_config.load())


@cli.command()
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [setting live_port].")
def live(host: str | None, port: int | None) -> None:
    """Serve live updates of open pages only (server-sent events under /live)."""
    _listen_on(host, None)
    if port is not None:
        os.environ["AMITY_LIVE_PORT"] = str(port)
    from amity.web import serve

    serve.live(base_config.load())


@cli.command()
@click.option("--host", help="Address to listen on [setting intake_host].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [setting intake_port].")
def intake(host: str | None, port: int | None) -> None:
    """Take events in only (Segment's and RudderStack's SDKs; see docs/tracking.md)."""
    if host is not None:
        os.environ["AMITY_INTAKE_HOST"] = host
    if port is not None:
        os.environ["AMITY_INTAKE_PORT"] = str(port)
    from amity.web import serve

    serve.intake(base_config.load())


@cli.command()
@click.argument("names", nargs=-1)
@click.option("--except", "others", multiple=True, metavar="NAME", help="All but this one.")
@with_django
def consumers(names: tuple[str, ...], others: tuple[str, ...]) -> None:
    """Handle received events only: all consumers, or those named (each runs in one process at a time)."""
    from amity.web import serve

    serve.consumers(names, others)


@cli.command()
@with_django
def worker() -> None:
    """Do background work only."""
    from amity.web import serve

    serve.worker(base_config.load())


@cli.command()
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [8000].")
@click.option("--prepare-only", is_flag=True, help="Load and train, but do not start serving.")
def demo(host: str | None, port: int | None, prepare_only: bool) -> None:
    """Start with the sample company loaded, and print a one-time sign-in link."""
    _listen_on(host, port)
    from amity.web import demo as demo_company

    demo_company.run(serve=not prepare_only)


@cli.command()
@with_django
def link() -> None:
    """Print a one-time link: set-up on a fresh installation, otherwise sign-in as the first administrator."""
    from amity.web import links

    click.echo(links.one_time(base_config.load()))


@cli.command()
@with_django
def migrate() -> None:
    """Bring the database to this version's tables."""
    _migrate()


@cli.command()
@with_django
def shell() -> None:
    """A Python prompt with Django set up."""
    from django.core.management import call_command

    call_command("shell")


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False, hidden=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_django
def django(arguments: tuple[str, ...]) -> None:
    """Run a Django management command (for developers)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["amity django", *arguments])


# --- data -----------------------------------------------------------------------------------------


@cli.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="Name of this import [the folder's or file's name].")
@click.option(
    "--system", default="import", show_default=True, help="Where the files come from; ids are unique within it."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option(
    "--mapping", type=click.Path(exists=True, path_type=Path), help="JSON file with changes to the proposed mapping."
)
@json_option
@with_django
def import_(
    paths: tuple[Path, ...], name: str | None, system: str, dry_run: bool, mapping: Path | None, as_json: bool
) -> None:
    """Take in the exports of another system: FOLDER or FILE… (CSV, XLSX, JSON lines, also gzipped or zipped)."""
    from amity.web import cli_import

    sys.exit(cli_import.run(paths, name=name, system=system, dry_run=dry_run, mapping=mapping, as_json=as_json))


@cli.group()
def imports() -> None:
    """List, resume or undo imports."""


@imports.command(name="list")
@json_option
@with_django
def imports_list(as_json: bool) -> None:
    """All imports, newest first."""
    from amity.web import cli_import

    cli_import.listing(as_json)


@imports.command(name="resume")
@click.argument("import_id", type=click.UUID)
@json_option
@with_django
def imports_resume(import_id: Any, as_json: bool) -> None:
    """Go on with a stopped import."""
    from amity.web import cli_import

    sys.exit(cli_import.resume(import_id, as_json))


@imports.command(name="undo")
@click.argument("import_id", type=click.UUID)
@json_option
@with_django
def imports_undo(import_id: Any, as_json: bool) -> None:
    """Put everything back as it was before an import."""
    from amity.web import cli_import

    sys.exit(cli_import.undo(import_id, as_json))


@cli.command()
@click.argument("targets", nargs=-1)
@json_option
@with_django
def train(targets: tuple[str, ...], as_json: bool) -> None:
    """Learn from decided leads and closed deals, then score every open one. TARGETS: lead, deal [all]."""
    from amity.web import cli_train

    sys.exit(cli_train.run(targets, as_json))


@cli.command()
@click.argument("target", type=_FILES, required=False)
@json_option
@with_django
def backup(target: Path | None, as_json: bool) -> None:
    """Write one file with everything needed to restore this installation."""
    from amity.web import backup as backups

    summary = backups.backup(base_config.load(), target)
    emit(backups.as_dict(summary), as_json, backups.in_words(summary))


@cli.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the present data without asking.")
@json_option
def restore(source: Path, yes: bool, as_json: bool) -> None:
    """Put a backup in place of the present data (which is kept aside until you delete it)."""
    from amity.web import backup as backups

    if not yes:
        click.confirm("Replace the present data by this backup? The old database is kept aside.", abort=True, err=True)
    summary = backups.restore(base_config.load(), source)
    emit(backups.as_dict(summary), as_json, backups.in_words(summary))


@cli.group()
def privacy() -> None:
    """Subject access, erasure, the erase ledger."""


@privacy.command(name="replay")
@click.option("--uploads", type=_FILES, help="Folder of uploads that come with the database.")
@json_option
@with_django
def privacy_replay(uploads: Path | None, as_json: bool) -> None:
    """Erase from this database whoever the ledger knows as erased (a restore does it by itself)."""
    from amity.web import cli_privacy, schema

    schema.bring_up_to_date()
    done = cli_privacy.replay(uploads)
    emit(done, as_json, "\n".join(f"{name}: {n}" for name, n in done.items()) or "Nothing to erase.")


@privacy.command(name="export")
@click.argument("person_id", type=click.UUID)
@click.argument("target", type=_FILES)
@with_django
def privacy_export(person_id: Any, target: Path) -> None:
    """Write everything held about PERSON_ID into the ZIP file TARGET."""
    from amity.web import cli_privacy

    click.echo(f"{target}: {cli_privacy.export(person_id, target)} bytes")


@privacy.command(name="erase")
@click.argument("person_id", type=click.UUID)
@click.option("--reason", default="asked", show_default=True, help="asked, withdrew, objected, unneeded, unlawful, …")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@with_django
def privacy_erase(person_id: Any, reason: str, yes: bool, as_json: bool) -> None:
    """Erase PERSON_ID everywhere, for good."""
    from amity.web import cli_privacy

    done = cli_privacy.erase(person_id, reason, yes)
    emit(done, as_json, "\n".join(f"{name}: {n}" for name, n in done.items()))


# --- look after -----------------------------------------------------------------------------------


@cli.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, database, disk, models and ports, and say what to do."""
    from amity.web import doctor as doctors

    checks = doctors.checks(base_config.load())
    rows = [{"name": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks]
    lines = [
        f"{'ok ' if c.ok else 'BAD'} {c.name}: {c.detail}" + ("" if c.ok else f"\n    → {c.remedy}") for c in checks
    ]
    emit({"ok": all(c.ok for c in checks), "checks": rows}, as_json, "\n".join(lines))
    sys.exit(0 if all(c.ok for c in checks) else 1)


@cli.group()
def audit() -> None:
    """The audit log."""


@audit.command(name="verify")
@json_option
@with_django
def audit_verify(as_json: bool) -> None:
    """Walk the hash chain; exit code 1 when a line is missing or was changed."""
    from amity.access import api as access

    verdict = access.verify_audit()
    result = {"lines": verdict.lines, "intact": verdict.broken_at is None, "broken_at": verdict.broken_at}
    text = f"{verdict.lines} lines, chain intact." if verdict.broken_at is None else f"Chain broken: {verdict.why}."
    emit(result, as_json, text)
    sys.exit(0 if verdict.broken_at is None else 1)


@cli.command()
@click.option("--check", is_flag=True, help="Exit 1 when the committed document differs or breaks clients.")
@with_django
def openapi(check: bool) -> None:
    """Print the API's OpenAPI 3.1 document (or check docs/openapi.json against it)."""
    from amity.web import openapi as document

    sys.exit(document.run(check))


@cli.group()
def intelligence() -> None:
    """Models on tables of your own."""


@intelligence.command(name="bench")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--label", required=True, help="Column that holds the outcome (two values).")
@click.option("--time", "time_column", help="Column to order rows by: tests lie later. Without it, seeded splits.")
@click.option("--splits", default=5, show_default=True, type=click.IntRange(1, 20), help="How many splits.")
@click.option("--trials", default=30, show_default=True, type=click.IntRange(1, 200), help="Searches of tuned models.")
@click.option("--few", is_flag=True, help="Also learn from 20 to 1,000 rows only (minutes).")
@click.option("--all-columns", is_flag=True, help="Hold no column out, however suspicious.")
@json_option
def intelligence_bench(
    file: Path, label: str, time_column: str | None, splits: int, trials: int, few: bool, all_columns: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Compare Amity's ladder with tuned baselines on a table (CSV, TSV, JSON lines or Parquet, also gzipped)."""
    from importlib import import_module

    bench_table = import_module("amity.intelligence.bench").bench_table  # needs no database, so not through the door
    say = None if as_json else click.echo
    result = bench_table(file, label, time_column, splits, few, say, trials, hold_out=not all_columns)
    if as_json:
        click.echo(json.dumps(result, default=str, ensure_ascii=False))


@intelligence.command(name="replay")
@click.argument("rows", default=1000, type=click.IntRange(1, 100_000))
@json_option
@with_django
def intelligence_replay(rows: int, as_json: bool) -> None:
    """Compute ROWS random rows of the ledger of scores again; exit code 1 when one gives another number."""
    from amity.intelligence import api

    seen, other = api.replay_some(rows)
    found = {"replayed": seen, "equal": seen - len(other), "other": [str(pk) for pk in other[:20]]}
    emit(found, as_json, f"{seen - len(other):,} of {seen:,} rows gave the same number")
    sys.exit(1 if other else 0)


@cli.group()
def quality() -> None:
    """Duplicates and data quality."""


@quality.command(name="bench")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--truth", help="Column that is equal for records of one and the same thing (one table).")
@click.option(
    "--pairs", type=click.Path(exists=True, path_type=Path), help="File with the pairs of ids that are the same."
)
@click.option("--no-baselines", is_flag=True, help="Leave Splink out.")
@json_option
def quality_bench(
    files: tuple[Path, ...], truth: str | None, pairs: Path | None, no_baselines: bool, as_json: bool
) -> None:
    """Find duplicates in FILE, or link LEFT to RIGHT, and compare with what is known (also gzipped)."""
    from importlib import import_module

    if len(files) > 2:
        raise click.UsageError("Give one table, or two to link.")
    measured = import_module("amity.people.matching.bench")  # needs no database, so not through the door
    right = files[1] if len(files) > 1 else None
    result = measured.bench_files(files[0], right, pairs, truth, baselines=not no_baselines)
    emit(result, as_json, measured.heading() + "\n" + measured.in_words(files[0].name, result))


cli.add_command(commands_of_language)


_MEASURES = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


# What can be measured or proved: the module, and whether it needs Django of this installation.
_BENCHES = {
    "behaviour": ("amity.web.bench_behaviour", False),
    "corrections": ("amity.web.bench_corrections", False),
    "dedupe": ("amity.people.matching.bench", False),
    "import": ("amity.web.bench_import", True),
    "intake": ("amity.web.bench_intake", False),
    "intelligence": ("amity.intelligence.benches.main", False),
    "language": ("amity.intelligence.language.bench", False),
    "lists": ("amity.web.bench_lists", True),
    "pipeline": ("amity.web.bench_pipeline", False),
    "retrieval": ("amity.intelligence.language.retrieval_bench", False),
    "scan": ("amity.web.bench_scan", True),
    "scoring": ("amity.intelligence.bench", False),
    "segments": ("amity.web.bench_segments", True),
    "tone": ("amity.intelligence.language.tone_bench", False),
}
_CHECKS = {
    "desk": ("amity.web.check_desk", True),
    "erase": ("amity.web.check_erase", False),
    "imports": ("amity.web.check_import", True),
    "intake-fuzz": ("amity.web.check_fuzz", False),
    "kill": ("amity.web.check_kill", False),
    "kill-events": ("amity.web.check_kill_events", False),
    "log": ("amity.web.check_log", False),
}


@cli.command(context_settings=_MEASURES)
@click.argument("what", type=click.Choice(sorted(_BENCHES)))
@click.pass_context
def bench(context: click.Context, what: str) -> None:
    """Measure speed and quality and print the figures."""
    _run_module(*_BENCHES[what], context.args)


@cli.command(context_settings=_MEASURES)
@click.argument("what", type=click.Choice(sorted(_CHECKS)))
@click.pass_context
def check(context: click.Context, what: str) -> None:
    """Prove a promise on real input and print the figures."""
    _run_module(*_CHECKS[what], context.args)


def _run_module(name: str, needs_django: bool, arguments: list[str]) -> None:
    from importlib import import_module

    if needs_django:
        _set_up_django()
    sys.exit(import_module(name).main(arguments) or 0)


def _set_up_django() -> None:
    import django

    django.setup()


def _listen_on(host: str | None, port: int | None) -> None:
    if host:
        os.environ["AMITY_HOST"] = host
    if port:
        os.environ["AMITY_PORT"] = str(port)


def _migrate() -> None:
    from django.db import connection, transaction

    from amity.events import api as events
    from amity.web import schema

    schema.bring_up_to_date()
    with transaction.atomic(), connection.cursor() as cursor:
        events.align_log(cursor)
    _replay_erasures()


def _replay_erasures() -> None:
    """Before anything is served: a database that was put back by other means than `amity restore` is seen to."""
    from amity.web import cli_privacy

    if (base_config.load().home / "erased").exists():
        cli_privacy.replay(None)


def _show_setup_link() -> None:
    from amity.access import api as access
    from amity.web import links

    if access.set_up_needed():
        click.echo(f"First run. Set up your account here (valid 24 hours):\n  {links.one_time(base_config.load())}")
