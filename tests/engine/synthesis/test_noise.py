import dataclasses

import polars as pl
import pytest

from fangge.engine.synthesis.extracts import Generated, generate_district
from fangge.engine.synthesis.noise import RATES

SPREAD = 0.35
"""How far a rate may be from the declared one: a few standard deviations of these counts."""


def share_touched(made: Generated, source: str, role: str, kind: str) -> float:
    rows = made.truth.filter((pl.col("source") == source) & (pl.col("role") == role))
    return float(rows.select(pl.col("noise").list.contains(kind).mean()).item())


@pytest.fixture(scope="module")
def hard_district() -> Generated:
    return generate_district(n_residents=12_000, seed=3, noise="hard")


@pytest.mark.parametrize(
    "kind",
    [
        "identifier_missing",
        "identifier_mistyped",
        "name_misspelt",
        "birth_mistyped",
        "name_restyled",
        "address_restyled",
        "address_parts_missing",
        "address_shortened",
        "address_misspelt",
        "address_appended",
        "duplicated",
        "moved",
        "fields_swapped",
    ],
)
def test_noise_is_as_frequent_as_declared(hard_district: Generated, kind: str) -> None:
    declared = getattr(RATES["hard"], kind)
    seen = share_touched(hard_district, "police_population", "holder", kind)
    assert seen == pytest.approx(declared, rel=SPREAD)


def test_broken_rows_are_as_frequent_as_declared(hard_district: Generated) -> None:
    rows = hard_district.truth.filter(source="health_population")
    assert rows["broken"].mean() == pytest.approx(RATES["hard"].broken, rel=SPREAD)


def test_without_noise_nothing_is_touched(clean_district: Generated) -> None:
    assert clean_district.truth["noise"].list.len().sum() == 0
    assert not clean_district.truth["broken"].any()
    assert not any(dataclasses.astuple(RATES["none"]))


def test_every_kind_is_worse_when_it_is_hard() -> None:
    usual, hard = dataclasses.asdict(RATES["usual"]), dataclasses.asdict(RATES["hard"])
    assert all(0 < usual[kind] < hard[kind] < 1 for kind in usual)


def test_without_noise_an_address_is_the_registered_one(clean_district: Generated) -> None:
    rows = clean_district.truth.drop_nulls("address_code").join(
        clean_district.addresses, left_on="address_code", right_on="code"
    )
    assert (rows["address_text"] == rows["full_name"]).all()


def test_every_address_that_a_text_means_is_registered(district: Generated) -> None:
    rows = district.truth.drop_nulls("address_text")
    assert rows["address_code"].null_count() == 0
    known = district.addresses.select(address_code="code")
    assert rows.join(known, on="address_code", how="anti").is_empty()


def test_every_row_of_an_extract_has_its_answers(district: Generated) -> None:
    roles = {"police": ["holder"], "health": ["holder"], "market": ["organisation"]}
    for name, expected in roles.items():
        extract = getattr(district, name)
        answers = district.truth.filter(source=extract.source)
        assert answers["role"].unique().to_list() == expected
        assert answers["row_no"].to_list() == list(range(1, extract.rows.height + 1))
    housing = district.truth.filter(source="housing_dwellings")
    counts = dict(housing.group_by("role").len().iter_rows())
    rows = district.housing.rows
    assert counts["dwelling"] == counts["owner"] == rows.height
    assert counts["tenant"] == rows.filter(pl.col("租赁状态") == "已出租").height


def test_a_value_left_out_is_told(district: Generated) -> None:
    police = district.police.rows.with_columns(
        district.truth.filter(source="police_population")["noise"],
        row_no=pl.int_range(1, pl.len() + 1),
    )
    blank = police.filter(pl.col("公民身份号码").is_null())
    assert blank.select(pl.col("noise").list.contains("identifier_missing").all()).item()


def test_addresses_are_written_in_many_ways(district: Generated) -> None:
    texts = district.health.rows["dz"]
    for form in (
        "栋",
        "号楼",
        "座",
        r"\d-\d",
        "０|１|２|３",
        "[一二三四五六七八九十]幢",
        "#",
        "^姑苏区",
        "（",
    ):
        assert texts.str.contains(form).sum() > 20, form


def test_each_person_is_known_to_two_sources_or_more_on_average(district: Generated) -> None:
    roles = district.truth.filter(pl.col("role").is_in(["holder", "owner", "tenant"]))
    assert 2.1 < roles.height / district.counts["residents"] < 2.9


def test_the_same_seed_gives_the_same_rows() -> None:
    once, again = (generate_district(n_residents=600, seed=9, noise="hard") for _ in range(2))
    assert once.truth.equals(again.truth)
    assert once.police.rows.equals(again.police.rows)
    other = generate_district(n_residents=600, seed=10, noise="hard")
    assert not once.police.rows.equals(other.police.rows)
