"""The contenders in turn, round after round, and what their medians come to."""

import shutil
import statistics
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from fangge.command.bench.measuring import Measured, call_program, run_contender
from fangge.command.link.measuring import measure_clusters, measure_values

OWN = "fangge.command.bench.own"
SPLINK = "fangge.command.bench.peers.splink_residents"
CHANGES = "fangge.command.bench.changes"
REFERENCE = "fangge.command.bench.peers.reference"
KIND = "residents"
FIGURES = ("seconds", "cpu_seconds", "process_seconds", "peak_mb")
LINKING = ("read", f"link_{KIND}")
"""What of Fangge's work Splink does too: it has no entries with lineage."""

Rounds = dict[str, list[Measured]]


def run_contest(
    folder: Path, *, rounds: int, with_peers: bool, say: Callable[[str], None]
) -> dict[str, Any]:
    """Run each contender once a round, and give medians, accuracy and ratios."""
    contenders: dict[str, Callable[[], Measured]] = {"fangge": partial(link_own, folder, KIND)}
    rows = folder / f"{KIND}.parquet"
    if with_peers:
        contenders["splink"] = lambda: run_contender(SPLINK, str(rows), str(folder / "splink.out"))
        contenders["reference"] = lambda: run_contender(
            REFERENCE, str(rows), str(folder / "reference.out")
        )
    ran: Rounds = {name: [] for name in contenders}
    for number in range(rounds):
        # Every other round runs backwards: whoever comes first finds the colder machine.
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            ran[name].append(contenders[name]())
            say(f"round {number + 1} of {rounds}: {name} {ran[name][-1].seconds:.1f} s")
    told: dict[str, Any] = {"rounds": rounds}
    told["contenders"] = {name: _summarise(runs) for name, runs in ran.items()}
    told["ratios"] = _compare(ran) if with_peers else {}
    told["accuracy"] = _measure(folder, with_peers=with_peers)
    clusters, entries = _read_found(folder, KIND)
    told["values"] = measure_values(folder, KIND, clusters, entries)
    told["sample"] = {
        "records": pl.scan_parquet(rows).select(pl.len()).collect().item(),
        "entries": clusters["entry_id"].n_unique(),
    }
    return told


def link_own(folder: Path, kind: str) -> Measured:
    """Link one kind in a fresh process."""
    source, output = folder / f"only-{kind}", folder / f"linked-{kind}"
    if not source.exists():
        source.mkdir()
        for name in (kind, "addresses"):
            (source / f"{name}.parquet").hardlink_to(folder / f"{name}.parquet")
    shutil.rmtree(output, ignore_errors=True)
    return run_contender(OWN, str(source), str(output), kind)


def measure_own(folder: Path, kind: str) -> dict[str, Any]:
    """Link one kind in a fresh process; give precision, recall, F1 and seconds."""
    ran = link_own(folder, kind)
    clusters, _ = _read_found(folder, kind)
    return (measure_clusters(folder, kind, clusters) or {}) | {"seconds": ran.seconds}


def repeat_changes(folder: Path, share: float, *, rounds: int) -> dict[str, Any]:
    """Link after a share of records changed, beside a whole run, in a fresh process each round."""
    rows, scratch = folder / f"{KIND}.parquet", folder / "changes"
    scratch.mkdir(exist_ok=True)
    ran = [call_program(CHANGES, str(rows), str(scratch), str(share))[0] for _ in range(rounds)]
    shares = [name for name in ran[0] if "share_" in name]
    told = {name: round(statistics.median(one[name] for one in ran), 4) for name in shares}
    checks = {name: all(one[name] for one in ran) for name in ran[0] if name.startswith("same_")}
    counts = {name: ran[0][name] for name in ("changed", "removed", "entries_touched")}
    return (
        told
        | checks
        | counts
        | {"rounds": [one["seconds"] | {"cpu": one["cpu_seconds"]} for one in ran]}
    )


def _read_found(folder: Path, kind: str) -> tuple[pl.DataFrame, Path]:
    """Give the clusters that were found, and where the entries are."""
    found = folder / f"linked-{kind}"
    return pl.read_parquet(found / f"{kind}_clusters.parquet"), found / f"{kind}_entries.parquet"


def _summarise(runs: list[Measured]) -> dict[str, Any]:
    median = {name: round(statistics.median(getattr(r, name) for r in runs), 3) for name in FIGURES}
    stages = {
        stage: round(statistics.median(run.stages[stage] for run in runs), 3)
        for stage in runs[0].stages
    }
    return {"median": median | {"stages": stages}, "rounds": [asdict(run) for run in runs]}


def _compare(ran: Rounds) -> dict[str, float]:
    """Give the median over the rounds of each ratio within a round."""
    own, splink, reference = ran["fangge"], ran["splink"], ran["reference"]
    linking = [sum(run.stages[stage] for stage in LINKING) for run in own]
    return {
        "fangge_over_reference": _ratio([r.seconds for r in own], [r.seconds for r in reference]),
        "fangge_over_reference_cpu": _ratio(
            [r.cpu_seconds for r in own], [r.cpu_seconds for r in reference]
        ),
        "splink_over_fangge_linking": _ratio([r.seconds for r in splink], linking),
        "splink_over_fangge_all": _ratio([r.seconds for r in splink], [r.seconds for r in own]),
        "splink_over_fangge_all_cpu": _ratio(
            [r.cpu_seconds for r in splink], [r.cpu_seconds for r in own]
        ),
        "memory_fangge_over_splink": _ratio([r.peak_mb for r in own], [r.peak_mb for r in splink]),
    }


def _ratio(over: list[float], under: list[float]) -> float:
    return round(statistics.median(a / b for a, b in zip(over, under, strict=True)), 3)


def _measure(folder: Path, *, with_peers: bool) -> dict[str, Any]:
    found = {"fangge": folder / f"linked-{KIND}" / f"{KIND}_clusters.parquet"}
    if with_peers:
        found["splink"] = folder / "splink.out"
    told = {}
    for name, path in found.items():
        clusters = pl.read_parquet(path, glob=False)
        if "cluster" in clusters.columns:
            clusters = clusters.rename({"cluster": "entry_id"})
        told[name] = measure_clusters(folder, KIND, clusters)
    return told
