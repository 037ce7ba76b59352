"""An index that follows its register's changes answers as one built anew."""

from pathlib import Path

import polars as pl
import pytest

from fangge.engine.address.matching import match_addresses
from fangge.engine.address.register import (
    IndexUnreadable,
    build_register,
    describe_register,
    open_register,
    update_register,
)

TEXTS = pl.Series(["观前花园3幢2单元301室", "观前小区3幢2单元301室", "醋库巷35号1室", "临顿路88号"])


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


def test_a_folder_without_an_index_cannot_be_updated(
    addresses: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(IndexUnreadable, match="build it anew"):
        update_register(addresses, [], tmp_path / "none")
