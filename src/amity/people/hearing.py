"""Who may hear that a person or company changed (`base.live`)."""

from __future__ import annotations

from typing import Any

from amity.access import api as access
from amity.base import live
from amity.base.ids import read_id
from amity.people.models import Company, Person


def register_hearing() -> None:
    """Pages may listen for people, companies and segments."""
    live.register("person", lambda principal, ids: _seen(Person, principal, ids))
    live.register("company", lambda principal, ids: _seen(Company, principal, ids))
    live.register("segment", lambda principal, ids: set(ids) if principal.may("people.view") else set())


def _seen(model: Any, principal: access.Principal, ids: frozenset[str]) -> set[str]:
    if not principal.may("people.view"):
        return set()
    if principal.scope == "all":
        return set(ids)
    known = [each for each in ids if read_id(each)]
    rows = model.objects.filter(access.rows_of(principal), pk__in=known)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}
