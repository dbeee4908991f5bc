"""Who may hear that a deal changed, and telling open pages of it and of whom it belongs to (`base.live`)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from amity.access import api as access
from amity.base import live
from amity.base.ids import read_id
from amity.sales.models import Deal, Task

_SUBJECTS = ("person", "company", "deal")


def register_hearing() -> None:
    """Pages may listen for deals."""
    live.register("deal", _seen)


def tell_deals(
    deals: Iterable[UUID | str], people: Iterable[UUID | None] = (), companies: Iterable[UUID | None] = ()
) -> None:
    """These deals changed, and with them what the pages of these people and companies show. At most 3 queries."""
    live.tell("deal", deals)
    live.tell("person", [each for each in people if each])
    live.tell("company", [each for each in companies if each])


def tell_tasks(tasks: Iterable[Task]) -> None:
    """Tasks about these records changed. At most 3 queries."""
    known = list(tasks)
    for kind in _SUBJECTS:
        live.tell(kind, [pk for each in known if (pk := getattr(each, f"{kind}_id"))])


def _seen(principal: access.Principal, ids: frozenset[str]) -> set[str]:
    if not principal.may("deals.view"):
        return set()
    if principal.scope == "all":
        return set(ids)
    known = [each for each in ids if read_id(each)]
    rows = Deal.objects.filter(access.rows_of(principal), pk__in=known)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}
