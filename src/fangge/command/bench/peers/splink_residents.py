"""Splink 5 on DuckDB, tuned to the same residents: a program of its own, run beside Fangge.

`python -m fangge.command.bench.peers.splink_residents RECORDS CLUSTERS` reads a Parquet file of
residents, prepares, trains, predicts, clusters and writes record_id and cluster.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from pypinyin import lazy_pinyin
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from fangge.command.bench.measuring import Stopwatch

SEED = 1
LINK_FROM = 0.3
"""The match probability with the best F1 at 100,000 residents, usual and hard."""
PAIRS_FOR_U = 1e6
RECALL_OF_RULES = 0.9
PREPARE = Path(__file__).with_name("splink_prepare.sql")


def settings() -> SettingsCreator:
    """Give the comparisons and blocks that did best; blocks are the same as Fangge's."""
    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=1e-6,
        comparisons=[
            comparisons.CustomComparison(
                output_column_name="name",
                comparison_levels=[
                    levels.NullLevel("name"),
                    levels.ExactMatchLevel("name", term_frequency_adjustments=True),
                    levels.CustomLevel("name_sound_l = name_sound_r", label_for_charts="sound"),
                    # DuckDB's distances count bytes: a Chinese character is three of them.
                    levels.CustomLevel(
                        "length(name_l) = length(name_r) AND length(name_l) > 1"
                        " AND levenshtein(name_l, name_r) <= 3",
                        label_for_charts="one character",
                    ),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.CustomComparison(
                output_column_name="identifier",
                comparison_levels=[
                    levels.CustomLevel(
                        "written_l IS NULL OR written_r IS NULL", label_for_charts="blank"
                    ).configure(is_null_level=True),
                    levels.CustomLevel("identifier_l = identifier_r", label_for_charts="same"),
                    levels.CustomLevel(
                        "(identifier_l IS NULL OR identifier_r IS NULL)"
                        " AND hamming(written_l, written_r) <= 1",
                        label_for_charts="one digit",
                    ),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.CustomComparison(
                output_column_name="birth_on",
                comparison_levels=[
                    levels.NullLevel("birth_on"),
                    levels.ExactMatchLevel("birth_on"),
                    levels.CustomLevel(
                        "year(birth_on_l) = year(birth_on_r)"
                        " AND (month(birth_on_l) = month(birth_on_r)"
                        " OR day(birth_on_l) = day(birth_on_r)"
                        " OR month(birth_on_l) = day(birth_on_r)"
                        " AND day(birth_on_l) = month(birth_on_r))",
                        label_for_charts="turned or one part",
                    ),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.ExactMatch("sex"),
            comparisons.ExactMatch("phone"),
            comparisons.CustomComparison(
                output_column_name="address_code",
                comparison_levels=[
                    levels.NullLevel("address_code"),
                    levels.ExactMatchLevel("address_code"),
                    levels.CustomLevel("site_l = site_r", label_for_charts="same site"),
                    levels.ElseLevel(),
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("identifier"),
            block_on("name_sound", "birth_on"),
            block_on("phone"),
            block_on("birth_on", "address_code"),
            block_on("name_sound", "address_code"),
            block_on("name_sound", "front"),
            block_on("name_sound", "back"),
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def link(records: str, clusters: str) -> None:
    """Read, prepare, train, predict, cluster and write."""
    watch = Stopwatch()
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    _prepare(connection, records)
    watch.lap("prepare")
    api = DuckDBAPI(connection)
    linker = Linker(api.register("ready"), settings(), log_level="ERROR")
    _train(linker)
    watch.lap("train")
    predicted = linker.inference.predict(threshold_match_probability=LINK_FROM)
    watch.lap("predict")
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=LINK_FROM
    )
    watch.lap("cluster")
    connection.execute(
        f"COPY (SELECT unique_id AS record_id, cluster_id AS cluster FROM {found.physical_name}) "  # noqa: S608 - Splink's own table name
        f"TO '{clusters}' (FORMAT parquet)"
    )
    watch.lap("write")
    watch.tell()


def _prepare(connection: Any, records: str) -> None:
    letters = connection.execute(
        "SELECT DISTINCT unnest(string_split(lower(name), '')) FROM read_parquet(?)", [records]
    ).fetchall()
    sounds = [(letter, lazy_pinyin(letter)[0]) for (letter,) in letters if letter]
    connection.execute("CREATE TABLE sounds (letter VARCHAR, sound VARCHAR)")
    connection.executemany("INSERT INTO sounds VALUES (?, ?)", sounds)
    connection.execute(PREPARE.read_text(encoding="utf-8"), [records])


def _train(linker: Linker) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("identifier"), block_on("name_sound", "birth_on")], recall=RECALL_OF_RULES
    )
    training.estimate_u_using_random_sampling(max_pairs=PAIRS_FOR_U, seed=SEED)
    for rule in (block_on("name_sound", "birth_on"), block_on("identifier")):
        training.estimate_parameters_using_expectation_maximisation(rule)


if __name__ == "__main__":
    link(*sys.argv[1:])
