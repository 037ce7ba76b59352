"""A town to count: one building of twelve rooms in grid 1, two single houses in grid 2."""

from collections.abc import Callable
from datetime import date, datetime

import polars as pl
import pytest
from django.conf import settings

from fangge.kernel.actor import Actor
from fangge.registers.actions.addresses import register_addresses
from fangge.registers.actions.dwellings import register_dwellings
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.actions.occupancies import write_occupancies
from fangge.registers.actions.organisations import register_organisations
from fangge.registers.actions.residents import register_residents
from fangge.registers.models.address import Address

GRID_1, GRID_2 = "320599001001001", "320599001001002"
AT = {GRID_1: (120.605, 31.305), GRID_2: (120.615, 31.305)}
ABOVE = "江苏省苏州市试验区坊前街道"

Town = dict[str, int]


def address_rows() -> list[tuple[str, str | None, str, str, str]]:
    """Code, parent, level, own name and grid."""
    rows: list[tuple[str, str | None, str, str, str]] = [
        ("R1", None, "road", "临水路", GRID_1),
        ("R1-8", "R1", "number", "8号", GRID_1),
        ("R1-8-E", "R1-8", "estate", "观桥花园", GRID_1),
        ("B1", "R1-8-E", "building", "1幢", GRID_1),
        ("H10", "R1", "number", "10号", GRID_2),
        ("H12", "R1", "number", "12号", GRID_2),
    ]
    for unit in (1, 2):
        rows.append((f"B1-U{unit}", "B1", "unit", f"{unit}单元", GRID_1))
        for floor in (1, 2, 3):
            here = f"B1-U{unit}-F{floor}"
            rows.append((here, f"B1-U{unit}", "floor", f"{floor}层", GRID_1))
            rows += [(f"{here}-{room}", here, "room", f"{floor}0{room}室", GRID_1) for room in (1, 2)]
    return rows


def address_frame() -> pl.DataFrame:
    rows = address_rows()
    names = {code: (parent, name) for code, parent, _, name, _ in rows}

    def full_name(code: str) -> str:
        parent, name = names[code]
        own = "" if code.split("-")[-1].startswith("F") else name
        return (full_name(parent) if parent else ABOVE) + own

    return pl.DataFrame(
        [
            (code, parent, level, name, full_name(code), [], grid, *AT[grid], number)
            for number, (code, parent, level, name, grid) in enumerate(rows, start=1)
        ],
        schema={
            "code": pl.String, "parent_code": pl.String, "level": pl.String, "name": pl.String,
            "full_name": pl.String, "aliases": pl.List(pl.String), "grid_code": pl.String,
            "lon": pl.Float64, "lat": pl.Float64, "record_id": pl.Int64,
        },
        orient="row",
    ).with_columns(starts_on=pl.lit(date(2020, 1, 1)))  # fmt: skip


RESIDENTS = ("方某一", "方某二", "方某三")


@pytest.fixture
def write_residents(
    maker: Actor, noon: datetime
) -> Callable[[list[tuple[int, str, str]]], pl.DataFrame]:
    """Write who is where: (number of the resident, kind, address code)."""
    made: dict[str, pl.DataFrame] = {}

    def write(held: list[tuple[int, str, str]]) -> pl.DataFrame:
        if "residents" not in made:
            made["residents"], _ = register_residents(
                actor=maker, residents=resident_frame(), run_id=None, now=noon
            )
        ids = made["residents"]["id"].to_list()
        places = {one.code: one for one in Address.objects.all()}
        occupancies = pl.DataFrame(
            [
                (kind, ids[who], None, places[code].pk, places[code].grid_id,
                 date(2024, 5, 1), None, 1)
                for who, kind, code in held
            ],
            schema={
                "kind": pl.String, "resident_id": pl.Int64, "organisation_id": pl.Int64,
                "address_id": pl.Int64, "grid_id": pl.Int64, "starts_on": pl.Date,
                "ends_on": pl.Date, "record_id": pl.Int64,
            },
            orient="row",
        )  # fmt: skip
        write_occupancies(actor=maker, occupancies=occupancies, now=noon)
        return made["residents"]

    return write


def resident_frame() -> pl.DataFrame:
    n_residents = len(RESIDENTS)
    return pl.DataFrame(
        {
            "id": pl.Series([None] * n_residents, dtype=pl.Int64),
            "name": RESIDENTS,
            "sex": ["1", "2", "1"],
            "birth_on": [date(1980, 2, 3)] * n_residents,
            "identifier": [f"32059919800203000{number}" for number in range(n_residents)],
            "phone": [f"1000000000{number}" for number in range(n_residents)],
            "origins": ['{"name": 7}'] * n_residents,
        }
    )


@pytest.fixture
def town(
    areas: dict[str, int],
    maker: Actor,
    noon: datetime,
    write_residents: Callable[[list[tuple[int, str, str]]], pl.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
) -> Town:
    """The town written and counted: address ids by code, and the first resident and firm."""
    settings.FANGGE_DATA = tmp_path_factory.mktemp("data")
    register_addresses(actor=maker, addresses=address_frame(), run_id=None, now=noon)
    ids = {one.code: one.pk for one in Address.objects.all()}
    grids = {one.code: one.grid_id for one in Address.objects.all()}
    dwellings = pl.DataFrame(
        {
            "address_id": [ids["B1-U1-F1-1"], ids["B1-U1-F2-1"], ids["H10"]],
            "grid_id": [grids["B1"], grids["B1"], grids["H10"]],
            "use": ["住宅"] * 3,
            "floor_area_m2": [80.5, 90.0, 120.0],
            "origins": ["{}"] * 3,
        }
    )
    register_dwellings(actor=maker, dwellings=dwellings, run_id=None, now=noon)
    firms = pl.DataFrame(
        {
            "id": pl.Series([None], dtype=pl.Int64), "name": ["观桥缝纫店"], "kind": ["个体工商户"],
            "credit_code": ["92320599MA00000000"], "state": ["存续"], "address_id": [ids["H12"]],
            "grid_id": [grids["H12"]], "starts_on": [date(2021, 3, 4)],
            "ends_on": pl.Series([None], dtype=pl.Date), "origins": ["{}"],
        }
    )  # fmt: skip
    registered, _ = register_organisations(
        actor=maker, organisations=firms, run_id=None, now=noon
    )
    people = write_residents(
        [(0, "resident", "B1-U1-F1-1"), (1, "resident", "B1-U1-F1-1"), (2, "tenant", "H10")]
    )
    refresh_map_cells(building_ids=None, now=noon)
    return ids | {"resident": people["id"][0], "tenant": people["id"][2], "firm": registered["id"][0]}
