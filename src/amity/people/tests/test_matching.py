"""Finding who is one and the same, in tables nobody described."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.people.matching import clusters, nicknames, truth, words
from amity.people.matching.bench import bench_tables
from amity.people.matching.columns import kind_of
from amity.people.matching.made_up import with_duplicates


@pytest.mark.parametrize(
    ("left", "right"),
    [("Kowalska", "Ковальский"), ("Müller", "Mueller"), ("Muller", "Müller"), ("Иванова", "Iwanow")],
)
def test_surnames_sound_alike_in_every_spelling(left, right):
    assert words.sound(words.fold(left)) == words.sound(words.fold(right))


@pytest.mark.parametrize(("left", "right"), [("Саша", "Aleksander"), ("Kasia", "Catherine"), ("Bob", "Robert")])
def test_short_and_foreign_forms_are_kin(left, right):
    assert nicknames.kin(words.fold(left), words.fold(right))
    assert not nicknames.kin("robert", "maria")


def test_legal_forms_do_not_count():
    assert words.without_legal_form("nowak sp z o o") == words.without_legal_form("nowak gmbh") == "nowak"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a@b.example", "c.d@e.example"], "email"),
        (["1971-06-24", "24.06.1971"], "date"),
        (["+48 58 037 38 90", "(404) 231-1368"], "phone"),
        (["1995,", "2001"], "year"),
        (["$39.99", "1,299.00"], "number"),
        (["4011", "tq13 8df"], "code"),
        (["Anna", "Piotr"], "word"),
        (["435 s. la cienega blvd", "12 rose lane"], "phrase"),
    ],
)
def test_a_column_is_known_by_its_values(values, kind):
    assert kind_of("x", values) == kind


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_pairs_of_groups_and_back(numbers):
    import numpy as np

    groups = np.array(numbers)
    pairs = clusters.pairs_of(groups)
    assert len(pairs) == sum(n * (n - 1) // 2 for n in np.bincount(groups))
    back = truth.grouped(len(groups), pairs)
    assert all((back[a] == back[b]) == (groups[a] == groups[b]) for a in range(len(back)) for b in range(len(back)))


def _people(count: int) -> pl.DataFrame:
    firsts = ["Anna", "Peter", "Мария", "Iwan", "Jürgen", "Olga", "Robert", "Zofia", "Emily", "Heinrich", "Tomasz"]
    lasts = ["Kowalski", "Schmidt", "Иванов", "Nowak", "Brown", "Weber", "Зайцев", "Wilson", "Lis", "Bauer"]
    cities = ["Gdańsk", "Berlin", "Москва", "Leeds", "Köln", "Lublin"]
    rows = [
        {
            "first": firsts[n % len(firsts)],
            "last": lasts[n // 3 % len(lasts)] + ("" if n % 5 else "berg"),
            "email": f"{words.fold(firsts[n % len(firsts)])}{n * 37}@mail{n % 9}.example",
            "phone": f"+4858{(n * 7_368_787) % 10_000_000:07d}",
            "city": cities[n % len(cities)],
        }
        for n in range(count)
    ]
    return pl.DataFrame(rows)


@pytest.mark.slow
def test_worse_copies_are_found_without_settings():
    table = with_duplicates(_people(1_500), seed=3)
    known = truth.by_column(table, "person")
    found = bench_tables(table, None, known, None, baselines=False)
    assert found["precision"] > 0.95
    assert found["recall"] > 0.9
    assert "person" not in found["columns"]


def test_tables_are_told_by_content(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress("id;Имя\n1;Анна\n2;Пётр\n".encode("cp1251")))
    (tmp_path / "b").write_text("\n".join(json.dumps({"id": n, "name": name}) for n, name in enumerate("xy")))
    pl.DataFrame({"id": [1, 2]}).write_parquet(tmp_path / "c")
    assert read_table(tmp_path / "a", typed=False)["Имя"].to_list() == ["Анна", "Пётр"]
    assert read_table(tmp_path / "b", typed=False).to_dict(as_series=False) == {"id": ["0", "1"], "name": ["x", "y"]}
    assert read_table(tmp_path / "c", typed=False)["id"].to_list() == ["1", "2"]


def test_pairs_name_records_by_whatever_column_holds_their_ids():
    left = pl.DataFrame({"name": ["a", "b", "c"], "key": ["l1", "l2", "l3"]})
    right = pl.DataFrame({"ref": ["r1", "r2"], "name": ["b", "c"]})
    pairs = pl.DataFrame({"right": ["r1", "r2"], "left": ["l2", "l3"], "label": ["1", "0"]})
    known = truth.by_pairs(left, right, pairs)
    assert truth.unpack(known.pairs, known.total).tolist() == [[1, 3]]
    assert known.ids == {"key", "ref"}
    with pytest.raises(Refused, match="name no records"):
        truth.by_pairs(left, right, pl.DataFrame({"a": ["x"], "b": ["y"]}))


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("anna.kowalska1204@a.example", "anna.kowalska1205@a.example", 1),  # whoever comes next has the next number
        ("anna.kowalska1204@a.example", "anna.kowalska1024@a.example", 3),  # a slip
        ("anna.kowalska@a.example", "jan.nowak@a.example", 2),
    ],
)
def test_addresses_that_only_their_numbers_tell_apart_are_namesakes(left, right, level):
    assert levels_of("email", [left, right], personal=False) == level


@pytest.mark.parametrize(("often", "alike"), [(40, False), (1, True)])
def test_two_usual_names_are_two_and_a_rare_one_is_a_slip(often, alike):
    assert (levels_of("word", ["stefan"] * 40 + ["stefanie"] * often, personal=True) >= 3) == alike


def levels_of(kind, values, personal):
    import numpy as np
    import polars as pl

    from amity.people.matching.columns import encoded
    from amity.people.matching.compare import levels, similarity

    column = replace(encoded("x", kind, pl.Series(values)), personal=personal)
    return levels(kind, similarity(column, np.array([[0, len(values) - 1]])))[0]
