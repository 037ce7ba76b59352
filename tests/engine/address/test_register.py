"""The index on disk: whole or absent, the same for the same register, readable while rebuilt."""

from pathlib import Path

import polars as pl
import pytest

from fangge.engine.address.matching import match_addresses
from fangge.engine.address.register import (
    IndexUnreadable,
    Register,
    build_register,
    describe_register,
    open_register,
)

TEXTS = pl.Series(["观前花园3幢2单元301室", "醋库巷35号1室", "临顿路88号"])


def test_the_order_of_a_registers_rows_does_not_change_its_index(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    build_register(addresses, tmp_path / "forward")
    build_register(addresses.reverse(), tmp_path / "backward")
    files = [path for path in (tmp_path / "forward").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"base.pack", "names.pack", "changes.pack"}
    for forward in files:
        backward = tmp_path / "backward" / forward.relative_to(tmp_path / "forward")
        assert forward.read_bytes() == backward.read_bytes()


def test_who_has_an_index_open_goes_on_reading_while_it_is_replaced(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    build_register(addresses, tmp_path / "index")
    opened = open_register(tmp_path / "index")
    build_register(addresses.head(3), tmp_path / "index")
    assert match_addresses(TEXTS, opened)["asserted"].all()
    assert not match_addresses(TEXTS, open_register(tmp_path / "index"))["asserted"].all()
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_an_index_says_how_much_it_holds(register: Register, addresses: pl.DataFrame) -> None:
    assert describe_register(register.folder)["n_addresses"] == addresses.height


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreadable, match="build it anew"):
        open_register(tmp_path)


def test_an_index_of_another_version_is_refused(addresses: pl.DataFrame, tmp_path: Path) -> None:
    build_register(addresses, tmp_path / "index")
    (tmp_path / "index" / "index.json").write_text('{"format": 0}')
    with pytest.raises(IndexUnreadable, match="another version"):
        open_register(tmp_path / "index")


def test_an_empty_register_matches_nothing(addresses: pl.DataFrame, tmp_path: Path) -> None:
    build_register(addresses.clear(), tmp_path / "index")
    assert match_addresses(TEXTS, open_register(tmp_path / "index"))["code"].is_null().all()


def test_a_circle_of_parents_ends(tmp_path: Path) -> None:
    circle = pl.DataFrame(
        {
            "code": ["a", "b"],
            "parent_code": ["b", "a"],
            "level": ["road", "number"],
            "name": ["临顿路", "1号"],
            "full_name": ["临顿路", "临顿路1号"],
            "aliases": [None, None],
        },
        schema_overrides={"aliases": pl.List(pl.String)},
    )
    build_register(circle, tmp_path / "index")
    assert match_addresses(pl.Series(["临顿路1号"]), open_register(tmp_path / "index"))["code"][0]
