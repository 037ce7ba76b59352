"""How a bench measures: a contender is a process of its own, watched from outside."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

KILOBYTE, MEGABYTE = 1_024, 1_024 * 1_024


class Stopwatch:
    """Wall and processor seconds of a program's own work, from behind its imports, by stage."""

    def __init__(self) -> None:
        self._started = self._last = time.perf_counter()
        self._started_cpu = self._last_cpu = time.process_time()
        self.stages: dict[str, float] = {}
        self.cpu_stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now, now_cpu = time.perf_counter(), time.process_time()
        self.stages[stage] = round(now - self._last, 3)
        self.cpu_stages[stage] = round(now_cpu - self._last_cpu, 3)
        self._last, self._last_cpu = now, now_cpu

    def tell(self) -> None:
        """Print the seconds as one line of JSON, the last that the program prints."""
        told = {
            "seconds": round(self._last - self._started, 3),
            "cpu_seconds": round(time.process_time() - self._started_cpu, 3),
            "stages": self.stages,
        }
        sys.stdout.write(json.dumps(told) + "\n")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a contender."""

    seconds: float
    cpu_seconds: float
    process_seconds: float
    peak_mb: float
    stages: dict[str, float] = field(default_factory=dict)


class ContenderFailed(Exception):
    """A contender's process ended badly; the message holds the end of what it said."""


def run_contender(module: str, *arguments: str) -> Measured:
    """Run a module in a fresh process; give its own seconds and the process's peak memory."""
    started = time.perf_counter()
    told, peak_mb = call_program(module, *arguments)
    return Measured(
        seconds=told["seconds"],
        cpu_seconds=told["cpu_seconds"],
        process_seconds=round(time.perf_counter() - started, 3),
        peak_mb=peak_mb,
        stages=told["stages"],
    )


def call_program(module: str, *arguments: str) -> tuple[dict[str, Any], float]:
    """Run a module; give the JSON on the last line that it prints, and its peak memory in MB."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, *arguments], stdout=said, stderr=complained
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            raise ContenderFailed(f"{module}: {complained.read().decode()[-2000:]}")
        told: dict[str, Any] = json.loads(said.read().decode().strip().splitlines()[-1])
    return told, round(usage.ru_maxrss * KILOBYTE / MEGABYTE, 1)


def describe_machine(packages: Sequence[str]) -> dict[str, Any]:
    """Say what the figures were measured on."""
    versions = {}
    for name in packages:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if not told.exists():
        return platform.processor()
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
