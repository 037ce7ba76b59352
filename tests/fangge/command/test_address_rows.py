"""A register as plain rows, and rows that are wrong: told by line, field and reason."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.fangge.command.test_address import ROWS, read_lines, run, write_lines

SCHEMA = ["code", "parent_code", "level", "name", "full_name"]


def frame() -> pl.DataFrame:
    return pl.DataFrame(ROWS, schema=SCHEMA, orient="row")


@pytest.mark.parametrize("name", ["records/addresses.parquet", "mine.csv", "addresses.jsonl"])
def test_texts_are_matched_to_a_folder_with_plain_rows(tmp_path: Path, name: str) -> None:
    folder, out = tmp_path / "district", tmp_path / "out"
    (folder / "records").mkdir(parents=True)
    frame().select("code", "name").write_parquet(folder / "records" / "residents.parquet")
    path = folder / name
    if path.suffix == ".parquet":
        frame().write_parquet(path)
    elif path.suffix == ".csv":
        frame().write_csv(path)
    else:
        frame().write_ndjson(path)
    texts = write_lines(tmp_path / "in", ["临顿路88号三号楼"])
    run("match", "--register", folder, "--input", texts, "--output", out)
    assert [row["asserted"] for row in read_lines(out)] == [True]


def test_a_folder_without_a_register_is_told_with_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    texts = write_lines(tmp_path / "in", ["临顿路88号"])
    options = ("match", "--register", folder, "--input", texts, "--output", tmp_path / "out")
    assert "is no folder" in run(*options, fails=True)
    folder.mkdir()
    assert "it is empty" in run(*options, fails=True)
    (folder / "map.gpkg").write_bytes(b"")
    assert "map.gpkg" in run(*options, fails=True)
    frame().drop("level", "parent_code").write_csv(folder / "rows.csv")
    told = run(*options, fails=True)
    assert "rows.csv lacks parent_code, level" in told
    assert "fangge address index build" in told
    for name in ("a.csv", "b.csv"):
        frame().write_csv(folder / name)
    assert "several registers (a.csv, b.csv)" in run(*options, fails=True)
    assert not (tmp_path / "out").exists()


def test_wrong_rows_are_told_by_line_field_and_reason(tmp_path: Path) -> None:
    rows = frame().with_columns(
        name=pl.Series(["临顿路", "", "3幢"]), parent_code=pl.Series([None, "R", "B"])
    )
    rows.write_csv(tmp_path / "r.csv")
    rows.write_ndjson(tmp_path / "r.jsonl")
    for ending, first in (("csv", 2), ("jsonl", 1)):
        source = tmp_path / f"r.{ending}"
        told = run("index", "build", "--input", source, "--register", tmp_path / "i", fails=True)
        assert f"line {first + 1}: name: is missing" in told
        assert f"line {first + 2}: parent_code: is the row's own code" in told
    assert not (tmp_path / "i").exists()


def test_lines_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    index = ("--register", tmp_path / "i")
    frame().write_csv(tmp_path / "r.csv")
    run("index", "build", "--input", tmp_path / "r.csv", *index)
    (tmp_path / "r.csv").write_text(f"{','.join(SCHEMA)}\na,,road,x,x\nb,,road,y,y,z\n")
    told = run("index", "update", "--input", tmp_path / "r.csv", *index, fails=True)
    assert "line 3: all: has 6 fields, the first line 5" in told
    (tmp_path / "r.jsonl").write_text('{"code": "a"}\n{"code": \n[1]\n')
    told = run("index", "update", "--input", tmp_path / "r.jsonl", *index, fails=True)
    assert "line 2: all: is not JSON" in told
    assert "line 3: all: is not an object" in told
    assert json.loads(run("index", "info", *index))["version"] == 1


@pytest.mark.parametrize("command", ["parse", "match"])
def test_bad_texts_are_told_and_nothing_is_half_written(tmp_path: Path, command: str) -> None:
    frame().write_csv(tmp_path / "r.csv")
    run("index", "build", "--input", tmp_path / "r.csv", "--register", tmp_path / "i")
    (tmp_path / "in").write_text('{"text": "a"}\nnonsense\n{"name": 1}\n{"text": ["b"]}\n')
    (tmp_path / "out").write_text("before")
    register = ("--register", tmp_path / "i") if command == "match" else ()
    files = ("--input", tmp_path / "in", "--output", tmp_path / "out")
    told = run(command, *register, *files, fails=True)
    assert "line 2: all: is not JSON" in told
    assert "line 3: text: is missing" in told
    assert "line 4: text: is not text" in told
    assert (tmp_path / "out").read_text() == "before"
    assert not list(tmp_path.glob(".out*"))
