"""Pairs that look the same: who sees them, what deciding does, and taking it back."""

from __future__ import annotations

from uuid import UUID

import pytest

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.base.errors import NotFound, Refused
from amity.people import changes, duplicates
from amity.people.models import DuplicatePair, Merge, Person

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM


def _person(name: str, **more: str) -> UUID:
    return changes.create_person(BOSS, {"display_name": name, **more})


def _pair(a: UUID, b: UUID, probability: float = 0.9, kind: str = "person") -> DuplicatePair:
    left, right = sorted((a, b))
    evidence = [{"field": "name", "level": "alike", "weight": 4.2}, {"field": "email", "level": "same", "weight": 9}]
    return DuplicatePair.objects.create(
        kind=kind, left_id=left, right_id=right, probability=probability, weight=5.0, band="review", found_by="scan",
        evidence=evidence, model_version="v",
    )  # fmt: skip


def test_the_most_probable_come_first_page_by_page_with_the_values_as_they_are() -> None:
    ada, ida, eda = (_person(name, email=f"{name}@x.pl") for name in ("Ada", "Ida", "Eda"))
    _pair(ada, ida, 0.7)
    _pair(ada, eda, 0.9)
    first = duplicates.open_pairs(BOSS, limit=1)
    assert [(pair.probability, pair.left.name, pair.right.name) for pair in first] == [(0.9, "Ada", "Eda")]
    assert [(e.field, e.left, e.right, e.weight) for e in first[0].evidence] == [
        ("email", "ada@x.pl", "eda@x.pl", 9.0), ("name", "Ada", "Eda", 4.2),
    ]  # fmt: skip
    second = duplicates.open_pairs(BOSS, after=first[0].cursor)
    assert [pair.probability for pair in second] == [0.7]
    assert [pair.id for pair in duplicates.pairs_of(BOSS, "person", ida)] == [second[0].id]
    assert duplicates.counts()["person"].open == 2


def test_a_decision_to_merge_is_done_and_undone() -> None:
    ada, ida = _person("Ada"), _person("Ida", city="Radom")
    pair = _pair(ada, ida)
    group = duplicates.decide(BOSS, pair.pk, "merge", ida)
    assert Person.objects.get(pk=ada).merged_into_id == ida
    made = Merge.objects.get()
    assert made.evidence["pair"] == str(pair.pk)
    assert duplicates.counts()["person"].merged == 1
    with pytest.raises(Refused, match="already"):
        duplicates.decide(BOSS, pair.pk, "apart")
    undo.put_back(BOSS, group)
    assert Person.objects.get(pk=ada).merged_into_id is None
    assert [each.id for each in duplicates.open_pairs(BOSS)] == [pair.pk]


def test_two_that_are_not_the_same_leave_the_queue_until_it_is_undone() -> None:
    pair = _pair(_person("Ada"), _person("Ida"))
    group = duplicates.decide(BOSS, pair.pk, "apart")
    assert duplicates.open_pairs(BOSS) == []
    assert duplicates.get_pair(BOSS, pair.pk).state == "apart"
    undo.put_back(BOSS, group)
    assert len(duplicates.open_pairs(BOSS)) == 1


def test_pairs_are_for_those_who_see_both_sides() -> None:
    sam = access.principal_of(hire("Sam", "salesperson", scope="own"))
    mine = changes.create_person(sam, {"display_name": "Ada"})
    pair = _pair(mine, _person("Ida"))
    assert duplicates.open_pairs(sam) == []
    for verdict in ("merge", "apart"):
        with pytest.raises(NotFound):
            duplicates.decide(sam, pair.pk, verdict)  # type: ignore[arg-type]
    assert DuplicatePair.objects.get().state == "open"
    assert len(duplicates.open_pairs(BOSS)) == 1


def test_the_winner_is_one_of_the_two() -> None:
    pair = _pair(_person("Ada"), _person("Ida"))
    with pytest.raises(Refused):
        duplicates.decide(BOSS, pair.pk, "merge", _person("Eve"))
    assert not Merge.objects.exists()
