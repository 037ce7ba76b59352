"""An index that follows its register's changes answers as one built anew."""

import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangge.engine.address.matching import list_candidates, match_addresses
from fangge.engine.address.register import (
    IndexUnreadable,
    build_register,
    describe_register,
    open_register,
    read_addresses,
    update_register,
)

TEXTS = pl.Series(["观前花园3幢2单元301室", "观前小区3幢2单元301室", "醋库巷35号1室", "临顿路88号"])

ALL_TEXTS = pl.Series(
    [
        "临顿路88号观前花园3幢2单元301室",
        "平江街道观前化园3幢2单元301室",
        "观前花园甲幢2单元301室",
        "观前小区3-2-301",
        "临顿大路88号3幢301",
        "凤凰街7号三元一村3幢1单元101室",
        "三元二村1幢102",
        "莲香新村1幢101室",
        "虎丘街道莲香新村3幢2单元302",
        "山塘街11号",
        "醋库巷14号",
        "醋库巷35号1室",
        "促库巷15之1号",
        "新街5号",
        "新街88号观前花园3幢1单元101",
        "锦华公寓1幢102室",
        "绵华公寓3幢2单元201",
        "吴中区临顿路88号",
    ]
)
NAMES = {
    "road": ["新街", "临顿路", "醋库巷"],
    "number": ["5号", "88号", "14号"],
    "estate": ["新泰花园", "观前花园", "锦华公寓"],
    "building": ["3幢", "5幢", "甲幢"],
    "unit": ["1单元", "2单元"],
    "floor": ["1层", "3层"],
    "room": ["101室", "301室", "1室"],
}


@dataclass(frozen=True)
class Change:
    """One address to change, and what of it."""

    place: int
    name: int
    parent: int | None
    alias: str | None
    is_removed: bool


CHANGES = st.builds(
    Change,
    place=st.integers(0, 169),
    name=st.integers(0, 2),
    parent=st.none() | st.integers(0, 169),
    alias=st.none() | st.sampled_from(["醋库巷14号", "甲幢", "新街5号", "观前小区"]),
    is_removed=st.booleans(),
)


def apply_change(rows: dict[str, dict[str, object]], change: Change, codes: list[str]) -> str:
    """Change the rows of a register as a clerk might, sensibly or not; give the code."""
    code = codes[change.place]
    if change.is_removed:
        rows.pop(code, None)
        return code
    level = str(LEVELS[code])
    names = NAMES[level]
    parent = None if change.parent is None else codes[change.parent]
    name = names[change.name % len(names)]
    rows[code] = {
        "code": code,
        "parent_code": parent,
        "level": level,
        "name": name,
        "full_name": f"江苏省苏州市姑苏区平江街道{'' if parent is None else parent}{name}",
        "aliases": None if change.alias is None else [change.alias],
    }
    return code


LEVELS: dict[str, object] = {}
# The process dies as if its power were cut, after so many files of the new version.
KILLED = """
import os, signal, sys
from pathlib import Path
import polars as pl
from fangge.engine.address.register import update_register
held, n_writes = Path(sys.argv[1]), int(sys.argv[2])
n_seen = 0
def watch(event, arguments):
    global n_seen
    if event == "open" and str(arguments[0]).endswith(".pack") and "v000002" in str(arguments[0]):
        n_seen += 1
        if n_seen > n_writes:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
update_register(pl.read_parquet(held / "changed.parquet"), [], held / "index")
"""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=6), min_size=1, max_size=4))
def test_after_any_changes_the_answers_are_those_of_an_index_built_anew(
    addresses: pl.DataFrame, tmp_path: Path, steps: list[list[Change]]
) -> None:
    shutil.rmtree(tmp_path / "index", ignore_errors=True)
    LEVELS.update(addresses.select("code", "level").iter_rows())
    codes = addresses["code"].to_list()
    rows = {row["code"]: row for row in addresses.iter_rows(named=True)}
    build_register(addresses, tmp_path / "index")
    for step in steps:
        touched = [apply_change(rows, change, codes) for change in step]
        changed = [rows[code] for code in dict.fromkeys(touched) if code in rows]
        removed = [code for code in touched if code not in rows]
        frame = pl.DataFrame(changed, schema=addresses.schema, orient="row")
        update_register(frame, removed, tmp_path / "index")
    whole = pl.DataFrame(list(rows.values()), schema=addresses.schema, orient="row")
    shutil.rmtree(tmp_path / "anew", ignore_errors=True)
    build_register(whole, tmp_path / "anew")
    updated, anew = open_register(tmp_path / "index"), open_register(tmp_path / "anew")
    assert describe_register(tmp_path / "index")["n_addresses"] == whole.height
    texts = pl.concat([ALL_TEXTS, whole["full_name"]])
    assert match_addresses(texts, updated).to_dicts() == match_addresses(texts, anew).to_dicts()
    found, wanted = (list_candidates(texts, register) for register in (updated, anew))
    assert found.sort("row", "code").to_dicts() == wanted.sort("row", "code").to_dicts()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(CHANGES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_rows_may_be_said_twice_in_any_order_and_with_those_that_are_removed(
    addresses: pl.DataFrame, tmp_path: Path, changes: list[Change], order: Random
) -> None:
    LEVELS.update(addresses.select("code", "level").iter_rows())
    codes = addresses["code"].to_list()
    rows = {row["code"]: row for row in addresses.iter_rows(named=True)}
    said = [dict(rows[codes[change.place]]) for change in changes]
    removed = [apply_change(rows, change, codes) for change in changes if change.is_removed]
    last = [
        rows[apply_change(rows, change, codes)]
        for change in changes
        if not change.is_removed and codes[change.place] not in removed
    ]
    order.shuffle(said)
    nameless = {**said[0], "code": None}
    frame = pl.DataFrame([*said, nameless, *last], schema=addresses.schema, orient="row")
    wanted = {row["code"]: row for row in [*said, *last] if row["code"] not in removed}
    for folder in ("index", "anew"):
        shutil.rmtree(tmp_path / folder, ignore_errors=True)
    build_register(addresses, tmp_path / "index")
    update_register(frame, [*removed, *removed, "no such code"], tmp_path / "index")
    kept = {row["code"]: row for row in addresses.iter_rows(named=True)} | wanted
    for code in removed:
        kept.pop(code, None)
    whole = pl.DataFrame(list(kept.values()), schema=addresses.schema, orient="row")
    build_register(whole, tmp_path / "anew")
    held, anew = (read_addresses(tmp_path / folder).sort("code") for folder in ("index", "anew"))
    assert held.to_dicts() == anew.to_dicts()
    texts = pl.concat([ALL_TEXTS, whole["full_name"]])
    found, meant = (
        match_addresses(texts, open_register(tmp_path / folder)) for folder in ("index", "anew")
    )
    assert found.to_dicts() == meant.to_dicts()


def test_an_alias_with_the_number_of_its_own_name_adds_no_key(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    build_register(addresses, tmp_path / "index")
    n_keys = describe_register(tmp_path / "index")["n_base_keys"]
    said_twice = addresses.with_columns(
        aliases=pl.when(pl.col("code") == "R1-88-E-B3")
        .then(pl.lit(["观前花园甲幢", "三号楼", "观前花园3栋"]))
        .when(pl.col("code") == "R4-35")
        .then(pl.lit(["醋库巷35号", "醋库巷三十五号"]))
        .otherwise("aliases")
    )
    build_register(said_twice, tmp_path / "index")
    assert describe_register(tmp_path / "index")["n_base_keys"] == n_keys


def test_an_update_writes_anew_only_what_changed(addresses: pl.DataFrame, tmp_path: Path) -> None:
    build_register(addresses, tmp_path / "index")
    room = addresses.filter(pl.col("code") == "R4-35-1").with_columns(name=pl.lit("2室"))
    update_register(room, [], tmp_path / "index")
    before, after = (tmp_path / "index" / f"v{version:06d}" for version in (1, 2))
    same = [p.name for p in after.iterdir() if p.samefile(before / p.name)]
    assert sorted(same) == ["base.pack", "names.pack"]


def test_a_writer_killed_anywhere_leaves_the_version_before_whole(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    build_register(addresses, index)
    changed = addresses.with_columns(name=pl.lit("9") + pl.col("name"))
    changed.write_parquet(tmp_path / "changed.parquet")
    for n_writes in (0, 1, 2):
        died = subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path), str(n_writes)], check=False
        )
        assert died.returncode == -signal.SIGKILL
        assert describe_register(index)["version"] == 1
        assert match_addresses(TEXTS, open_register(index))["asserted"].all()
    update_register(addresses.clear(), ["R4-35-1"], index)
    assert describe_register(index)["version"] == 2


def test_a_file_that_was_cut_short_is_told(addresses: pl.DataFrame, tmp_path: Path) -> None:
    build_register(addresses, tmp_path / "index")
    for name in ("base", "names", "changes"):
        pack = tmp_path / "index" / "v000001" / f"{name}.pack"
        whole = pack.read_bytes()
        for size in (0, 4, 100, len(whole) - 64):
            pack.write_bytes(whole[:size])
            with pytest.raises(IndexUnreadable, match="build it anew"):
                open_register(tmp_path / "index")
        pack.write_bytes(whole)
    assert open_register(tmp_path / "index").list_codes().len() == addresses.height


def test_a_removed_address_is_no_longer_found(addresses: pl.DataFrame, tmp_path: Path) -> None:
    build_register(addresses, tmp_path / "index")
    update_register(addresses.clear(), ["R4-35-1"], tmp_path / "index")
    found = match_addresses(TEXTS, open_register(tmp_path / "index"))
    assert found["code"].to_list()[2] == "R4-35"
    assert describe_register(tmp_path / "index")["version"] == 2


def test_a_changed_address_is_found_by_its_new_name(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    build_register(addresses, tmp_path / "index")
    opened = open_register(tmp_path / "index")
    changed = addresses.filter(pl.col("code") == "R1-88-E").with_columns(name=pl.lit("新泰花园"))
    update_register(changed, [], tmp_path / "index")
    text = pl.Series(["新泰花园3幢2单元301室"])
    assert match_addresses(text, open_register(tmp_path / "index"))["asserted"][0]
    assert not match_addresses(text, opened)["asserted"][0]


def test_an_index_gives_back_what_it_was_compiled_from(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    build_register(addresses, tmp_path / "index")
    changed = addresses.filter(pl.col("code") == "R1-88").with_columns(parent_code=pl.lit("R9"))
    update_register(changed, ["R1-90-E"], tmp_path / "index")
    wanted = pl.concat([addresses.filter(pl.col("code") != "R1-88"), changed])
    wanted = wanted.filter(pl.col("code") != "R1-90-E").with_columns(
        aliases=pl.col("aliases").list.sort().list.join(";")
    )
    held = read_addresses(tmp_path / "index").with_columns(
        aliases=pl.col("aliases").list.join(";").fill_null("")
    )
    assert held.sort("code").to_dicts() == wanted.sort("code").to_dicts()
    codes = pl.Series(["R1-88", "R1-90-E", None, "no such code"])
    named = open_register(tmp_path / "index").find_full_names(codes).to_list()
    assert named == ["江苏省苏州市姑苏区平江街道临顿路88号", None, None, None]


def test_a_folder_without_an_index_cannot_be_updated(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(IndexUnreadable, match="build it anew"):
        update_register(addresses, [], tmp_path / "none")
