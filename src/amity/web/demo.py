"""`amity demo`: database, tables, sample company, first models, then everything running; each step says its seconds."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from amity.base import config as base_config
from amity.base.errors import Refused

SEED = 20_240_229


@contextmanager
def step(label: str) -> Iterator[None]:
    """Print ``label``, do the work, print the seconds it took."""
    click.echo(f"· {label} … ", nl=False)
    started = time.perf_counter()
    yield
    click.echo(f"{time.perf_counter() - started:.1f} s")


def run(serve: bool = True) -> None:
    """Prepare what is not prepared yet, then serve until Ctrl-C. A second start finds everything in place."""
    config = base_config.load()
    with step("starting the database"):
        import django

        django.setup()
    with step("bringing tables up to date"):
        from amity.web import schema

        schema.bring_up_to_date()
    _prepare(config)
    if not serve:
        return
    from amity.web import links, supervisor

    click.echo(f"\nAmity runs on {links.address(config)}. Sign in once with this link (valid 24 hours):\n")
    click.echo(f"  {links.one_time(config)}\n\nStop with Ctrl-C; the data stays in {config.home}.\n")
    sys.exit(supervisor.up(config))


def _prepare(config: base_config.Config) -> None:
    from amity.access import api as access
    from amity.people import api as people
    from amity.web import demo_desk, demo_live, demo_staff

    access.demo_administrator("Ada Demo", "ada@demo.example", demo_staff.HOME)
    done = [
        item for item in people.imports.listing(access.SYSTEM) if item.name == "Sample company" and item.state == "done"
    ]
    if not done:
        _load_sample(config)
    with step("letting people visit the shop"):
        demo_live.make(SEED)
    with step("filling the inbox"):
        demo_desk.make(SEED)
    _train()


def _load_sample(config: base_config.Config) -> None:
    from amity.web import cli_import, demo_staff, sample

    folder = config.home / "sample"
    with step("inventing the sample company"):
        shutil.rmtree(folder, ignore_errors=True)
        sample.generate(folder, seed=SEED)
    with step("importing it"):
        outcome = cli_import.import_paths([folder], name="Sample company", system="sample", watch=_quiet)
        if outcome.state != "done":
            raise Refused("demo_failed", f"The sample company could not be loaded: {outcome.error}")
        demo_staff.make()
    created, rejected = (sum(getattr(file, key) for file in outcome.files) for key in ("created", "rejected"))
    click.echo(f"  {created:,} records from {outcome.rows:,} rows, {rejected:,} rows rejected with a reason")


def _train() -> None:
    from amity.access import api as access
    from amity.intelligence import api as intelligence
    from amity.journeys import api as journeys

    missing = [target for target in intelligence.targets() if intelligence.live_model(target.key) is None]
    if not missing:
        return  # what follows is learned anew every night
    for target in missing:
        with step(f"learning: {target.label}"):
            intelligence.train(access.SYSTEM, target.key, _quiet)
    with step("learning from purchases"):
        intelligence.learn_customers(access.SYSTEM, _quiet)
    with step("learning what actions change"):
        for kind in ("person", "deal"):
            journeys.learn(kind)


def _quiet(done: int, total: int | None = None, stage: str = "") -> None:
    """Progress is shown per step here."""
