"""Steps of `amity check erase`, each in a process of its own: ``plant``, ``later``, ``export``, ``erase``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import django

_PATIENCE_S = 120


def main(argv: list[str]) -> int:
    """Do one step; its answer is the last line of the output, as JSON."""
    django.setup()
    verb, note, web, intake = argv
    answer = _STEPS[verb](Path(note), web, intake)
    print(json.dumps(answer))
    return 0


def _plant(note: Path, web: str, intake: str) -> Any:
    from amity.web import check_erase_doors

    planted = check_erase_doors.plant(web, intake)
    note.write_text(json.dumps({"canaries": planted.canaries, "person": str(planted.person)}))
    return {"planted": len(planted.canaries)}


def _later(note: Path, web: str, intake: str) -> Any:
    """After the backup: a value that was in it is replaced."""
    from amity.access import api as access
    from amity.people import api as people

    told = json.loads(note.read_text())
    people.change_person(access.SYSTEM, UUID(told["person"]), {"city": "Elsewhere"})
    return {}


def _export(note: Path, web: str, intake: str) -> Any:
    from amity.people import api as people

    told = json.loads(note.read_text())
    subject = people.privacy.subject_of(UUID(told["person"]))
    assert subject is not None
    text = json.dumps(people.privacy.exporting.gather(subject), ensure_ascii=False, default=str).lower()
    return {"found": {door: [] for door, value in told["canaries"].items() if value.lower() in text}}


def _erase(note: Path, web: str, intake: str) -> Any:
    """As the data protection officer does it; the running worker does the job."""
    from amity.people import api as people
    from amity.web.check_erase_doors import officer

    told = json.loads(note.read_text())
    request_id = people.privacy.erase_now(officer(), UUID(told["person"]), "asked")
    give_up = time.monotonic() + _PATIENCE_S
    while (row := people.privacy.request(officer(), request_id)).state != "done":
        if row.state == "failed" or time.monotonic() > give_up:
            raise SystemExit(f"the erasure is {row.state}: {row.report}")
        time.sleep(0.2)
    return {"rows": sum(row.report.values()), "tables": len({name.partition(" ")[0] for name in row.report})}


_STEPS: dict[str, Callable[[Path, str, str], Any]] = {
    "plant": _plant,
    "later": _later,
    "export": _export,
    "erase": _erase,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
