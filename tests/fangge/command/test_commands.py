"""The commands as a person runs them: real processes on a data folder of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fangge.config.embedded import find_cluster, stop_server


def run(*arguments: str, data: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "fangge", *arguments],
        env={**environment, "FANGGE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=check,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A data folder in which `fangge demo --check` has run."""
    folder = tmp_path_factory.mktemp("commands") / "data"
    yield folder
    for place in (folder, folder.with_name("elsewhere")):
        cluster = find_cluster(place)
        stop_server(cluster)
        subprocess.run(["rm", "-rf", str(cluster.home)], check=True)


@pytest.fixture(scope="module")
def summary(data: Path) -> dict[str, dict[str, float]]:
    told = run("demo", "--residents", "800", "--check", data=data)
    found: dict[str, dict[str, float]] = json.loads(told.stdout)
    return found


def test_demo_check_measures_the_main_job(summary: dict[str, dict[str, float]]) -> None:
    assert set(summary["entries"]) == {
        "addresses", "dwellings", "residents", "organisations", "occupancies",
    }  # fmt: skip
    assert len(summary["rows_in"]) == 6
    assert summary["address"]["top1"] > 0.95
    assert summary["residents"]["precision"] > 0.99
    assert summary["seconds"]["total"] > 0


def test_a_backup_restores_to_the_same_rows_in_another_folder(
    summary: dict[str, dict[str, float]], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "district.tar"
    wrote = json.loads(run("backup", str(file), "--json", data=data).stdout)
    assert wrote["rows"]["registers_resident"] == summary["entries"]["residents"]
    assert file.stat().st_mode & 0o077 == 0
    elsewhere = data.with_name("elsewhere")
    restored = json.loads(run("restore", str(file), "--json", data=elsewhere).stdout)
    assert restored["rows"] == wrote["rows"]
    again = run("restore", str(file), data=elsewhere, check=False)
    assert again.returncode == 1
    assert "--replace" in again.stderr


def test_a_damaged_backup_is_refused_whole(tmp_path: Path, data: Path, summary: object) -> None:
    file = tmp_path / "damaged.tar"
    run("backup", str(file), data=data)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    file.write_bytes(bytes(whole))
    refused = run("restore", str(file), "--replace", data=data, check=False)
    assert refused.returncode == 1
    assert "damaged" in refused.stderr or "no whole backup" in refused.stderr


def test_doctor_finds_nothing_wrong_and_says_what_it_looked_at(data: Path, summary: object) -> None:
    told = run("doctor", "--json", data=data, check=False)
    findings = json.loads(told.stdout)["findings"]
    assert not [finding for finding in findings if finding["state"] == "fail"]
    assert any("PostgreSQL" in finding["what"] for finding in findings)


def test_help_needs_no_database(tmp_path: Path) -> None:
    told = run("--help", data=tmp_path / "never")
    for name in ("demo", "generate", "ingest", "serve", "bench", "doctor", "backup", "restore"):
        assert name in told.stdout
    assert not (tmp_path / "never").exists()


def test_a_taken_port_is_told(data: Path, summary: object) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run("serve", "--port", str(taken.getsockname()[1]), data=data, check=False)
    assert "is taken" in refused.stderr
