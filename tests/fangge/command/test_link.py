"""`fangge link` over files, without a database."""

import json
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from fangge.command.link.command import command
from fangge.engine.linkage.survivorship import tidy_names
from fangge.fusion.actions.generate import write_district

KINDS = ("residents", "organisations", "dwellings")
PEOPLE = pl.DataFrame(
    {
        "record_id": [1, 2, 3],
        "source": ["clinic", "school", "clinic"],
        "name": ["张丽娜", "张莉娜", "王芳"],
        "birth_on": ["1990-03-04", "1990年04月03日", None],
        "phone": ["12000000009", "12000000009", None],
    }
)


def run(source: Path, output: Path, *more: str) -> Result:
    arguments = ["--input", str(source), "--output", str(output), *more]
    return CliRunner().invoke(command, arguments)


def write_people(folder: Path, people: pl.DataFrame, name: str = "residents.parquet") -> Path:
    folder.mkdir(exist_ok=True)
    people.write_parquet(folder / name)
    return folder


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linked") / "district"
    write_district(folder=folder, n_residents=3_000, seed=5, noise="usual", tell=lambda _: None)
    return folder


def test_a_generated_district_is_linked_and_measured(district: Path, tmp_path: Path) -> None:
    told = run(district, tmp_path / "out", "--json")
    assert told.exit_code == 0, told.output
    kinds = json.loads(told.stdout)["kinds"]
    assert set(kinds) == set(KINDS)
    for kind in KINDS:
        assert kinds[kind]["accuracy"]["precision"] > 0.99
        assert kinds[kind]["accuracy"]["recall"] > 0.97
    assert min(told["right"] for told in kinds["residents"]["values"].values()) > 0.9


def test_every_record_is_in_one_cluster_and_every_value_has_its_record(
    district: Path, tmp_path: Path
) -> None:
    assert run(district, tmp_path / "out").exit_code == 0
    for kind in KINDS:
        given = pl.read_parquet(district / "records" / f"{kind}.parquet")
        clusters = pl.read_parquet(tmp_path / "out" / f"{kind}_clusters.parquet")
        assert clusters.columns == ["record_id", "entry_id", "decision", "weight"]
        assert sorted(clusters["record_id"]) == sorted(given["record_id"])
        entries = pl.read_parquet(tmp_path / "out" / f"{kind}_entries.parquet")
        assert sorted(entries["entry_id"]) == sorted(clusters["entry_id"].unique())
    residents = pl.read_parquet(tmp_path / "out" / "residents_entries.parquet")
    given = pl.read_parquet(district / "records" / "residents.parquet")
    named = residents.join(given, left_on="name_record", right_on="record_id", suffix="_said")
    assert (named["name"] == tidy_names(named["name_said"])).all()


def test_records_of_your_own_need_few_columns(tmp_path: Path) -> None:
    told = run(write_people(tmp_path / "in", PEOPLE), tmp_path / "out", "--json")
    assert told.exit_code == 0, told.output
    summary = json.loads(told.stdout)
    assert summary["columns_absent"] == {
        "residents": ["sex", "identifier", "address_code", "updated_on"]
    }
    assert "accuracy" not in summary["kinds"]["residents"]
    clusters = pl.read_parquet(tmp_path / "out" / "residents_clusters.parquet").sort("record_id")
    assert clusters["entry_id"].to_list() == [1, 1, 3]
    assert clusters["decision"].to_list() == ["score", "score", "single"]
    entries = pl.read_parquet(tmp_path / "out" / "residents_entries.parquet")
    assert entries["birth_on"][0] in {date(1990, 3, 4), date(1990, 4, 3)}


def test_several_files_of_a_kind_are_taken_together(tmp_path: Path) -> None:
    write_people(tmp_path / "in", PEOPLE.head(1), "residents-a.parquet")
    write_people(tmp_path / "in", PEOPLE.slice(1, 1), "residents-b.parquet")
    assert run(tmp_path / "in", tmp_path / "out").exit_code == 0
    clusters = pl.read_parquet(tmp_path / "out" / "residents_clusters.parquet")
    assert clusters["entry_id"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (PEOPLE.drop("source"), ["residents.parquet", "source"]),
        (
            PEOPLE.with_columns(birth_on=pl.Series(["1990-03-04", "1990-02-30", None])),
            ["residents.parquet", "birth_on", "row 2", "1990-02-30"],
        ),
        (PEOPLE.with_columns(record_id=pl.Series([1, 2, 1])), ["record_id", "row 1", "row 3"]),
        (PEOPLE.with_columns(record_id=pl.Series([1, None, 3])), ["record_id", "row 2"]),
        (
            PEOPLE.with_columns(record_id=pl.Series(["1", "2", "c"])),
            ["residents.parquet", "record_id", "row 3", "c"],
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_file_column_and_row(
    tmp_path: Path, people: pl.DataFrame, said: list[str]
) -> None:
    told = run(write_people(tmp_path / "in", people), tmp_path / "out")
    assert told.exit_code == 1
    assert not [part for part in said if part not in told.output], told.output
    assert not (tmp_path / "out").exists()


def test_a_truncated_file_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    file = write_people(tmp_path / "in", PEOPLE) / "residents.parquet"
    file.write_bytes(file.read_bytes()[:200])
    told = run(tmp_path / "in", tmp_path / "out")
    assert told.exit_code == 1
    assert "residents.parquet could not be read" in told.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["in"]


def test_dwellings_without_a_register_say_what_is_missing(tmp_path: Path) -> None:
    rows = pl.DataFrame({"record_id": [1], "source": ["a"], "address": ["临顿路88号"]})
    told = run(write_people(tmp_path / "in", rows, "dwellings.parquet"), tmp_path / "out")
    assert told.exit_code == 1
    assert "addresses.parquet" in told.output


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    told = run(write_people(tmp_path / "in", PEOPLE), tmp_path / "out")
    assert told.exit_code == 1
    assert (tmp_path / "out" / "letter.txt").read_text() == "mine"


def test_an_older_output_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_people(tmp_path / "in", PEOPLE)
    assert run(tmp_path / "in", tmp_path / "out").exit_code == 0
    write_people(tmp_path / "in", PEOPLE.head(2))
    assert run(tmp_path / "in", tmp_path / "out").exit_code == 0
    assert pl.read_parquet(tmp_path / "out" / "residents_clusters.parquet").height == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in", "out"]


def test_an_empty_folder_says_what_it_should_hold(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    told = run(tmp_path / "in", tmp_path / "out")
    assert told.exit_code == 1
    assert "residents*.parquet" in told.output


def start(source: Path, output: Path, **settings: Any) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "fangge", "link", "--input", str(source), "--output", str(output)]
    return subprocess.Popen(
        [*call, "--only", "residents"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, **settings
    )


def test_a_run_killed_while_it_writes_leaves_the_output_absent(
    district: Path, tmp_path: Path
) -> None:
    program = start(district, tmp_path / "out")
    while program.poll() is None and not list(tmp_path.glob(".out.*")):
        pass
    program.kill()
    program.communicate()
    if (tmp_path / "out").exists():  # it was quicker than the kill
        assert len(list((tmp_path / "out").iterdir())) == 4
    assert run(district, tmp_path / "out", "--only", "residents").exit_code == 0
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_full_disk_is_told_and_nothing_half_written_is_left(
    district: Path, tmp_path: Path
) -> None:
    def allow_little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    program = start(district, tmp_path / "out", preexec_fn=allow_little)
    _, said = program.communicate()
    assert program.returncode == 1, said
    assert b"Nothing was written" in said
    assert b"Traceback" not in said
    assert not list(tmp_path.iterdir())
