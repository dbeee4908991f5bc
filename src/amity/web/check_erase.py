"""`amity check erase`: forty strings planted through every door, exported, erased, and looked for byte by byte.

In a throw-away installation with all its processes: (1) plant, (2) back up, (3) export: all are found, (4) erase,
(5) search a plain dump of the database (binary columns decoded), uploads, files handed on and logs: none is found,
(6) restore the older backup, which replays the erase ledger, and search again: none, (7) the same without the ledger,
to show that the search finds them, (8) start as an operator does, which replays it: none. Exit code 1 when any differs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amity.web import check_erase_search as searching
from amity.web import scratch
from amity.web.bench_intake import free_port

# What there is no door for yet, so that nothing could be planted.
NOT_YET = ("attachments (no room keeps files beside uploads of imports)", "inbound mail and chats (room channels)")
_PATIENCE_S = 240


def main(argv: Sequence[str]) -> int:
    """Run all steps and print the figures."""
    argparse.ArgumentParser(prog="amity check erase", description=__doc__).parse_args(argv)
    web, intake = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="amity-canary-") as folder,
        scratch.installation(port=web, intake_port=intake, webhook_allow_private="true") as environment,
    ):
        note = Path(folder) / "canaries.json"
        backup = Path(folder) / "old.tar"
        home = Path(environment["AMITY_HOME"])
        with _house(environment, web):
            _step(environment, "plant", str(note), f"http://127.0.0.1:{web}", f"http://127.0.0.1:{intake}")
            scratch.amity(environment, "backup", str(backup))
            _step(environment, "later", str(note), "", "")
            planted = json.loads(note.read_text())["canaries"]
            good = _told("planted", searching.search(home, planted), planted, len(planted))
            exported = _step(environment, "export", str(note), "", "")
            good &= _told("in the export", exported["found"], planted, len(planted))
            report = _step(environment, "erase", str(note), "", "")
            print(f"erased: {report['rows']} rows and lines in {report['tables']} tables and kinds of files")
            good &= _told("after erasing", searching.search(home, planted), planted, 0)
        good &= _restored(environment, home, backup, planted)
    print(f"doors that do not exist yet: {'; '.join(NOT_YET)}")
    print("erase: all as promised" if good else "erase: NOT as promised")
    return 0 if good else 1


def _restored(environment: Mapping[str, str], home: Path, backup: Path, planted: dict[str, str]) -> bool:
    """The older backup put back: with the ledger, without it, and then started."""
    scratch.amity(environment, "restore", str(backup), "--yes")
    good = _told("after restoring the older backup", searching.search(home, planted), planted, 0)
    (home / "erased").rename(home.parent / f"{home.name}-erased")
    scratch.amity(environment, "restore", str(backup), "--yes")
    control = searching.search(home, planted)
    print(f"control: restored without the ledger, {len(control)} of {len(planted)} are there")
    (home.parent / f"{home.name}-erased").rename(home / "erased")
    scratch.amity(environment, "migrate")  # what `amity up` does before it serves
    good &= _told("after starting on a foreign restore", searching.search(home, planted), planted, 0)
    raw = searching.raw_files(home, planted)
    print(f"raw data files of the database after a rewrite (VACUUM FULL): {len(raw)} of {len(planted)}")
    return good and len(control) > len(planted) * 0.8


def _told(when: str, found: Mapping[str, Any], planted: Mapping[str, str], wanted: int) -> bool:
    print(f"{when}: {len(found)} of {len(planted)} found", flush=True)
    wrong = set(found) if not wanted else set(planted) - set(found) if len(found) < wanted else set()
    for door in sorted(wrong):
        print(f"    {'MISSING' if wanted else 'LEFT'}: {door} {found.get(door, '')}")
    return not wrong


def _step(environment: Mapping[str, str], verb: str, *arguments: str) -> Any:
    """One step in a process of its own; what it answers."""
    command = [sys.executable, "-m", "amity.web.check_erase_steps", verb, *arguments]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise SystemExit(f"{verb} failed:\n{done.stderr[-4_000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def _house(environment: Mapping[str, str], port: int) -> Iterator[None]:
    """`amity up`, its log in a file of the data folder."""
    logs = Path(environment["AMITY_HOME"]) / "logs"
    logs.mkdir(exist_ok=True)
    with (logs / "amity.log").open("ab") as log:
        command = [sys.executable, "-m", "amity", "up"]
        child = subprocess.Popen(command, env=dict(environment), stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(f"http://127.0.0.1:{port}/readyz")
            yield
        finally:
            os.kill(child.pid, signal.SIGTERM)
            child.wait(60)


def _wait(address: str) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)
