"""Linking small tables that can be read by eye, and what must hold of every table."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.codes import encode_numbers
from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.evaluation import compare_clusters
from fangge.engine.linkage.parameters import organisation_parameters, resident_parameters
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.schema import MISSING, ORGANISATION_RECORD, RESIDENT_RECORD
from fangge.engine.linkage.scoring import count_values, score_pairs
from fangge.engine.linkage.standardise.dates import standardise_dates
from fangge.engine.linkage.standardise.identifiers import (
    standardise_credit_codes,
    standardise_identifiers,
)
from fangge.engine.linkage.standardise.names import (
    standardise_organisation_names,
    standardise_person_names,
)
from fangge.engine.linkage.standardise.records import prepare_records
from fangge.engine.linkage.survivorship import choose_values

# Made of a region that does not exist; the check digits are right.
ZHANG, LI = "329990198001010019", "329990198502020029"


def with_check(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


ZHANG, LI = with_check(ZHANG[:17]), with_check(LI[:17])


def residents(*rows: dict[str, object]) -> pl.DataFrame:
    blank = dict.fromkeys(RESIDENT_RECORD)
    full = [{**blank, "record_id": i, "source": "a", **row} for i, row in enumerate(rows, start=1)]
    return pl.DataFrame(full, schema=dict(RESIDENT_RECORD))


def clusters_of(records: pl.DataFrame) -> dict[int, int]:
    found = link_records(records, resident_parameters()).clusters
    return dict(zip(found["record_id"], found["cluster"], strict=True))


BORN = date(1980, 1, 1)
PARAMETERS = resident_parameters()


def test_one_valid_identifier_is_one_resident_whatever_the_name() -> None:
    assert clusters_of(
        residents({"name": "张伟", "identifier": ZHANG}, {"name": "张炜", "identifier": ZHANG})
    ) == {1: 1, 2: 1}


def test_a_record_without_identifier_is_found_by_name_birth_and_address() -> None:
    full = {"name": "张伟", "birth_on": BORN, "address_code": "A1-0001-E-B001-F01-0101"}
    assert clusters_of(residents({**full, "identifier": ZHANG}, full)) == {1: 1, 2: 1}


def test_two_different_identifiers_are_never_joined_by_a_third_record() -> None:
    alike = {"name": "张伟", "birth_on": BORN, "phone": "12000000001", "address_code": "A1-0001"}
    found = clusters_of(
        residents({**alike, "identifier": ZHANG}, {**alike, "identifier": LI}, alike)
    )
    assert found[1] != found[2]


def test_a_namesake_elsewhere_stays_somebody_else() -> None:
    found = clusters_of(
        residents(
            {"name": "张伟", "birth_on": BORN, "address_code": "A1-0001"},
            {"name": "张伟", "birth_on": date(1971, 5, 6), "address_code": "A9-0007"},
        )
    )
    assert found[1] != found[2]


def test_a_misspelt_name_and_a_turned_date_still_link_with_a_phone() -> None:
    found = clusters_of(
        residents(
            {"name": "张丽娜", "birth_on": date(1990, 3, 4), "phone": "12000000009"},
            {"name": "张莉娜", "birth_on": date(1990, 4, 3), "phone": "12000000009"},
        )
    )
    assert found[1] == found[2]


def mistype(identifier: str, *, at: int) -> str:
    return identifier[:at] + str((int(identifier[at]) + 1) % 10) + identifier[at + 1 :]


@pytest.mark.parametrize("at", [6, 8, 9, 16])
def test_an_identifier_with_one_wrong_digit_still_finds_its_person(at: int) -> None:
    found = clusters_of(
        residents(
            {"name": "张丽娜", "identifier": ZHANG, "address_code": "A1-0001"},
            {"name": "张莉娜", "identifier": mistype(ZHANG, at=at), "address_code": "A9-0007"},
        )
    )
    assert found[1] == found[2]


def test_a_mistyped_identifier_under_another_name_is_not_enough() -> None:
    found = clusters_of(
        residents(
            {"name": "张丽娜", "identifier": ZHANG},
            {"name": "王芳", "identifier": mistype(ZHANG, at=16)},
        )
    )
    assert found[1] != found[2]


def test_a_name_alone_links_nobody() -> None:
    found = clusters_of(residents({"name": "欧阳静姝"}, {"name": "欧阳静姝"}, {"name": "李娜"}))
    assert found == {1: 1, 2: 2, 3: 3}


def weigh_names_alone(*names: str) -> list[float]:
    """Give the weights of pairs of records that share a name and say nothing else."""
    rows: list[dict[str, object]] = [{"name": name} for name in names]
    prepared = prepare_records(residents(*rows), PARAMETERS)
    at = range(0, len(names), 2)
    levels = pl.DataFrame({"left": list(at), "right": [i + 1 for i in at]}).with_columns(
        pl.lit(3 if field.name == "name" else MISSING, pl.UInt8).alias(field.name)
        for field in PARAMETERS.fields
    )
    counts = count_values(prepared, PARAMETERS)
    return score_pairs(prepared, levels, counts, PARAMETERS)["weight"].to_list()


def test_a_rare_name_says_more_than_a_common_one() -> None:
    rare, common = weigh_names_alone("欧阳静姝", "欧阳静姝", *["张伟"] * 800)[:2]
    assert rare > common + 3


def test_a_blank_value_leaves_the_prior_alone() -> None:
    prepared = prepare_records(residents({}, {}), PARAMETERS)
    levels = compare_pairs(prepared, pl.DataFrame({"left": [0], "right": [1]}), PARAMETERS)
    counts = count_values(prepared, PARAMETERS)
    weight = score_pairs(prepared, levels, counts, PARAMETERS)["weight"][0]
    assert weight == pytest.approx(PARAMETERS.prior_bits)


def test_organisations_meet_by_their_own_name() -> None:
    blank = dict.fromkeys(ORGANISATION_RECORD)
    rows = [
        {
            **blank,
            "record_id": 1,
            "source": "a",
            "name": "苏州恒源科技有限公司",
            "phone": "12000000001",
        },
        {**blank, "record_id": 2, "source": "b", "name": "恒源科技", "phone": "12000000001"},
        {**blank, "record_id": 3, "source": "b", "name": "嘉康贸易", "phone": "12000000002"},
    ]
    linked = link_records(
        pl.DataFrame(rows, schema=dict(ORGANISATION_RECORD)), organisation_parameters()
    )
    assert linked.clusters["cluster"].to_list() == [1, 1, 3]


person = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["张伟", "张炜", "李娜", "王芳", None]),
        "birth_on": st.sampled_from([BORN, date(1985, 2, 2), None]),
        "identifier": st.sampled_from([ZHANG, LI, "12345", None]),
        "phone": st.sampled_from(["12000000001", "12000000002", None]),
        "address_code": st.sampled_from(["A1-0001", "A2-0002", None]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(person, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_the_answer(
    people: list[dict[str, object]], chance: object
) -> None:
    records = residents(*people)
    order = list(range(records.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert clusters_of(records) == clusters_of(records[order])


@settings(max_examples=60, deadline=None)
@given(st.lists(person, min_size=1, max_size=12))
def test_no_cluster_holds_two_identifiers_and_every_record_is_in_one(
    people: list[dict[str, object]],
) -> None:
    records = residents(*people)
    found = link_records(records, resident_parameters()).clusters
    assert sorted(found["record_id"]) == sorted(records["record_id"])
    valid = records.with_columns(standardise_identifiers(records["identifier"]).alias("identifier"))
    held = (
        found.join(valid, on="record_id")
        .group_by("cluster")
        .agg(pl.col("identifier").drop_nulls().n_unique())
    )
    assert (held["identifier"] <= 1).all()


def test_the_best_value_says_which_record_it_came_from() -> None:
    records = residents(
        {"name": "张炜", "source": "b", "phone": "1", "updated_on": date(2026, 1, 1)},
        {"name": "张伟", "source": "a", "updated_on": date(2020, 1, 1)},
    )
    clusters = pl.DataFrame({"record_id": [1, 2], "cluster": [1, 1]})
    chosen = choose_values(records, clusters, {"a": 0, "b": 1}).row(0, named=True)
    assert (chosen["name"], chosen["name_record"]) == ("张伟", 2)
    assert (chosen["phone"], chosen["phone_record"]) == ("1", 1)
    assert chosen["sex_record"] is None


@pytest.mark.parametrize(
    ("text", "read"),
    [(ZHANG, ZHANG), (ZHANG.lower(), ZHANG), (f" {ZHANG} ", ZHANG), (ZHANG[:-1] + "0", None),
     ("329990198002300019", None), ("", None), ("张伟", None), ("１２３", None)],
)  # fmt: skip
def test_identifiers_are_taken_only_with_their_check_digit(text: str, read: str | None) -> None:
    if text == ZHANG[:-1] + "0" and ZHANG.endswith("0"):
        text = ZHANG[:-1] + "1"
    assert standardise_identifiers(pl.Series([text])).to_list() == [read]


def test_other_values_are_brought_to_one_writing() -> None:
    names = pl.Series(["张 伟", "买买提•阿不都", "Anna Novak", ""])
    assert standardise_person_names(names).to_list() == [
        "张伟", "买买提·阿不都", "annanovak", None,
    ]  # fmt: skip
    assert standardise_organisation_names(pl.Series(["苏州恒源科技有限公司"])).to_list() == [
        "恒源科技"
    ]
    phones = encode_numbers(pl.Series(["+86 120-0000-0001", "12000000001", "12"]), shortest=7)
    assert phones[0] == phones[1] != phones[2] == 0
    written = pl.Series(["2026-02-03", "20260203", "2026年2月3日", "2026-02-30"])
    assert standardise_dates(written).to_list() == [
        date(2026, 2, 3), date(2026, 2, 3), date(2026, 2, 3), None,
    ]  # fmt: skip
    assert standardise_credit_codes(pl.Series(["91320594MA1MXXXXXX", None])).to_list() == [
        None,
        None,
    ]


def test_precision_and_recall_count_pairs() -> None:
    predicted = pl.DataFrame({"record_id": [1, 2, 3, 4], "cluster": [1, 1, 1, 4]})
    truth = pl.DataFrame({"record_id": [1, 2, 3, 4], "subject": ["a", "a", "b", "b"]})
    agreement = compare_clusters(predicted, truth)
    assert (agreement.n_found_pairs, agreement.n_true_pairs) == (3, 2)
    assert agreement.precision == pytest.approx(1 / 3)
    assert agreement.recall == pytest.approx(1 / 2)
