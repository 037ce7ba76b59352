"""`fangge link --state`: what a run keeps lets the next one link no more than what changed."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from fangge.command.bench.changes import change_records
from fangge.command.link.command import command
from fangge.command.link.state import hold_state
from fangge.engine.synthesis.extracts import generate_district
from fangge.engine.synthesis.records import list_records

N_RUNS, SHARE = 3, 0.02
TABLES = ("clusters", "entries", "review")
MOMENTS = ("upper-*/arrays.bin", ".state.json.*")


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give folders of records, each after some in a hundred of the one before changed."""
    root, folders = tmp_path_factory.mktemp("extracts"), []
    made = list_records(generate_district(n_residents=600, seed=5, noise="hard"))
    for number in range(N_RUNS):
        folder = root / str(number)
        folder.mkdir()
        for kind in ("residents", "organisations"):
            if number:
                made[kind] = change_records(made[kind], share=SHARE, seed=number)
            made[kind].write_parquet(folder / f"{kind}.parquet")
        folders.append(folder)
    return folders


def link(source: Path, output: Path, *more: str | Path) -> tuple[int, str, str]:
    call = ["--input", source, "--output", output, "--json", *more]
    told = CliRunner().invoke(command, [str(each) for each in call])
    return told.exit_code, told.stdout, told.stderr


def read_found(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.name: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def is_same(one: Path, other: Path) -> bool:
    found, expected = read_found(one), read_found(other)
    assert found.keys() == expected.keys()
    return all(found[name].equals(expected[name]) for name in expected)


@pytest.fixture
def begun(extracts: list[Path], tmp_path: Path) -> Path:
    """Give a state of the first extracts."""
    assert link(extracts[0], tmp_path / "out", "--state", tmp_path / "state")[0] == 0
    return tmp_path / "state"


def test_every_run_gives_what_one_without_a_state_gives(
    extracts: list[Path], tmp_path: Path
) -> None:
    told = []
    for source in extracts:
        code, said, _ = link(source, tmp_path / "out", "--state", tmp_path / "state")
        assert code == 0, said
        told.append(json.loads(said)["changed"])
        assert link(source, tmp_path / "whole")[0] == 0
        assert is_same(tmp_path / "out", tmp_path / "whole")
    assert told[0] == {"residents": None, "organisations": None}
    assert all(0 < each["residents"] < 200 for each in told[1:])


def test_a_source_that_did_not_change_is_not_linked(
    extracts: list[Path], begun: Path, tmp_path: Path
) -> None:
    code, said, _ = link(extracts[0], tmp_path / "again", "--state", begun)
    assert code == 0
    assert json.loads(said)["changed"] == {"residents": 0, "organisations": 0}
    assert is_same(tmp_path / "again", tmp_path / "out")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_while_it_keeps_costs_nothing_but_its_work(
    extracts: list[Path], begun: Path, tmp_path: Path, moment: str
) -> None:
    folder = begun / "residents"
    before = set(folder.glob(moment))
    arguments = ["--input", extracts[1], "--output", tmp_path / "out", "--state", begun]
    call = [sys.executable, "-m", "fangge", "link", *map(str, arguments)]
    program = subprocess.Popen(call, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while program.poll() is None and set(folder.glob(moment)) <= before:
        time.sleep(0.0002)
    program.kill()
    program.wait()
    code, _, said = link(extracts[1], tmp_path / "out", "--state", begun)
    assert (code, said) == (0, "")
    assert link(extracts[1], tmp_path / "whole")[0] == 0
    assert is_same(tmp_path / "out", tmp_path / "whole")
    assert len(list(folder.iterdir())) == len(("lower", "upper", "index", "clusters", "entries"))


def test_a_state_of_another_format_is_told_and_made_anew(
    extracts: list[Path], begun: Path, tmp_path: Path
) -> None:
    file = begun / "residents" / "state.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 0}))
    code, told, said = link(extracts[1], tmp_path / "out", "--state", begun)
    assert code == 0
    assert "The state of residents cannot be gone on from: it is of format 0" in said
    assert "All records are linked anew" in said
    assert json.loads(told)["changed"]["residents"] is None
    assert json.loads(link(extracts[1], tmp_path / "out", "--state", begun)[1])["changed"] == {
        "residents": 0,
        "organisations": 0,
    }


def test_other_settings_are_told_and_all_is_linked_anew(
    extracts: list[Path], begun: Path, tmp_path: Path
) -> None:
    settings = ("--precedence", "health_population,police_population")
    code, _, said = link(extracts[1], tmp_path / "out", "--state", begun, *settings)
    assert code == 0
    assert "its parameters or its --precedence are others" in said
    assert link(extracts[1], tmp_path / "whole", *settings)[0] == 0
    assert is_same(tmp_path / "out", tmp_path / "whole")


def test_a_second_run_with_the_same_state_is_refused(
    extracts: list[Path], begun: Path, tmp_path: Path
) -> None:
    with hold_state(begun):
        code, _, said = link(extracts[1], tmp_path / "second", "--state", begun)
    assert code == 1
    assert "Another run works with the state" in said
    assert not (tmp_path / "second").exists()


def test_a_folder_of_other_things_is_no_state(extracts: list[Path], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    code, _, said = link(extracts[0], tmp_path / "out", "--state", tmp_path)
    assert code == 1
    assert "letter.txt, which is no state" in said


def test_a_full_disk_leaves_the_state_of_the_run_before(
    extracts: list[Path], begun: Path, tmp_path: Path
) -> None:
    def allow_little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    index = (begun / "residents" / "state.json").read_text()
    arguments = ["--input", extracts[1], "--output", tmp_path / "new", "--state", begun]
    arguments += ["--only", "residents"]
    call = [sys.executable, "-m", "fangge", "link", *map(str, arguments)]
    settings: dict[str, Any] = {"preexec_fn": allow_little}
    program = subprocess.Popen(call, stderr=subprocess.PIPE, **settings)
    _, said = program.communicate()
    assert program.returncode == 1, said
    assert b"was not written" in said
    assert b"Make room" in said
    assert (begun / "residents" / "state.json").read_text() == index
    assert not (tmp_path / "new").exists()
    assert link(extracts[1], tmp_path / "new", "--state", begun)[0] == 0


def test_a_state_and_spark_do_not_go_together(extracts: list[Path], tmp_path: Path) -> None:
    code, _, said = link(
        extracts[0], tmp_path / "out", "--state", tmp_path / "state", "--spark", "local[1]"
    )
    assert code == 2
    assert "leave out --spark" in said
