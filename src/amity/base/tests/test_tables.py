"""A table is the same whatever file it comes in."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl
import pytest

from amity.base.errors import Refused
from amity.base.tables import read_table

TABLE = pl.DataFrame(
    {"name": ["Żaneta", "Øystein", 'Al "Big" Smith, jr.'], "age": [41, 7, 12], "score": [1.5, 2.0, 0.25]}
)
CSV = TABLE.write_csv()


def _parquet() -> bytes:
    target = io.BytesIO()
    TABLE.write_parquet(target)
    return target.getvalue()


FILES = {
    "a.csv": CSV.encode(),
    "a.tsv": TABLE.write_csv(separator="\t").encode(),
    "a.txt": TABLE.write_csv(separator=";").encode("utf-8-sig"),
    "wide.csv": TABLE.write_csv(separator=";").encode("utf-16"),
    "excel.csv": b"sep=;\n" + TABLE.write_csv(separator=";").encode(),
    "titled.csv": b"Our people\n\n" + CSV.encode(),
    "a.jsonl": TABLE.write_ndjson().encode(),
    "a.json": TABLE.write_json().encode(),
    "a.parquet": _parquet(),
    "no_suffix": _parquet(),
    "a.csv.gz": gzip.compress(CSV.encode()),
    "a.jsonl.gz": gzip.compress(TABLE.write_ndjson().encode()),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_table_comes_out_of_every_kind_of_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert read_table(path).to_dicts() == TABLE.to_dicts()
    told = read_table(path, typed=False)
    assert set(told.dtypes) == {pl.String}
    assert told["name"].to_list() == TABLE["name"].to_list()
    assert [float(each) for each in told["age"]] == TABLE["age"].to_list()


def test_an_old_encoding_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    rows = "".join(f"Михаил Салтыков {n},Санкт-Петербург,очень доволен покупкой\n" for n in range(50))
    path.write_bytes(("имя,город,отзыв\n" + rows).encode("cp1251"))
    table = read_table(path)
    assert table.columns == ["имя", "город", "отзыв"]
    assert table["город"].unique().to_list() == ["Санкт-Петербург"]


def test_a_lone_quotation_mark_costs_no_row(tmp_path: Path) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text('text\tlabel\nan 8" pizza\tfood\n"so he said\tother\nplain\tother\n', "utf-8")
    assert read_table(path)["label"].to_list() == ["food", "other", "other"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_file"), (b"\x89PNG\r\n\x1a\n\0\0", "unknown_format"), (b'{"a": 1\n', "bad_json"),
     (b"\x1f\x8b\x08broken", "broken_file")],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(Refused) as refused:
        read_table(path, typed=False)
    assert refused.value.code == code
    with pytest.raises(Refused):
        read_table(tmp_path / "nowhere.csv")
