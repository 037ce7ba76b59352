"""`fangge address` over files, without a database."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from tests.awkward import AWKWARD, MEGABYTE

from fangge.command.address import command

ROWS = [
    ("R", None, "road", "临顿路", "江苏省苏州市姑苏区平江街道临顿路"),
    ("N", "R", "number", "88号", "江苏省苏州市姑苏区平江街道临顿路88号"),
    ("B", "N", "building", "3幢", "江苏省苏州市姑苏区平江街道临顿路88号3幢"),
]


def run(*arguments: str | Path, fails: bool = False) -> str:
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    assert (result.exit_code != 0) == fails, result.output
    return result.output


def write_lines(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_register_is_compiled_and_texts_matched(tmp_path: Path, ending: str) -> None:
    schema = ["code", "parent_code", "level", "name", "full_name"]
    rows = pl.DataFrame(ROWS, schema=schema, orient="row")
    source, index, out = tmp_path / f"r.{ending}", tmp_path / "index", tmp_path / "out"
    if ending == "parquet":
        rows.write_parquet(source)
    elif ending == "csv":
        rows.write_csv(source)
    else:
        rows.write_ndjson(source)
    assert json.loads(run("index", "build", "--input", source, "--register", index))
    assert json.loads(run("index", "info", "--register", index))["n_addresses"] == 3
    texts = write_lines(tmp_path / "in", ["临顿路88号三号楼", "别的地方", ""])
    run("match", "--register", index, "--input", texts, "--output", out)
    found = read_lines(out)
    assert [c["code"] for c in found[0]["candidates"]] == ["B"]  # type: ignore[attr-defined]
    assert [row["asserted"] for row in found] == [True, False, False]


def test_an_index_follows_changes_and_removals(tmp_path: Path) -> None:
    schema = ["code", "parent_code", "level", "name", "full_name"]
    index, source, gone = tmp_path / "index", tmp_path / "r.csv", tmp_path / "gone.txt"
    pl.DataFrame(ROWS, schema=schema, orient="row").write_csv(source)
    run("index", "build", "--input", source, "--register", index)
    full = "江苏省苏州市姑苏区平江街道临顿路88号5幢"
    change = ("C", "N", "building", "5幢", full)
    pl.DataFrame([change], schema=schema, orient="row").write_csv(source)
    gone.write_text("B\n", encoding="utf-8")
    options = ("--register", index, "--input", source, "--removed", gone)
    assert json.loads(run("index", "update", *options))["version"] == 2
    texts = write_lines(tmp_path / "in", ["临顿路88号3幢", "临顿路88号5幢"])
    run("match", "--register", index, "--input", texts, "--output", tmp_path / "out")
    assert [row["asserted"] for row in read_lines(tmp_path / "out")] == [False, True]


def test_texts_are_parsed_line_by_line(tmp_path: Path) -> None:
    texts = write_lines(tmp_path / "in", ["木渎镇天平村3组12号", "\ud800", ""])
    run("parse", "--input", texts, "--output", tmp_path / "out")
    read = read_lines(tmp_path / "out")
    assert [row["text"] for row in read][1:] == ["\ud800", ""]
    kinds = [e["kind"] for e in read[0]["elements"]]  # type: ignore[attr-defined]
    assert kinds[:2] == ["subdistrict", "community"]
    assert set(read[0]) == {"text", "elements", "reader", "why", "filled"}


def test_any_text_has_a_line_of_its_own(tmp_path: Path) -> None:
    held = [*AWKWARD.values(), MEGABYTE, "\ud800观前花园3幢", "a\udfff"]
    texts, index = write_lines(tmp_path / "in", held), tmp_path / "index"
    schema = ["code", "parent_code", "level", "name", "full_name"]
    pl.DataFrame(ROWS, schema=schema, orient="row").write_csv(tmp_path / "r.csv")
    run("index", "build", "--input", tmp_path / "r.csv", "--register", index)
    for name, options in (("parse", ()), ("match", ("--register", index))):
        run(name, "--input", texts, "--output", tmp_path / name, *options)
        lines = (tmp_path / name).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        assert [json.loads(line)["text"] for line in lines] == held


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").write_text('{"text": "a"}\nnonsense\n')
    told = run("parse", "--input", tmp_path / "in", "--output", tmp_path / "out", fails=True)
    assert "line 2" in told


def test_a_folder_without_an_index_is_an_error_in_words(tmp_path: Path) -> None:
    assert "build it anew" in run("index", "info", "--register", tmp_path, fails=True)


def test_a_reader_is_trained_from_labelled_lines(tmp_path: Path) -> None:
    line = {"text": "临顿路88号", "spans": [[0, 3, "road"], [3, 6, "roadno"]]}
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text((json.dumps(line) + "\n") * 50, encoding="utf-8")
    out = ("--output", tmp_path / "model.npz")
    told = run("train", labelled, *out, "--rounds", "2", "--sources", "files")
    assert json.loads(told[told.index("{") :])["n_texts"] == 50
    texts = write_lines(tmp_path / "in", ["临顿路88号"])
    model = ("--model", tmp_path / "model.npz")
    run("parse", "--input", texts, "--output", tmp_path / "out", *model)
    assert [e["kind"] for e in read_lines(tmp_path / "out")[0]["elements"]] == ["road", "number"]  # type: ignore[attr-defined]


def test_a_reader_is_trained_from_named_files_or_from_none(tmp_path: Path) -> None:
    out = ("--output", tmp_path / "model.npz")
    assert "name labelled files" in run("train", *out, fails=True)
    assert "name labelled files" in run("train", __file__, *out, "--sources", "own", fails=True)
