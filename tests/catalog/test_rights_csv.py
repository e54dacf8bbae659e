"""The rights CSV is applied completely or not at all."""

from __future__ import annotations

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from circletake.catalog import RightsRow, read_rights
from circletake.catalog.rights_csv import COLUMNS
from circletake.domain.rights import PERPETUAL, RightsContext, Window, permits
from circletake.errors import UsageError

GOOD = {
    "file": "a.mp4",
    "title": "A title",
    "caption": "Two people, talking",
    "tags": "night|rain",
    "owner": "North",
    "licence": "CC0-1.0",
    "licence_url": "https://example.org/licence",
    "source": "shot by the house",
    "territories": "DE|FR",
    "uses": "style_reference|derivative",
    "valid_from": "2020-01-01",
    "expires": "9999-12-31",
    "media": "web|social",
    "people_release": "signed",
    "revoked": "no",
    "credit": "North",
}


def _written(path: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _read(tmp_path: Path, **cells: str) -> RightsRow:
    return read_rights(_written(tmp_path / "rights.csv", GOOD | cells))[cells.get("file", "a.mp4")]


def test_every_column_is_read(tmp_path: Path):
    row = _read(tmp_path)
    assert (row.file, row.title, row.caption, row.tags) == (
        "a.mp4",
        "A title",
        "Two people, talking",
        ("night", "rain"),
    )
    licence = row.licence
    assert (licence.owner, licence.licence, licence.licence_url) == ("North", "CC0-1.0", "https://example.org/licence")
    assert (licence.source, licence.credit) == ("shot by the house", "North")
    assert licence.territories == ("DE", "FR")
    assert licence.uses == ("style_reference", "derivative")
    assert (licence.valid_from, licence.expires) == (date(2020, 1, 1), PERPETUAL)
    assert licence.media == ("web", "social")
    assert (licence.people_release, licence.revoked, licence.revision) == ("signed", False, 1)


@pytest.mark.parametrize(
    "column", ["licence", "territories", "uses", "valid_from", "expires", "media", "people_release"]
)
def test_an_empty_cell_is_unknown_and_the_unknown_is_not_allowed(tmp_path: Path, column: str):
    day = date(2026, 1, 1)
    context = RightsContext(
        territories=("DE",), uses=("publish",), media=("web",), window=Window(first=day, last=day + timedelta(1))
    )
    all_uses = "style_reference|derivative|publish"
    assert permits(_read(tmp_path, uses=all_uses).licence, context).allowed
    assert not permits(_read(tmp_path, **{"uses": all_uses, column: ""}).licence, context).allowed


def test_a_byte_order_mark_and_another_order_of_columns_do_not_matter(tmp_path: Path):
    path = _written(tmp_path / "r.csv", GOOD, columns=COLUMNS[::-1], encoding="utf-8-sig")
    assert read_rights(path)["a.mp4"] == _read(tmp_path)


def test_empty_lines_are_passed_over_and_the_order_is_kept(tmp_path: Path):
    path = _written(tmp_path / "r.csv", GOOD | {"file": "b.mp4"}, GOOD)
    path.write_text(path.read_text(encoding="utf-8").replace("\nb.mp4", "\n\nb.mp4") + "\n", encoding="utf-8")
    assert list(read_rights(path)) == ["b.mp4", "a.mp4"]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("territories", "UK", "unknown territory 'UK'"),
        ("territories", "de", "unknown territory 'de'"),
        ("territories", "DE||FR", "unknown territory ''"),
        ("uses", "cut", "unknown uses 'cut'"),
        ("uses", "publish,train", "unknown uses 'publish,train'"),
        ("media", "tv", "unknown media 'tv'"),
        ("people_release", "maybe", "unknown people_release 'maybe'"),
        ("valid_from", "01.02.2020", "is not a date"),
        ("expires", "2026-02-30", "is not a date"),
        ("expires", "never", "is not a date"),
        ("expires", "20261231", "is not written as YYYY-MM-DD"),
        ("expires", "2019-12-31", "is before valid_from"),
        ("revoked", "maybe", "write yes or no"),
        ("file", " ", "the name of the file is missing"),
        ("file", "a.mp4", "has a row already, in line 2"),
    ],
)
def test_a_cell_that_cannot_be_understood_is_named_by_line_and_column(
    tmp_path: Path, column: str, cell: str, said: str
):
    path = _written(tmp_path / "r.csv", GOOD, GOOD | {"file": "b.mp4", column: cell})
    with pytest.raises(UsageError) as caught:
        read_rights(path)
    assert f"r.csv, line 3, column {column}: " in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_is_counted_where_it_begins_also_after_cells_of_several_lines(tmp_path: Path):
    path = _written(
        tmp_path / "r.csv", GOOD | {"caption": "one\ntwo\nthree"}, GOOD | {"file": "b", "caption": "x\ny", "uses": "?"}
    )
    with pytest.raises(UsageError, match="line 5, column uses"):
        read_rights(path)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_must_be_there(tmp_path: Path, column: str):
    columns = tuple(name for name in COLUMNS if name != column)
    with pytest.raises(UsageError, match=f"line 1: column {column} is missing"):
        read_rights(_written(tmp_path / "r.csv", GOOD, columns=columns))


def test_a_column_that_is_not_understood_is_refused(tmp_path: Path):
    path = _written(tmp_path / "r.csv", GOOD | {"embargo": "2030"}, columns=(*COLUMNS, "embargo"))
    with pytest.raises(UsageError, match="unknown column 'embargo'"):
        read_rights(path)
    with pytest.raises(UsageError, match="named twice"):
        read_rights(_written(tmp_path / "r.csv", GOOD, columns=(*COLUMNS, "uses")))


@pytest.mark.parametrize(("cells", "column"), [("a,b", "caption"), (",".join(["x"] * 17), "credit")])
def test_a_row_has_as_many_cells_as_the_header(tmp_path: Path, cells: str, column: str):
    path = _written(tmp_path / "r.csv", GOOD)
    path.write_text(path.read_text(encoding="utf-8") + cells + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=f"line 3, column {column}: .* cells where the header has 16"):
        read_rights(path)


def test_a_file_that_is_no_csv_is_refused_in_one_line(tmp_path: Path):
    for name, data in {
        "empty": b"",
        "picture": bytes(range(256)),
        "quote": ",".join(COLUMNS).encode() + b'\n"never closed',
        "huge": ",".join(COLUMNS).encode() + b"\n" + b"x" * 200_000,
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError) as caught:
            read_rights(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(UsageError, match="cannot read"):
            read_rights(path)


def test_the_footage_of_the_house_has_readable_rights():
    data = Path(os.environ.get("CIRCLETAKE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = data / "dev" / "footage" / "catalogue.csv"
    if not path.exists():
        pytest.skip(f"no test footage at {path}: set CIRCLETAKE_TEST_DATA")
    rows = read_rights(path)
    with path.open(encoding="utf-8", newline="") as source:
        written = {row["file"]: row for row in csv.DictReader(source)}
    assert list(rows) == list(written)
    for file, row in rows.items():
        assert "|".join(row.licence.territories) == written[file]["territories"]
        assert "|".join(row.licence.uses) == written[file]["uses"]
        assert row.licence.revoked == (written[file]["revoked"] == "yes")
