from datetime import date

import numpy as np
import polars as pl
import pytest
from stdnum.cn import uscc

from fangge.engine.synthesis.district import make_district
from fangge.engine.synthesis.extracts import Generated
from fangge.engine.synthesis.identifiers import IDENTIFIER_WEIGHTS
from fangge.engine.synthesis.people import TODAY, People, make_people
from fangge.engine.synthesis.streets import make_streets


@pytest.fixture(scope="module")
def people() -> People:
    chance = np.random.default_rng(5)
    streets = make_streets(make_district(n_residents=20_000, rng=chance), rng=chance)
    return make_people(streets, n_residents=20_000, rng=chance)


@pytest.fixture(scope="module")
def heads(people: People) -> pl.DataFrame:
    """Members of households beside the head of each, with how much older the head is."""
    residents = people.residents
    head = residents.unique("household", keep="first", maintain_order=True)
    both = residents.join(head, on="household", suffix="_head")
    years = (pl.col("birth_on") - pl.col("birth_on_head")).dt.total_days() / 365.25
    return both.with_columns(younger_by=years)


def test_there_are_as_many_residents_as_asked(people: People) -> None:
    assert people.residents.height == 20_000


def test_a_household_is_of_2_or_3_people_on_average(people: People) -> None:
    assert 2.2 < people.residents.height / people.households.height < 2.8


def test_couples_are_a_man_and_a_woman_near_in_age(heads: pl.DataFrame) -> None:
    spouses = heads.filter(pl.col("relation") == "配偶")
    assert (spouses["sex"] != spouses["sex_head"]).all()
    assert spouses["younger_by"].abs().max() <= 6.1  # type: ignore[operator]  # never null


def test_a_parent_is_an_adult_when_a_child_is_born(heads: pl.DataFrame) -> None:
    children = heads.filter(pl.col("relation") == "子女")["younger_by"]
    parents = heads.filter(pl.col("relation") == "父母")["younger_by"]
    assert children.min() >= 22  # type: ignore[operator]  # never null
    assert parents.max() <= -22  # type: ignore[operator]  # never null


def test_a_child_at_home_has_the_surname_of_a_parent(people: People) -> None:
    families = people.residents.with_columns(first=pl.col("name").str.head(1))
    children = families.filter(pl.col("relation") == "子女")
    grown = families.filter(pl.col("relation").is_in(["户主", "配偶"]))
    assert children.join(grown, on=["household", "first"], how="anti").is_empty()


def test_ages_are_those_of_an_old_town(people: People) -> None:
    years = (pl.lit(TODAY) - pl.col("birth_on")).dt.total_days() / 365.25
    ages = people.residents.select(years=years)["years"]
    assert (ages < 0).sum() == 0
    assert 0.08 < (ages < 15).mean() < 0.2  # type: ignore[operator]  # a share
    assert 0.18 < (ages >= 60).mean() < 0.35  # type: ignore[operator]  # a share
    decades = np.histogram(ages.to_numpy(), bins=np.arange(0, 81, 10))[0]
    assert decades.min() > 0.3 * decades.max()
    assert ages.max() < 102  # type: ignore[operator]  # never null


def test_owners_are_adults(people: People) -> None:
    owners = people.residents[people.households["owner"].unique()]
    # Who lives in the own home owns it, and heads are adults.
    assert owners["is_adult"].all()


def test_nobody_shares_an_identifier(people: People) -> None:
    assert people.residents["identifier"].n_unique() == people.residents.height


def test_identifiers_hold_their_check_and_no_region_there_is(people: People) -> None:
    for number, birth_on, sex in (
        people.residents.select("identifier", "birth_on", "sex").head(500).iter_rows()
    ):
        weighed = sum(int(d) * int(w) for d, w in zip(number[:17], IDENTIFIER_WEIGHTS, strict=True))
        assert "10X98765432"[weighed % 11] == number[17]
        assert number.startswith("32999")
        assert date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}") == birth_on
        assert int(number[16]) % 2 == int(sex) % 2


def test_credit_codes_hold_their_check_and_no_authority_there_is(people: People) -> None:
    for code in people.organisations["credit_code"]:
        assert uscc.is_valid(code)
        assert code[2:8] == "329999"


def test_telephone_numbers_are_of_no_network(people: People) -> None:
    numbers = people.residents["phone"].drop_nulls()
    assert numbers.str.contains(r"^12\d{9}$").all()
    assert numbers.n_unique() == numbers.len()


def test_some_names_are_of_other_kinds(people: People) -> None:
    def count_names(form: str) -> int:
        return int(people.residents["name"].str.contains(form).sum())

    assert count_names("·") > 30
    assert count_names("^[A-Z][a-z]+ [A-Z]") > 5
    assert count_names("^(欧阳|上官|司马|诸葛|皇甫|尉迟|令狐|东方)") > 20


def test_organisations_close_after_they_open(people: People) -> None:
    closed = people.organisations.drop_nulls("closed_on")
    assert closed.height > 50
    assert (closed["closed_on"] >= closed["founded_on"]).all()


def test_the_same_people_live_there_whatever_the_noise(
    district: Generated, clean_district: Generated
) -> None:
    assert district.counts == clean_district.counts
    assert district.addresses["full_name"].equals(clean_district.addresses["full_name"])
