"""What decides which value holds, as the data steward set it: versions that stay, the newest of which counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import jobs, undo
from amity.base.errors import Refused
from amity.people.golden import MANUAL, MOST_TRUST, RULES, TRUSTED, Policy
from amity.people.golden_tables import GoldenPolicy
from amity.people.traits_store import json

POLICY_KIND = "people.golden_policy"
APPLY_TASK = "people.golden.apply"
PERMISSION = "duplicates.decide"
SYSTEM = "system:"
_NEWEST = "SELECT version, rules, trust FROM people_golden_policy ORDER BY version DESC LIMIT 1"
_ONE = "SELECT version, rules, trust FROM people_golden_policy WHERE version = %s"
_IMPORTS = (
    "SELECT id, system FROM people_import WHERE system = ANY(%s) UNION ALL SELECT f.id, r.system "
    "FROM people_importfile f JOIN people_import r ON r.id = f.run_id WHERE r.system = ANY(%s)"
)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('people.identity'))"  # nobody judges values meanwhile


def current(cursor: Any) -> Policy | None:
    """The policy that counts; None while everything is as Amity comes. 1 query, 2 where imports are trusted by name."""
    cursor.execute(_NEWEST)
    return _policy(cursor, cursor.fetchone())


def of_version(version: int) -> Policy | None:
    """The policy of a version; None for 0. No query for 0."""
    if not version:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [version])
        return _policy(cursor, cursor.fetchone())


def stored() -> GoldenPolicy | None:
    """The newest version as it was saved. 1 query."""
    return GoldenPolicy.objects.order_by("-version").first()


def change(principal: access.Principal, rules: Mapping[str, str], trust: Mapping[str, int]) -> Any:
    """Save a new version and start the job that judges again what is here; returns the undo group. Audited.

    Raises ``Refused``: ``golden_rule``, ``golden_trust``.
    """
    return undo.perform(principal, POLICY_KIND, {"rules": dict(rules), "trust": dict(trust)})


def judge_later() -> None:
    """Have what came just now judged by the policy, if there is one; called where many values came at once. 1 query."""
    with connection.cursor() as cursor:
        if current(cursor) is not None:
            jobs.start(APPLY_TASK, APPLY_TASK)


def do_change(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler."""
    return _save(principal, args["rules"], args["trust"])


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: what counted before counts again, as a new version."""
    _save(principal, before["rules"], before["trust"])


def _save(principal: access.Principal, rules: Mapping[str, str], trust: Mapping[str, int]) -> dict[str, Any]:
    access.require(principal, PERMISSION)
    rules = {name: rule for name, rule in rules.items() if rule != TRUSTED}
    if set(rules.values()) - set(RULES):
        raise Refused("golden_rule", _("A value is chosen by trust, the latest or the first."))
    if any(not 0 <= value <= MOST_TRUST for value in trust.values()):
        raise Refused("golden_trust", _("Trust is a whole number from 0 to 100."))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        old = stored()
        made = GoldenPolicy.objects.create(
            version=(old.version if old else 0) + 1, rules=rules, trust=dict(trust), changed_by=principal.staff_id
        )
    jobs.start(APPLY_TASK, APPLY_TASK, started_by=principal.staff_id)
    before = {"rules": old.rules if old else {}, "trust": old.trust if old else {}}
    detail = {"before": before, "after": {"rules": rules, "trust": dict(trust)}}
    access.record(principal, "change", "golden_policy", str(made.version), detail)
    return before


def _policy(cursor: Any, row: Any) -> Policy | None:
    if row is None:
        return None
    version, rules, trust = row[0], json(row[1]), json(row[2])
    if not rules and not trust:
        return None
    return Policy(version, rules, _by_origin(cursor, trust))


def _by_origin(cursor: Any, trust: Mapping[str, int]) -> dict[str, int]:
    """Trust by the ids that values carry: of a system, those of all its imports."""
    found = {name: value for name, value in trust.items() if not name.startswith(SYSTEM)}
    systems = [name.removeprefix(SYSTEM) for name in trust if name.startswith(SYSTEM)]
    if systems:
        cursor.execute(_IMPORTS, [systems, systems])
        found |= {str(origin): trust[SYSTEM + system] for origin, system in cursor.fetchall()}
    return found


def known_sources(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Sources to trust: what people type, then the others by name."""
    return [(MANUAL, _("Entered by hand")), *sorted(names, key=lambda pair: pair[1].casefold())]
