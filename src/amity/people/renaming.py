"""People are found by their company's name: when that changes, the words they are found by follow, by a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from amity.base import jobs, undo
from amity.people.finding import person_search
from amity.people.models import Company, Person

TASK = "people.renamed"
_PER_JOB, _PER_BATCH = 500, 1_000


def renamed(company_ids: Iterable[UUID | str]) -> None:
    """These companies have a new name: queue the work in the caller's transaction. 1 query per 500 companies."""
    ids = sorted({str(each) for each in company_ids})
    for at in range(0, len(ids), _PER_JOB):
        jobs.named(TASK).defer(company_ids=ids[at : at + _PER_JOB])


def follow(company_ids: Sequence[UUID]) -> int:
    """Write the words of everybody who belongs to these companies again; returns how many changed."""
    names = dict(Company.objects.filter(pk__in=company_ids).values_list("pk", "name"))
    changed, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = Person.objects.filter(company_id__in=company_ids, pk__gt=after).order_by("pk")
            batch = list(rows.select_for_update(of=("self",))[:_PER_BATCH])
            if not batch:
                return changed
            after, stale = batch[-1].pk, []
            for person in batch:
                words = person_search(undo.state_of(person), names.get(person.company_id or UUID(int=0), ""))
                if words != person.search:
                    person.search = words
                    stale.append(person)
            Person.objects.bulk_update(stale, ["search"], batch_size=500)
            changed += len(stale)
