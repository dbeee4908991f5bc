"""What pins and checks mean to changes: humans replace such values and end the mark, machines do not replace them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock, undo
from amity.people.golden import is_fixed
from amity.people.golden_tables import GoldenMark
from amity.people.models import Company, TraitChange

Values = Mapping[str, Any]


def fixed_names(origins: Values) -> set[str]:
    """Fields whose value was pinned or verified: only a human replaces it."""
    return {name for name, origin in origins.items() if is_fixed(origin)}


def end(principal: access.Principal, profile_id: UUID, was: Values, now: Values) -> None:
    """Marks that stood before a change and do not stand after it end. 1 query where there are any."""
    ended = fixed_names(was) - fixed_names(now)
    if ended:
        close(principal, profile_id, ended)


def close(principal: access.Principal, profile_id: UUID, names: Iterable[str]) -> None:
    """Marks of these fields end now. 1 query."""
    rows = GoldenMark.objects.filter(profile_id=profile_id, name__in=list(names), ended_at=None)
    rows.update(ended_at=clock.now(), ended_by=principal.staff_id)


def spare(
    principal: access.Principal, row: Any, values: Values, traits: Values | None
) -> tuple[Values, Values | None, list[TraitChange]]:
    """What of a change may happen: a token does not replace pinned and verified values; what it said is kept beside.

    Values and custom fields that may be set, and lines for the history. No query.
    """
    fixed = fixed_names(row.origins) if principal.via == "token" else set()
    if not fixed:
        return values, traits, []
    before = undo.state_of(row)
    said = {
        **{n: v for n, v in values.items() if n in fixed},
        **{n: v for n, v in (traits or {}).items() if n in fixed},
    }
    kept = [
        TraitChange(
            profile_kind="company" if isinstance(row, Company) else "person", profile_id=row.pk, name=name[:120],
            before=undo.plain(before.get(name, row.traits.get(name))), after=undo.plain(value), held=True,
        )
        for name, value in said.items()
        if value not in (None, "", before.get(name, row.traits.get(name)))
    ]  # fmt: skip
    free = {name: value for name, value in traits.items() if name not in fixed} if traits else traits
    return {name: value for name, value in values.items() if name not in fixed}, free, kept
