import polars as pl
import pytest

from fangge.engine.linkage.schema import ORGANISATION_RECORD, RESIDENT_RECORD
from fangge.engine.synthesis.extracts import Generated
from fangge.engine.synthesis.records import list_records


@pytest.fixture(scope="module")
def tables(district: Generated) -> dict[str, pl.DataFrame]:
    return list_records(district)


def test_records_have_the_engines_columns_and_a_number_of_their_own(
    tables: dict[str, pl.DataFrame],
) -> None:
    assert dict(tables["residents"].schema) == RESIDENT_RECORD
    assert dict(tables["organisations"].schema) == ORGANISATION_RECORD
    ids = pl.concat(
        tables[kind]["record_id"] for kind in ("residents", "organisations", "dwellings")
    )
    assert ids.n_unique() == ids.len()


def test_each_record_of_a_person_has_its_truth(tables: dict[str, pl.DataFrame]) -> None:
    truth = tables["truth"].filter(kind="residents")
    assert truth["record_id"].to_list() == tables["residents"]["record_id"].to_list()
    known = tables["subjects"].filter(kind="residents")
    both = tables["residents"].join(truth, on="record_id").join(known, on="subject", suffix="_true")
    assert both.height == truth.height
    for field in ("name", "identifier", "birth_on", "sex"):
        said = both.drop_nulls(field)
        right = (said[field] == said[f"{field}_true"]).sum()
        assert right > 0.95 * said.height, field


def test_broken_rows_are_left_out(district: Generated, tables: dict[str, pl.DataFrame]) -> None:
    told = district.truth.filter(~pl.col("broken"), pl.col("source") != "tenancy_agreements")
    expected = told.filter(pl.col("role").is_in(["holder", "tenant", "owner"])).height
    assert tables["residents"].height == expected
    assert tables["organisations"].height == told.filter(role="organisation").height


def test_a_dwelling_is_true_only_where_the_text_means_one(
    tables: dict[str, pl.DataFrame],
) -> None:
    above = tables["addresses"]["parent_code"].drop_nulls()
    truth = tables["truth"].filter(kind="dwellings")
    assert not truth["subject"].is_in(above.implode()).any()
    assert 0.9 < truth.height / tables["dwellings"].height < 1
