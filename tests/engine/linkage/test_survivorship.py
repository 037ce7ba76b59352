"""Which value stands for a subject, and which record it came from."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.schema import RESIDENT_RECORD
from fangge.engine.linkage.survivorship import choose_values, measure_commonness

PRECEDENCE = {"a": 0, "b": 1}
BODY, CHECKS = "32999019800101001", "10X98765432"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTIFIER = BODY + CHECKS[sum(int(d) * w for d, w in zip(BODY, WEIGHTS, strict=True)) % 11]


def chosen_of(*rows: dict[str, object]) -> dict[str, object]:
    blank = dict.fromkeys(RESIDENT_RECORD)
    full = [{**blank, "record_id": i, "source": "a", **row} for i, row in enumerate(rows, start=1)]
    records = pl.DataFrame(full, schema=dict(RESIDENT_RECORD))
    clusters = records.select("record_id", cluster=pl.lit(1, pl.Int64))
    return choose_values(records, clusters, PRECEDENCE).row(0, named=True)


def test_a_valid_identifier_tells_the_birth_date_and_the_sex() -> None:
    chosen = chosen_of(
        {"birth_on": date(1980, 10, 1), "sex": "2"},
        {"birth_on": date(1980, 10, 1), "sex": "2"},
        {"source": "b", "identifier": IDENTIFIER},
    )
    assert (chosen["birth_on"], chosen["birth_on_record"]) == (date(1980, 1, 1), 3)
    assert (chosen["sex"], chosen["sex_record"]) == ("1", 3)


def test_two_that_agree_outvote_the_source_that_speaks_first() -> None:
    chosen = chosen_of(
        {"phone": "12000000001"},
        {"source": "b", "phone": "120-0000-0002"},
        {"source": "c", "phone": "12000000002"},
    )
    assert (chosen["phone"], chosen["phone_record"]) == ("120-0000-0002", 2)


def test_of_two_names_the_one_of_common_characters_stands() -> None:
    blank = dict.fromkeys(RESIDENT_RECORD)
    rows = [
        {**blank, "record_id": i, "source": "a", "name": name}
        for i, name in enumerate(["张玮", "张伟", "王伟", "李伟", "李伟"], start=1)
    ]
    records = pl.DataFrame(rows, schema=dict(RESIDENT_RECORD))
    clusters = pl.DataFrame({"record_id": [1, 2, 3, 4, 5], "cluster": [1, 1, 3, 4, 5]})
    chosen = choose_values(records, clusters, PRECEDENCE)
    assert chosen["name"].to_list()[0] == "张伟"
    kept = choose_values(
        records, clusters, PRECEDENCE, commonness=measure_commonness(pl.Series(["玮"] * 99))
    )
    assert kept["name"].to_list()[0] == "张玮"


def test_a_name_is_written_as_a_register_does() -> None:
    assert chosen_of({"name": " 张　伟 "})["name"] == "张伟"
    assert chosen_of({"name": "买买提•艾山"})["name"] == "买买提·艾山"
    assert chosen_of({"name": "Anna  Novak "})["name"] == "Anna Novak"


record = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["a", "b", "c"]),
        "name": st.sampled_from(["张伟", "张玮", None]),
        "phone": st.sampled_from(["12000000001", "12000000002", None]),
        "updated_on": st.sampled_from([date(2026, 1, 1), date(2025, 1, 1), None]),
        "identifier": st.sampled_from([IDENTIFIER, None]),
        "birth_on": st.sampled_from([date(1985, 2, 2), None]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(record, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_what_stands(
    rows: list[dict[str, object]], chance: object
) -> None:
    blank = dict.fromkeys(RESIDENT_RECORD)
    full = [{**blank, "record_id": i, **row} for i, row in enumerate(rows)]
    records = pl.DataFrame(full, schema=dict(RESIDENT_RECORD))
    clusters = records.select("record_id", cluster=pl.col("record_id") // 3 * 3)
    order = list(range(records.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    straight = choose_values(records, clusters, PRECEDENCE)
    assert straight.equals(choose_values(records[order], clusters[order[::-1]], PRECEDENCE))
    for field in ("name", "phone", "birth_on"):
        values = straight[field], straight[f"{field}_record"]
        assert (values[0].is_null() == values[1].is_null()).all()
