"""What ids on a page are called. Everything on the page asks first; then the names are read at once for all of it.

A part of a page that tells names is a generator: it reads its rows, yields the ids that it `Wanted`, is sent the
`Names` and returns what it shows. `told_together` runs many of them with one query per kind of thing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar
from uuid import UUID

from amity.access import api as access
from amity.events import api as events
from amity.people import profiles

T = TypeVar("T")
Ids = Iterable[UUID | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ids to be told by name. ``sources``: imports and their files, websites and apps, servers."""

    staff: Ids = ()
    people: Ids = ()
    companies: Ids = ()
    sources: Ids = ()

    def __add__(self, other: Wanted) -> Wanted:
        return Wanted(*([*getattr(self, each.name), *getattr(other, each.name)] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id. People and companies that the reader does not see have none."""

    staff: Mapping[UUID, str]
    people: Mapping[UUID, str]
    companies: Mapping[UUID, str]
    sources: Mapping[UUID, str]


Asking = Generator[Wanted, Names, T]


def names_of(principal: access.Principal, wanted: Wanted) -> Names:
    """Names as far as the principal sees them. 1 query per kind of thing, 2 for sources; none where nobody asks."""
    people, companies = _ids(wanted.people), _ids(wanted.companies)
    return Names(
        access.staff_names(_ids(wanted.staff)),
        profiles.names(people, principal) if people else {},
        profiles.company_names(companies, principal) if companies else {},
        _sources(_ids(wanted.sources)),
    )


def told_together(principal: access.Principal, asking: Sequence[Asking[T]]) -> list[T]:
    """What these say, in their order, once they know the names. Queries: their own, and those of `names_of`."""
    wanted = sum((next(each) for each in asking), Wanted())
    names = names_of(principal, wanted)
    return [_answered(each, names) for each in asking]


def _answered(asking: Asking[T], names: Names) -> T:
    try:
        asking.send(names)
    except StopIteration as done:
        found: T = done.value
        return found
    raise TypeError("A part of a page asks for names once.")


def _ids(asked: Ids) -> set[UUID]:
    return {each for each in asked if each}


def _sources(ids: set[UUID]) -> dict[UUID, str]:
    found = profiles.origin_names(ids) if ids else {}
    return found if ids <= found.keys() else events.source_names() | found
