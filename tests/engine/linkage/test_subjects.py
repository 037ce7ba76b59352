"""Dwellings, tenancies and organisations, told apart by what each is known by."""

from datetime import date

import polars as pl
import pytest

from fangge.engine.linkage.parameters import (
    Parameters,
    dwelling_parameters,
    organisation_parameters,
    tenancy_parameters,
)
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.schema import (
    DWELLING_RECORD,
    ORGANISATION_RECORD,
    TENANCY_RECORD,
    Schema,
)

ROOM, UNIT = "A00012-0038-E-B003-U2-F11-1102", "A00012-0038-E-B003-U2"


def clusters_of(schema: Schema, parameters: Parameters, *rows: dict[str, object]) -> dict[int, int]:
    full = [
        {**dict.fromkeys(schema), "record_id": i, "source": "a", **row}
        for i, row in enumerate(rows, start=1)
    ]
    found = link_records(pl.DataFrame(full, schema=dict(schema)), parameters).clusters
    return dict(zip(found["record_id"], found["cluster"], strict=True))


def dwellings(*rows: dict[str, object]) -> dict[int, int]:
    return clusters_of(DWELLING_RECORD, dwelling_parameters(), *rows)


def test_a_room_is_one_dwelling_whatever_else_is_said() -> None:
    assert dwellings(
        {"address_code": ROOM, "use": "住宅"}, {"address_code": ROOM, "use": "商住"}
    ) == {1: 1, 2: 1}


def test_records_that_stop_at_the_unit_are_not_one_dwelling() -> None:
    assert dwellings({"address_code": UNIT}, {"address_code": UNIT}) == {1: 1, 2: 2}


def test_an_address_without_the_room_is_joined_by_number_and_area() -> None:
    full = {"number": "F000000007", "floor_area_m2": "88.6", "use": "住宅"}
    assert dwellings({"address_code": ROOM, **full}, {"address_code": UNIT, **full}) == {1: 1, 2: 1}


def test_two_rooms_are_never_joined_by_a_number() -> None:
    full = {"number": "F000000007", "floor_area_m2": "88.6", "use": "住宅"}
    other = ROOM.replace("1102", "1103")
    found = dwellings(
        {"address_code": ROOM, **full},
        {"address_code": other, **full},
        {"address_code": UNIT, **full},
    )
    assert found[1] != found[2]


def test_a_tenancy_is_one_tenant_in_one_dwelling_from_one_day() -> None:
    started = {"tenant": 7, "dwelling": 9, "starts_on": date(2026, 3, 4)}
    found = clusters_of(
        TENANCY_RECORD,
        tenancy_parameters(),
        started,
        {**started, "starts_on": date(2026, 4, 3)},
        {**started, "starts_on": date(2021, 9, 1)},
        {**started, "tenant": 8},
    )
    assert found == {1: 1, 2: 1, 3: 3, 4: 4}


@pytest.mark.parametrize(
    "name",
    ["苏州恒源科技有限公司", "恒源科技（苏州）有限公司", "恒源科技", "苏州恒源科技有限责任公司"],
)
def test_an_organisation_is_known_by_its_own_name_in_every_form(name: str) -> None:
    said = {"phone": "12000000001", "address_code": "A1-0001"}
    found = clusters_of(
        ORGANISATION_RECORD,
        organisation_parameters(),
        {"name": "苏州恒源科技有限公司", **said},
        {"name": name, **said},
        {"name": "嘉康贸易", "phone": "12000000002"},
    )
    assert found == {1: 1, 2: 1, 3: 3}


def test_a_branch_is_not_its_company() -> None:
    found = clusters_of(
        ORGANISATION_RECORD,
        organisation_parameters(),
        {"name": "苏州恒源科技有限公司", "representative": "张伟", "address_code": "A1-0001"},
        {
            "name": "苏州恒源科技有限公司平江分公司",
            "representative": "李娜",
            "address_code": "A9-0007",
        },
    )
    assert found[1] != found[2]
