"""Files as people really have them: any encoding, separator and packing; every row taken or rejected with a reason."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.base.errors import Refused
from amity.people.imports import streams
from amity.people.imports.reading import Source, batches, sample, sources

RUSSIAN = "Имя;Фамилия;Город\nПётр;Иванов;Москва\nАнна;Петрова;Санкт-Петербург\nМария;Кузнецова;Казань\n"
POLISH = "Imię;Nazwisko;Miasto\nŁukasz;Wiśniewski;Gdańsk\nZofia;Żółć;Łódź\nPaweł;Dąbrowski;Kraków\n"
GERMAN = "Vorname;Nachname;Straße\nJörg;Müller;Hauptstraße 5\nBjörn;Größe;Königsweg 1\n"


def written(folder: Path, name: str, content: bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def only(path: Path) -> Source:
    """The single table of a file."""
    found = sources(path)
    assert len(found) == 1
    return found[0]


def read(source: Source, skip: int = 0) -> tuple[list[tuple[int, tuple[str | None, ...]]], list[tuple[int, str]]]:
    """All good rows with their numbers and all rejections as (row, code)."""
    good, bad = [], []
    for batch in batches(source, skip_rows=skip, size=3):
        good += list(zip(batch.numbers.to_list(), batch.frame.rows(), strict=True))
        bad += [(item.row, item.code) for item in batch.rejected]
        assert batch.frame.height + len(batch.rejected) == batch.last_row - batch.first_row + 1
    return good, bad


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        (RUSSIAN, ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866")),
        (POLISH, ("utf-8", "cp1250", "iso-8859-2", "utf-16")),
        (GERMAN, ("utf-8", "cp1252", "latin-1", "utf-16")),
    ],
)
def test_text_is_the_same_in_every_encoding(tmp_path: Path, text: str, encodings: tuple[str, ...]) -> None:
    expected = [tuple(line.split(";")) for line in text.splitlines()]
    for encoding in encodings:
        source = only(written(tmp_path, f"{encoding}.csv", text.encode(encoding)))
        assert source.columns == expected[0]
        assert [row for _number, row in read(source)[0]] == expected[1:], encoding


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "\x1f", "^"])
def test_any_separator_is_found(tmp_path: Path, separator: str) -> None:
    text = "\n".join(separator.join(cells) for cells in (("Name", "Email"), ("Anna", "a@x.pl"), ("Jan", "j@x.pl")))
    source = only(written(tmp_path, "x.txt", text.encode()))
    assert (source.separator, source.columns, source.n_rows) == (separator, ("Name", "Email"), 2)


def test_broken_rows_are_named_and_do_not_shift_the_others(tmp_path: Path) -> None:
    content = b'a,b\n1,2\n3,4\x00\n5,6,7\n8\n"x\n9,10\n"multi\nline",11\n5" pipe,12\n"a ""q""",13\n,\n14,15,\n\n16,17'
    source = only(written(tmp_path, "x.csv", content))
    good, bad = read(source)
    assert bad == [(2, "nul"), (3, "too_many"), (4, "too_few"), (5, "unclosed_quote"), (10, "empty")]
    assert good == [
        (1, ("1", "2")),
        (6, ("9", "10")),
        (7, ("multi\nline", "11")),
        (8, ('5" pipe', "12")),
        (9, ('a "q"', "13")),
        (11, ("14", "15")),
        (12, ("16", "17")),
    ]
    assert source.n_rows == len(good) + len(bad) == 12


def test_an_unclosed_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    text = 'a,b\n1,"unclosed\n' + "2,3\n" * 50 + '4,"fine, ""really"""\n5,6\n'
    good, bad = read(only(written(tmp_path, "x.csv", text.encode())))
    assert bad == [(1, "unclosed_quote")]
    assert len(good) == 52
    assert good[-2:] == [(52, ("4", 'fine, "really"')), (53, ("5", "6"))]


def test_rows_with_foreign_bytes_in_a_utf8_file_are_rejected(tmp_path: Path) -> None:
    content = "Имя,Город\n".encode() + "Анна,Пермь\n".encode() * 30 + b"\xff\xfe\xfa,x\n" + "Пётр,Омск\n".encode()
    source = only(written(tmp_path, "x.csv", content))
    good, bad = read(source)
    assert (source.encoding, bad, good[-1]) == ("utf-8", [(31, "encoding")], (32, ("Пётр", "Омск")))


def test_reading_can_start_anywhere(tmp_path: Path) -> None:
    lines = [f"{at},name {at}" if at % 7 else f"{at}" for at in range(1, 40)]
    source = only(written(tmp_path, "x.csv", ("id,name\n" + "\n".join(lines)).encode()))
    everything, rejected = read(source)
    for skip in (0, 1, 6, 7, 20, 39, 50):
        good, bad = read(source, skip)
        assert good == [item for item in everything if item[0] > skip]
        assert bad == [item for item in rejected if item[0] > skip]


def test_headings_are_made_unique_and_titles_above_them_are_passed_over(tmp_path: Path) -> None:
    source = only(written(tmp_path, "x.csv", b"Phone,Phone,,Name\n1,2,3,Anna\n4,5,6,Jan\n"))
    assert source.columns == ("Phone", "Phone (2)", "Column 3", "Name")
    titled = only(
        written(tmp_path, "y.csv", b"Report: Leads\nMade 2020-01-01\n\nName,Email\nAnna,a@x.pl\nJan,j@x.pl\n")
    )
    assert (titled.columns, titled.n_rows) == (("Name", "Email"), 2)


def test_a_file_without_headings_is_noticed(tmp_path: Path) -> None:
    source = only(written(tmp_path, "x.csv", b"1,anna@x.pl,2020-01-01\n2,jan@x.pl,2020-01-02\n"))
    assert (source.has_header, source.columns, source.n_rows) == (False, ("Column 1", "Column 2", "Column 3"), 2)
    assert read(source)[0][0] == (1, ("1", "anna@x.pl", "2020-01-01"))


def test_line_ends_of_every_system_and_the_separator_line_of_excel(tmp_path: Path) -> None:
    for name, content in (("dos", b"a,b\r\n1,2\r\n"), ("mac", b"a,b\r1,2\r"), ("excel", b"sep=,\r\na,b\r\n1,2\r\n")):
        source = only(written(tmp_path, f"{name}.csv", content))
        assert (source.columns, read(source)) == (("a", "b"), ([(1, ("1", "2"))], []))


def test_formulas_are_text(tmp_path: Path) -> None:
    source = only(written(tmp_path, "x.csv", b"name,note\n=1+1,@x\n-5,+48 1\n"))
    assert [row for _number, row in read(source)[0]] == [("=1+1", "@x"), ("-5", "+48 1")]


def test_a_workbook_is_as_many_tables_as_it_has_filled_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Leads"
    for row in (
        ["My leads"],
        [],
        ["Name", "Created", "Amount"],
        ["Anna", dt.datetime.fromisoformat("2020-01-02T03:04"), 12.0],
    ):
        first.append(row)
    first.append(["Jan", dt.date(2020, 1, 3), 12.5])
    book.create_sheet("Empty")
    second = book.create_sheet("Firmen")
    second.append(["Firma", "Ort"])
    second.append(["X", "Köln"])
    book.save(tmp_path / "w.xlsx")
    leads, firms = sources(tmp_path / "w.xlsx")
    assert (leads.name, leads.columns, leads.n_rows) == ("w.xlsx/Leads", ("Name", "Created", "Amount"), 2)
    assert read(leads)[0] == [(1, ("Anna", "2020-01-02 03:04:00", "12")), (2, ("Jan", "2020-01-03", "12.5"))]
    assert read(leads, 1)[0] == [(2, ("Jan", "2020-01-03", "12.5"))]
    assert (firms.sheet, read(firms)[0]) == ("Firmen", [(1, ("X", "Köln"))])


def test_json_lines_arrays_and_answers_of_an_api(tmp_path: Path) -> None:
    lines = only(written(tmp_path, "a.jsonl", b'{"a":1,"b":{"c":"x"}}\nnope\n{"a":2.5,"d":[1,2]}\n[1]\n'))
    assert lines.columns == ("a", "b.c", "d")
    assert read(lines) == ([(1, ("1", "x", None)), (3, ("2.5", None, "1; 2"))], [(2, "not_json"), (4, "not_object")])
    people = [{"name": "Жанна", "n": at} for at in range(7)]
    array = only(written(tmp_path, "b.json", json.dumps(people, ensure_ascii=False, indent=2).encode()))
    assert (array.format, array.n_rows, read(array, 6)[0]) == ("json", 7, [(7, ("Жанна", "6"))])
    answer = only(written(tmp_path, "c.json", json.dumps({"total": 7, "results": people}).encode()))
    assert (answer.columns, answer.n_rows) == (("name", "n"), 7)


def test_archives_are_opened_and_what_is_no_table_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", "a,b\n1,2\n")
        archive.writestr("README.md", "hello")
        archive.writestr("__MACOSX/._people.csv", "junk")
        archive.writestr("deep/firms.csv.gz", gzip.compress(b"c;d\n3;4\n", mtime=0))
    people, firms = sources(tmp_path / "z.zip")
    assert (people.name, read(people)[0]) == ("z.zip/people.csv", [(1, ("1", "2"))])
    assert (firms.member, read(firms)[0]) == ("deep/firms.csv.gz", [(1, ("3", "4"))])
    packed = only(written(tmp_path, "p.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)))
    assert (packed.size, read(packed)[0]) == (8, [(1, ("1", "2"))])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("e.csv", b"", "file_empty"),
        ("h.csv", b"a,b\n", "file_empty"),
        ("j.bin", bytes(range(256)) * 50, "file_binary"),
        ("p.csv", b"%PDF-1.7 and so on", "file_binary"),
        ("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 10_000, mtime=0)[:-30], "file_truncated"),
        ("c.csv.gz", b"\x1f\x8b" + b"x" * 200, "file_corrupt"),
        ("b.zip", b"PK\x03\x04" + b"x" * 100, "file_corrupt"),
        ("b.xlsx", b"PK\x03\x04" + b"x" * 100, "file_corrupt"),
        (
            "l.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "file_locked",
        ),
        ("c.json", b'[{"a":1},{"a":', "file_not_json"),
        ("README.md", b"# Hello\n", "file_not_table"),
    ],
)
def test_a_hopeless_file_gets_a_clear_answer(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        sources(written(tmp_path, name, content))
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


@pytest.mark.slow
def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * (streams.RATIO_FREE + 1))
    with pytest.raises(Refused) as refusal:
        sources(tmp_path / "bomb.zip")
    assert refusal.value.code == "file_bomb"
    with pytest.raises(Refused) as refusal:
        sources(written(tmp_path, "bomb.csv.gz", gzip.compress(b"0,0\n" * (streams.RATIO_FREE // 4 + 1), mtime=0)))
    assert refusal.value.code == "file_bomb"


def test_a_locked_archive_is_not_guessed_at(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    content = bytearray((tmp_path / "z.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    with pytest.raises(Refused) as refusal:
        sources(written(tmp_path, "z.zip", bytes(content)))
    assert refusal.value.code == "file_locked"


def test_a_workbook_inside_an_archive_is_asked_for_by_itself(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.xlsx", b"PK\x03\x04")
    with pytest.raises(Refused) as refusal:
        sources(tmp_path / "z.zip")
    assert refusal.value.code == "file_packed_workbook"


def test_the_size_limit_counts_unpacked_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 1000, mtime=0))
    with pytest.raises(Refused) as refusal:
        sources(path, max_bytes=2000)
    assert refusal.value.code == "file_too_large"
    assert sources(path, max_bytes=5000)[0].n_rows == 1000


def test_a_sample_is_spread_over_the_file(tmp_path: Path) -> None:
    source = only(written(tmp_path, "x.csv", b"n\n" + b"".join(b"%d\n" % at for at in range(1000))))
    drawn = [int(text) for text in sample(source, 100)["n"].to_list()]
    assert len(drawn) == 100
    assert (drawn[0], drawn[-1] > 900) == (0, True)


def test_a_source_survives_storage(tmp_path: Path) -> None:
    source = only(written(tmp_path, "x.csv", b"a,b\n1,2\n"))
    assert Source.from_json(json.loads(json.dumps(source.as_json()))) == source


CELL = st.text(alphabet=st.sampled_from(list('ab1 ",;\n|ąжß=')), max_size=6).map(str.strip)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=30))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["first name", "last name", "email"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(out.getvalue(), "utf-8", newline="")
    source = only(path)
    good, bad = read(source)
    expected = [tuple(cell or None for cell in row) for row in rows]
    assert [row for _number, row in good] == [row for row in expected if any(row)]
    assert {code for _row, code in bad} <= {"empty"}
    assert source.n_rows == len(rows)


PIECES = (b"a", b"1", b'"', b'""', b",", b";", b"\n", b"\r\n", b" ", b"\x00", b"\xff", "ж".encode(), b"x@y.pl")


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(body=st.lists(st.sampled_from(PIECES), min_size=1, max_size=80).map(b"".join), data=st.data())
def test_whatever_the_bytes_every_row_is_taken_or_rejected_once(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.csv"
    path.write_bytes(b"name,email\n" + body)
    try:
        source = only(path)
    except Refused:
        return
    good, bad = read(source)
    assert sorted([row for row, _cells in good] + [row for row, _code in bad]) == list(range(1, source.n_rows + 1))
    skip = data.draw(st.integers(0, source.n_rows))
    again, bad_again = read(source, skip)
    assert (again, bad_again) == ([item for item in good if item[0] > skip], [item for item in bad if item[0] > skip])
