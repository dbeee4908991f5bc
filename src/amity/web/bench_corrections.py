"""`amity bench corrections`: proposals on the sample company's planted mistakes, applied and taken back again.

The sample is imported into a new installation as any export is. Per kind: how many mistakes were planted, how many are
proposed, precision, recall, and how many of the repairs say what was meant. Then every repair is applied and reversed,
and all tables must be as they were. Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from amity.web import scratch

SEEDS = (20_240_229, 7, 1968)
PRECISION, RECALL = 0.98, 0.90
_INSIDE = "--inside"
# planted kind -> the kind of problem that is to find it
KINDS = {
    "malformed_email": "email_malformed", "email_slip": "email_malformed", "email_typed": "email_malformed",
    "malformed_phone": "phone_malformed", "phone_typed": "phone_malformed",
    "wrong_field": "name_wrong_field",
    "swapped_names": "names_swapped",
    "all_caps_names": "name_case", "lower_names": "name_case", "caps_lock_names": "name_case",
    "shouted_last_name": "name_case",
    "impossible_birthday": "impossible_date", "placeholder_birthday": "impossible_date",
    "created_in_the_future": "impossible_date", "decided_before_created": "impossible_date",
    "wrong_country": "country_phone",
    "company_shouted": "company_case",
    "deal_orphan": "deal_orphan", "deal_stage_slip": "deal_stage", "deal_closed_before_created": "deal_dates",
}  # fmt: skip
_FIELDS = {
    "Email": "email", "Phone": "phone", "First name": "given_name", "Last name": "family_name",
    "Middle name": "middle_name", "Country": "country", "Company name": "name", "Stage": "stage_id",
    "Birthday": "traits.Birthday",
}  # fmt: skip
_TABLES = (
    "people_person", "people_company", "people_identifier", "people_traitchange", "sales_deal", "sales_stagechange",
)  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Measure for each seed in an installation of its own, and print the sums."""
    asked = _parser().parse_args(argv)
    if asked.inside:
        import django

        django.setup()
        asked.inside.write_text(json.dumps(_one(asked.seed[0], asked.people)))
        return 0
    with ThreadPoolExecutor(max(1, min(len(asked.seed), os.cpu_count() or 1))) as threads:
        parts = list(threads.map(lambda seed: _measured(seed, asked.people), asked.seed))
    if None in parts:
        return 1
    result = summed([part for part in parts if part])
    print(json.dumps(result) if asked.json else in_words(result))
    return 0 if result["good"] else 1


def _measured(seed: int, people: int) -> dict[str, Any] | None:
    """One sample company in an installation of its own, beside the others; None where that failed."""
    with tempfile.TemporaryDirectory() as folder, scratch.installation() as environment:
        told = Path(folder) / "told.json"
        arguments = (_INSIDE, str(told), "--seed", str(seed), "--people", str(people))
        if scratch.python(environment, "amity.web.bench_corrections", *arguments):
            return None
        part: dict[str, Any] = json.loads(told.read_text())
        print(f"sample company {seed}: done", file=sys.stderr, flush=True)
        return part


def summed(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of several samples together, with precision, recall and what is missed."""
    kinds: dict[str, dict[str, Any]] = {}
    for part in parts:
        for kind, counts in part["kinds"].items():
            into = kinds.setdefault(kind, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                into[name] += count
    for figures in kinds.values():
        figures["precision"] = _share(figures["right"], figures["proposed"])
        figures["recall"] = _share(figures["right"], figures["planted"])
        figures["repair_correct"] = _share(figures["repaired"], figures["known"])
    good = all(each["precision"] >= PRECISION and each["recall"] >= RECALL for each in kinds.values())
    same = all(part["equal_to_before"] for part in parts)
    totals = {name: sum(part[name] for part in parts) for name in ("applied", "void", "reversed", "tricky", "people")}
    seconds = {name: round(sum(part[name] for part in parts), 1) for name in ("scan_seconds", "apply_seconds")}
    fooled = sum(part["fooled"] for part in parts)
    return {"kinds": kinds, **totals, **seconds, "fooled": fooled, "equal_to_before": same, "good": good and same}


def in_words(result: Mapping[str, Any]) -> str:
    """The table."""
    heads = ("planted", "proposed", "precision", "recall", "repairs known", "correct")
    lines = ["{:18} {:>8} {:>9} {:>10} {:>8} {:>14} {:>8}".format("kind", *heads)]
    for kind, each in sorted(result["kinds"].items()):
        correct = f"{each['repair_correct']:8.3f}" if each["known"] else f"{'-':>8}"
        missed = "" if each["precision"] >= PRECISION and each["recall"] >= RECALL else "  MISSED"
        lines.append(
            f"{kind:18} {each['planted']:>8} {each['proposed']:>9} {each['precision']:>10.3f} {each['recall']:>8.3f} "
            f"{each['known']:>14} {correct}{missed}"
        )
    same = "equal to before" if result["equal_to_before"] else "DIFFERENT FROM BEFORE"
    lines += [
        f"values that only look wrong: {result['tricky']}, of which {result['fooled']} were taken for a problem",
        f"scan of {result['people']:,} people, their companies and deals: {result['scan_seconds']} s",
        f"applied {result['applied']:,} repairs ({result['void']} no longer fitted after another), "
        f"took {result['reversed']:,} back in {result['apply_seconds']} s: every table {same}",
        f"goals (precision >= {PRECISION}, recall >= {RECALL} per kind): {'met' if result['good'] else 'MISSED'}",
    ]
    return "\n".join(lines)


def _one(seed: int, people_count: int) -> dict[str, Any]:
    from amity.access import api as access
    from amity.people import api as people
    from amity.web import cli_import, sample

    with tempfile.TemporaryDirectory() as folder:
        planted = sample.generate(
            Path(folder) / "sample", seed=seed, people=people_count, companies=max(40, people_count * 2 // 15)
        )
        cli_import.import_paths([Path(folder) / "sample"], name="Sample company", system="sample", watch=_quiet)
    began = time.perf_counter()
    people.quality.scan(_quiet)
    seconds = time.perf_counter() - began
    kinds, fooled = _judged(planted)
    before = _digests()
    began = time.perf_counter()
    outcome = people.quality.accept(access.SYSTEM, _open_ids())
    done = people.quality.reverse(access.SYSTEM, _applied_ids()).done
    apply_seconds = time.perf_counter() - began
    after = _digests()
    for name in before:
        if before[name] != after[name]:
            print(f"{name} differs", file=sys.stderr)
    return {
        "kinds": kinds, "fooled": fooled, "tricky": sum(map(len, planted.tricky.values())), "people": people_count,
        "scan_seconds": seconds, "applied": outcome.done, "void": outcome.void, "reversed": done,
        "apply_seconds": apply_seconds, "equal_to_before": before == after and outcome.done == done,
    }  # fmt: skip


def _judged(planted: Any) -> tuple[dict[str, dict[str, int]], int]:
    """Counts by kind of problem, and how many tricky values were taken for one."""
    proposed = _proposed()
    ours = {row["key"] for row in proposed}
    found: dict[str, dict[str, int]] = {}
    shown: dict[str, set[str]] = {}
    for kind in {KINDS[each] for each in planted.ids if each in KINDS}:
        truth = _truth(planted, kind)
        mine = [row for row in proposed if row["kind"] == kind]
        keys = {row["key"] for row in mine}
        right = keys & truth.keys()
        known = [row for row in mine if row["key"] in right and truth[row["key"]]]
        found[kind] = {
            "planted": len(truth), "proposed": len(keys), "right": len(right),
            "known": len({row["key"] for row in known}),
            "repaired": len({row["key"] for row in known if _says(row["after"], truth[row["key"]])}),
        }  # fmt: skip
        shown[kind] = keys - truth.keys()
        for key in sorted(shown[kind])[:20]:
            row = next(row for row in mine if row["key"] == key)
            print(f"  not planted: {kind} {key} {row['before']} -> {row['after']}", file=sys.stderr)
        for key in sorted(truth.keys() - keys)[:20]:
            print(f"  not found: {kind} {key} {truth[key]}", file=sys.stderr)
        for row in known:
            if not _says(row["after"], truth[row["key"]]):
                told = f"{row['before']} -> {row['after']}, meant {truth[row['key']]}"
                print(f"  other repair: {kind} {row['key']} {told}", file=sys.stderr)
    tricky = {each for ids in planted.tricky.values() for each in ids}
    return found, len(tricky & ours)


def _truth(planted: Any, kind: str) -> dict[str, dict[str, str]]:
    """Planted rows of a kind of problem with what was meant, where that can be told."""
    truth: dict[str, dict[str, str]] = {}
    for name in (each for each, of in KINDS.items() if of == kind):
        for key in planted.ids.get(name, ()):
            truth[key] = planted.meant.get(name, {}).get(key, {})
    if kind == "company_case":  # second rows of firms, typed in capitals by another clerk
        names = dict(_company_names())
        for copy, _original in planted.pairs["company_duplicate"]:
            name = names.get(copy, "")
            if name == name.upper() and name != name.lower():
                truth[copy] = {}
    return truth


def _says(after: Mapping[str, Any], meant: Mapping[str, str]) -> bool:
    for column, value in meant.items():
        name = _FIELDS.get(column)
        if name is None:
            continue
        told = after.get(name, "?")
        if column == "Birthday":
            told = next(iter(after.values()), "?")
        if column == "Phone":
            told = told if told != "?" else after.get("traits.other_phone", "?")
        if _plain(column, told or "") != _plain(column, value):
            return False
    return True


def _plain(column: str, value: str) -> str:
    """A value as both sides spell it: countries as codes, phones by their last digits."""
    from amity.people import api as people

    if column == "Country":
        return people.quality.country_code(value)
    return re.sub(r"\D", "", value)[-7:] if column == "Phone" else value


def _proposed() -> list[dict[str, Any]]:
    """Open proposals of problems, with the row's number in the old system, and stages by name."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.kind, regexp_replace(coalesce(p.key, f.key, d.key), '^.*:', ''), c.before, c.after, s.name "
            "FROM people_correction c LEFT JOIN people_person p ON p.id = c.target_id "
            "LEFT JOIN people_company f ON f.id = c.target_id LEFT JOIN sales_deal d ON d.id = c.target_id "
            "LEFT JOIN sales_stage s ON s.id::text = c.after ->> 'stage_id' "
            "WHERE c.state = 'proposed' AND c.kind NOT LIKE 'gap%%'"
        )
        rows = [dict(zip(("kind", "key", "before", "after", "stage"), row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["before"], row["after"] = (json.loads(row[name]) for name in ("before", "after"))
        if row["stage"]:
            row["after"]["stage_id"] = row["stage"]
    return rows


def _company_names() -> list[tuple[str, str]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT regexp_replace(key, '^.*:', ''), name FROM people_company WHERE key IS NOT NULL")
        return list(cursor.fetchall())


def _open_ids() -> list[UUID]:
    return _ids("state = 'proposed' AND after <> '{}'")


def _applied_ids() -> list[UUID]:
    return _ids("state = 'applied'")


def _ids(where: str) -> list[UUID]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM people_correction WHERE {where} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _digests() -> dict[str, str]:
    """A digest per table: of all its rows, ids and times included."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY id), '')) FROM {table} t")
            found[table] = cursor.fetchone()[0]
    return found


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def _quiet(done: int, total: int | None = None, stage: str = "") -> None:
    """The table is what counts."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amity bench corrections")
    parser.add_argument("--seed", type=int, nargs="*", default=list(SEEDS), help="one sample company each")
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(_INSIDE, type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
