"""`fangge link --spark` on a standalone cluster of two workers: the same rows as without Spark."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from fangge.fusion.actions.generate import write_district

MASTER, WORKER = (f"org.apache.spark.deploy.{name}" for name in ("master.Master", "worker.Worker"))
# Programs that live for seconds are quicker without the second compiler and with one collector.
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": SHORT_LIVED,
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.executor.extraJavaOptions": SHORT_LIVED,
    "spark.sql.shuffle.partitions": "3",
}
TABLES = ("clusters", "entries", "review")


def environment() -> dict[str, str]:
    home = find_spec("pyspark")
    assert home is not None, "No pyspark: run `make test`, which installs it."
    return {
        **os.environ,
        "SPARK_HOME": str(Path(str(home.origin)).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED,
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a master and two workers of one core on loopback; give the master's address."""
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    assert java, "No Java found: install Debian's openjdk-17-jre-headless, then run again."
    folder, told = tmp_path_factory.mktemp("spark"), environment()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"spark://127.0.0.1:{port}"
    started = Path(told["SPARK_HOME"]) / "bin" / "spark-class"
    here = ["--host", "127.0.0.1", "--webui-port", "0"]
    worker = [WORKER, address, *here, "--cores", "1", "--memory", "600M", "--work-dir"]
    calls = [[MASTER, *here, "--port", str(port)]]
    calls += [[*worker, str(folder / f"worker-{number}")] for number in (1, 2)]
    with (folder / "log").open("wb") as log:
        programs = [
            subprocess.Popen([started, *call], env=told, stdout=log, stderr=log) for call in calls
        ]
    yield address
    for program in programs:
        program.terminate()
    for program in programs:
        program.wait()


def link(source: Path, output: Path, *more: str) -> dict[str, dict[str, object]]:
    told = subprocess.run(
        [sys.executable, "-m", "fangge", "link", "--input", source, "--output", output,
         "--only", "residents", "--json", *more],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]
    kinds: dict[str, dict[str, object]] = json.loads(told.stdout)["kinds"]
    return kinds


def test_two_workers_find_the_same_rows_as_one_process(cluster: str, tmp_path: Path) -> None:
    source = tmp_path / "district"
    write_district(folder=source, n_residents=3_000, seed=7, noise="hard", tell=lambda _: None)
    alone = link(source, tmp_path / "alone")
    settings = [f"--spark-setting={name}={value}" for name, value in SETTINGS.items()]
    together = link(source, tmp_path / "together", "--spark", cluster, *settings)
    assert together == alone, (together, alone)
    for table in TABLES:
        name, key = f"residents_{table}.parquet", ["left", "right"]
        key = {"clusters": ["record_id"], "entries": ["entry_id"]}.get(table, key)
        one, other = (
            pl.read_parquet(tmp_path / at / name).sort(key) for at in ("alone", "together")
        )
        assert one.equals(other), table
