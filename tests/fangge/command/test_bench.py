"""`fangge bench fusion` on a small district: what it prints, not how fast it is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from fangge.command.bench.measuring import ContenderFailed, run_contender
from fangge.config.embedded import find_cluster, stop_server


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for name in ("bench", "unchanged"):
        cluster = find_cluster(tmp_path / "data" / name)
        stop_server(cluster)
        shutil.rmtree(cluster.home)


def test_the_fusion_bench_prints_accuracy_memory_and_seconds(data: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "fangge", "bench", "fusion", "--residents", "600", "--rounds", "1",
         "--database"],
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        | {"FANGGE_DATA": str(data)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures = json.loads(told.stdout)
    own = figures["contenders"]["fangge"]["median"]
    assert own["peak_mb"] > 10
    assert own["seconds"] > 0
    assert figures["accuracy"]["fangge"]["f1"] > 0.95
    assert set(figures["values"]) == {"name", "identifier", "birth_on", "phone"}
    assert {"organisations", "dwellings"} <= set(figures["others"])
    assert figures["machine"]["cores"] > 0
    for share in figures["incremental"].values():
        assert all(share[f"same_{table}"] for table in ("clusters", "pairs", "entries"))
    loaded = figures["database"]
    assert loaded["entries"] == 600
    assert loaded["wal_bytes_same"] < loaded["wal_bytes_load"]
    # The server itself notes now and then which transactions run: some hundred bytes.
    assert loaded["wal_bytes_same_again"] < 512
    for steps in ("after_a_checkpoint", "at_once_again"):
        for step in figures["unchanged"][steps].values():
            assert (step["registers_and_records"], step["catalogue"]) == (0, 0), step
    if find_spec("splink") is None:
        assert "make peers" in told.stderr
    else:
        assert figures["ratios"]["splink_over_fangge_all"] > 0
        assert figures["febrl"]["febrl4"]["f1"] > 0.999


def test_the_cases_bench_brings_cases_to_their_close(data: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "fangge", "bench", "cases", "--stored", "10000", "--seconds", "0.2",
         "--rounds", "1"],
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        | {"FANGGE_DATA": str(data)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures = json.loads(told.stdout)
    assert figures["lives_a_second"]["10000"]["median"] > 0
    assert figures["reported_by_digit"]["cores"] == 16


def test_a_contender_that_fails_says_why() -> None:
    with pytest.raises(ContenderFailed, match="no folder"):
        run_contender("fangge.command.bench.own", "nowhere", "nowhere-else")
