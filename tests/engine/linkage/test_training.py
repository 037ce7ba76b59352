"""Odds estimated from data link as well as those set by hand; saved parameters read back."""

from dataclasses import replace

import polars as pl
import pytest

from fangge.engine.linkage.evaluation import compare_clusters
from fangge.engine.linkage.parameters import (
    Costs,
    Parameters,
    ParametersUnreadable,
    febrl_parameters,
    organisation_parameters,
    read_parameters,
    rescale_prior,
    resident_parameters,
)
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.standardise.records import prepare_records
from fangge.engine.linkage.training import estimate_parameters, learn_parameters
from fangge.engine.synthesis.extracts import generate_district
from fangge.engine.synthesis.records import list_records

HARD = resident_parameters()


@pytest.fixture(scope="module")
def district() -> tuple[pl.DataFrame, pl.DataFrame]:
    made = list_records(generate_district(n_residents=3_000, seed=5, noise="hard"))
    truth = made["truth"].filter(pl.col("kind") == "residents")
    return made["residents"], truth.select("record_id", "subject")


def measure_f1(district: tuple[pl.DataFrame, pl.DataFrame], parameters: Parameters) -> float:
    records, truth = district
    return compare_clusters(link_records(records, parameters).clusters, truth).f1


def test_odds_estimated_without_labels_link_as_well_as_those_learnt_from_them(
    district: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    records, truth = district
    ignorant = replace(
        HARD,
        fields=tuple(
            replace(field, m=(*[0.3 / (len(field.m) - 1)] * (len(field.m) - 1), 0.7))
            for field in HARD.fields
        ),
    )
    prepared = prepare_records(records, HARD)
    estimated = estimate_parameters(prepared, ignorant, seed=1)
    learnt = learn_parameters(prepared, truth, HARD)
    assert measure_f1(district, estimated) > measure_f1(district, learnt) - 0.002
    assert measure_f1(district, estimated) > measure_f1(district, HARD) - 0.002
    phones = [next(f for f in found.fields if f.name == "phone") for found in (estimated, learnt)]
    assert phones[0].m[1] == pytest.approx(phones[1].m[1], abs=0.05)
    assert estimated == estimate_parameters(prepared, ignorant, seed=1)


@pytest.mark.parametrize(
    "parameters", [resident_parameters(), organisation_parameters(), febrl_parameters()]
)
def test_saved_parameters_read_back_the_same(parameters: Parameters) -> None:
    assert read_parameters(parameters.as_json()) == parameters
    for field in parameters.fields:
        assert sum(field.m) == pytest.approx(1)
        assert sum(field.u) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2, "fields": 3}'])
def test_what_is_no_parameters_is_refused(text: str) -> None:
    with pytest.raises(ParametersUnreadable):
        read_parameters(text)


def test_costs_set_the_thresholds() -> None:
    assert Costs(wrong_link=32, missed_link=2, review=1).thresholds_bits() == pytest.approx(
        (4.954, 0), abs=0.001
    )
    dear = Costs(wrong_link=3, missed_link=1, review=50).thresholds_bits()
    assert dear[0] == dear[1] == pytest.approx(1.585, abs=0.001)


def test_twice_the_records_halve_the_odds() -> None:
    small, large = rescale_prior(HARD, 2**10), rescale_prior(HARD, 2**11)
    assert large.prior_bits == small.prior_bits - 1
    assert rescale_prior(HARD, 1_500) == large
