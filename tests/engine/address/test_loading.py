"""What a process loads before it reads: the official list, and the model as it is shipped."""

import csv
import zipfile
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import polars as pl

from fangge.engine.address.divisions import (
    GROUPING,
    TABLES,
    Division,
    load_divisions,
    name_division,
)
from fangge.engine.address.elements import Kind
from fangge.engine.address.tagger import MODEL, load_model, read_model, save_model

MOST_BYTES = 10_000_000


def read_official() -> dict[str, str]:
    with as_file(files(TABLES).joinpath("divisions.parquet")) as path:
        listed = pl.read_parquet(path).filter(~pl.col("name").is_in(list(GROUPING)))
    return dict(listed.select("code", "name").iter_rows())


def read_former() -> set[tuple[str, str]]:
    lines = files(TABLES).joinpath("renamed.csv").read_text(encoding="utf-8").splitlines()
    return {(row["old_name"], row["code"]) for row in csv.DictReader(lines)}


def test_every_division_of_the_official_list_is_found_by_its_code_and_by_its_name() -> None:
    held, official = load_divisions(), read_official()
    assert {code: division.name for code, division in held.by_code.items()} == official
    whole = {
        (name, division.code)
        for name, divisions in held.by_name.items()
        for division in divisions
        if division.name == name and not division.is_short
    }
    assert whole == {(name, code) for code, name in official.items()}


def test_what_is_found_by_a_name_not_its_own_is_short_or_a_former_name() -> None:
    held = load_divisions()
    others = [
        (name, division)
        for name, divisions in held.by_name.items()
        for division in divisions
        if division.name != name
    ]
    assert {(name, d.code) for name, d in others if not d.is_short} == read_former()
    assert all(d.name.startswith(name) for name, d in others if d.is_short)
    assert {name for name, _ in others} == held.renamed


def test_a_name_that_several_divisions_bear_gives_them_all_in_the_lists_order() -> None:
    held, official = load_divisions(), read_official()
    assert [d.code for d in held.by_name["鼓楼区"]] == [
        code for code, name in official.items() if name == "鼓楼区"
    ]
    assert held.by_name["苏州"] == (Division("3205", "苏州市", Kind.CITY, is_short=True),)
    assert held.by_name.get("临顿路") is None
    assert name_division("平江区", Kind.DISTRICT) == "姑苏区"


def test_the_list_says_how_long_names_get_by_their_first_two_characters() -> None:
    held = load_divisions()
    measured: dict[str, int] = {}
    for name in held.by_name:
        measured[name[:2]] = max(measured.get(name[:2], 0), min(len(name), 16))
    assert held.longest == measured


def test_the_shipped_model_is_small_and_lies_ready_without_unpacking() -> None:
    with as_file(files(TABLES).joinpath(MODEL)) as path, zipfile.ZipFile(path) as held:
        assert path.stat().st_size < MOST_BYTES
        assert {member.compress_type for member in held.infolist()} == {zipfile.ZIP_STORED}


def test_a_model_that_is_written_and_read_is_the_same_and_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    shipped, again = load_model(), tmp_path / MODEL
    save_model(shipped, again)
    with as_file(files(TABLES).joinpath(MODEL)) as path:
        assert again.read_bytes() == path.read_bytes()
    read = read_model(again)
    assert np.array_equal(read.keys, shipped.keys)
    assert np.array_equal(read.weights, shipped.weights)
    assert np.array_equal(read.styles, shipped.styles)
