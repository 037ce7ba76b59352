"""A small register with the traps that real ones have."""

from pathlib import Path

import polars as pl
import pytest

from fangge.engine.address.register import Register, build_register, open_register

CITY = "江苏省苏州市姑苏区"
Row = tuple[str, str | None, str, str, str, list[str]]


def estate(rows: list[Row], road: str, number: str, name: str, *, prefix: str) -> None:
    """Add a house number with an estate of two buildings; the first has two units."""
    at = f"{road}-{number}"
    road_name = next(row[3] for row in rows if row[0] == road)
    full = f"{prefix}{road_name}{number}号"
    rows.append((at, road, "number", f"{number}号", full, []))
    rows.append((f"{at}-E", at, "estate", name, full + name, []))
    for building in (1, 3):
        b = f"{at}-E-B{building}"
        b_full = f"{full}{name}{building}幢"
        rows.append((b, f"{at}-E", "building", f"{building}幢", b_full, []))
        for unit in (1, 2) if building == 3 else ():
            u, u_full = f"{b}-U{unit}", f"{b_full}{unit}单元"
            rows.append((u, b, "unit", f"{unit}单元", u_full, []))
            rooms(rows, u, u_full, n_floors=2 if unit == 1 else 3)
        if building == 1:
            rooms(rows, b, b_full, n_floors=2)


def rooms(rows: list[Row], parent: str, full: str, *, n_floors: int) -> None:
    for floor in range(1, n_floors + 1):
        f = f"{parent}-F{floor}"
        rows.append((f, parent, "floor", f"{floor}层", f"{full}{floor}层", []))
        for door in (1, 2):
            room = f"{floor}0{door}"
            rows.append((f"{f}-{room}", f, "room", f"{room}室", f"{full}{room}室", []))


def list_addresses() -> pl.DataFrame:
    rows: list[Row] = []
    for code, subdistrict, name, aliases in (
        ("R1", "平江街道", "临顿路", ["临顿大路"]),
        ("R2", "平江街道", "凤凰街", []),
        ("R3", "虎丘街道", "山塘街", []),
        ("R4", "双塔街道", "醋库巷", []),
    ):
        rows.append((code, None, "road", name, f"{CITY}{subdistrict}{name}", aliases))
    estate(rows, "R1", "88", "观前花园", prefix=f"{CITY}平江街道")
    estate(rows, "R1", "90", "锦华公寓", prefix=f"{CITY}平江街道")
    estate(rows, "R2", "7", "三元一村", prefix=f"{CITY}平江街道")
    estate(rows, "R2", "9", "三元二村", prefix=f"{CITY}平江街道")
    estate(rows, "R2", "11", "莲香新村", prefix=f"{CITY}平江街道")
    estate(rows, "R3", "11", "莲香新村", prefix=f"{CITY}虎丘街道")
    for number, aliases in (("12", ["醋库巷14号"]), ("15-1", []), ("35", [])):
        full = f"{CITY}双塔街道醋库巷{number}号"
        rows.append((f"R4-{number}", "R4", "number", f"{number}号", full, aliases))
    rows.append(("R4-35-1", "R4-35", "room", "1室", f"{CITY}双塔街道醋库巷35号1室", []))
    frame = pl.DataFrame(
        rows,
        schema={
            "code": pl.String,
            "parent_code": pl.String,
            "level": pl.String,
            "name": pl.String,
            "full_name": pl.String,
            "aliases": pl.List(pl.String),
        },
        orient="row",
    )
    renamed = {
        "R1-88-E": ["观前小区", "旧学前花园"],
        "R1-88-E-B3": ["观前花园甲幢"],
        # Three house numbers were merged into one.
        "R2-7": ["凤凰街3号", "凤凰街5号"],
    }
    return frame.with_columns(
        aliases=pl.Series(
            [renamed.get(code, held) for code, held in frame.select("code", "aliases").iter_rows()],
            dtype=pl.List(pl.String),
        )
    )


@pytest.fixture(scope="session")
def addresses() -> pl.DataFrame:
    return list_addresses()


@pytest.fixture(scope="session")
def register(addresses: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder: Path = tmp_path_factory.mktemp("register") / "index"
    build_register(addresses, folder)
    return open_register(folder)
