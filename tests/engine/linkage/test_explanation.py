"""Every weight can be told field by field, and every cluster by its strongest links."""

from datetime import date

import polars as pl
import pytest

from fangge.engine.linkage.explanation import ONE_SIDED, explain_cluster, explain_pair
from fangge.engine.linkage.parameters import resident_parameters
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.schema import RESIDENT_RECORD


def two_residents() -> pl.DataFrame:
    blank = {**dict.fromkeys(RESIDENT_RECORD), "source": "a", "phone": "12000000009", "sex": "2"}
    rows = [
        {**blank, "record_id": 1, "name": "张 丽娜", "birth_on": date(1990, 3, 4)},
        {**blank, "record_id": 2, "name": "张莉娜", "birth_on": date(1990, 4, 3)},
    ]
    return pl.DataFrame(rows, schema=dict(RESIDENT_RECORD))


def test_a_pair_is_explained_field_by_field_in_words() -> None:
    told = explain_pair(two_residents(), 1, 2, resident_parameters())
    name = told.row(by_predicate=pl.col("field") == "name", named=True)
    assert (name["left"], name["right"], name["level"]) == ("张 丽娜", "张莉娜", "same sound")
    address = told.row(by_predicate=pl.col("field") == "address_code", named=True)
    assert (address["level"], address["bits"]) == (ONE_SIDED, 0)


def test_the_fields_add_up_to_the_weight_that_decided() -> None:
    told = explain_pair(two_residents(), 2, 1, resident_parameters())
    assert told["field"].to_list()[0] == "prior"
    assert told["field"].to_list()[-1] == "sum"
    assert told["bits"][-1] == pytest.approx(told["bits"][:-1].sum())
    linked = link_records(two_residents(), resident_parameters()).clusters
    assert told["bits"][-1] == pytest.approx(linked["weight"][0], abs=1e-4)


def test_a_cluster_is_explained_by_the_strongest_links_that_span_it() -> None:
    members = pl.DataFrame({"record_id": [1, 2, 3]})
    edges = pl.DataFrame(
        {"left": [1, 2, 1, 3], "right": [2, 3, 3, 9], "weight": [5.0, 9.0, 7.0, 99.0]}
    )
    assert explain_cluster(members, edges).rows() == [(2, 3, 9.0), (1, 3, 7.0)]
