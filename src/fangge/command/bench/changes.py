"""A run after some records changed, beside a whole one: a program of its own.

`python -m fangge.command.bench.changes RECORDS FOLDER SHARE` links RECORDS, changes a share of
them (0 to 1), links again at the cost of what changed, and compares that with a whole run.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fangge.command.bench.measuring import Stopwatch
from fangge.command.link.command import PRECEDENCE
from fangge.command.link.fusing import choose_entries
from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.incremental import Kept, compare_runs, link_all, link_changes
from fangge.engine.linkage.parameters import resident_parameters
from fangge.engine.linkage.survivorship import measure_commonness

SEED = 5
FEW = 2_000
# What becomes of the records that change.
MOVED, RENUMBERED, REMOVED, ADDED = 0.4, 0.4, 0.1, 0.1
RANKS = {name: rank for rank, name in enumerate(PRECEDENCE.split(","))}
WHOLE = ("read", "link_all", "choose_all", "write_all")
FROM_KEYS = ("link_changes", "choose_touched", "write_changes")
FINDING = ("read_again", "find_changes")


def measure(records: str, folder: str, share: str) -> None:
    _run(
        pl.read_parquet(records).head(FEW), Path(folder), 0.01, Stopwatch()
    )  # loads what is compiled
    watch = Stopwatch()
    before = pl.read_parquet(records)
    watch.lap("read")
    told = _run(before, Path(folder), float(share), watch)
    seconds = {
        "whole": _sum(watch, WHOLE),
        "from_keys": _sum(watch, FROM_KEYS),
        "finding": _sum(watch, FINDING),
    }
    told["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
    told["share_from_keys"] = round(seconds["from_keys"] / seconds["whole"], 4)
    told["share_finding"] = round(seconds["finding"] / seconds["whole"], 4)
    told["share_from_extracts"] = round(
        (seconds["from_keys"] + seconds["finding"]) / seconds["whole"], 4
    )
    sys.stdout.write(json.dumps(told | {"stages": watch.stages}) + "\n")


def _run(before: pl.DataFrame, folder: Path, share: float, watch: Stopwatch) -> dict[str, Any]:
    kept = link_all(before, resident_parameters())
    watch.lap("link_all")
    common = measure_commonness(before["name"])
    entries = _choose(before, kept, common)
    watch.lap("choose_all")
    _write(folder, "all", kept.linked.clusters, entries)
    watch.lap("write_all")
    after = change_records(before, share=share)
    after.write_parquet(folder / "extract.parquet")
    watch.lap("change")
    again = pl.read_parquet(folder / "extract.parquet")
    watch.lap("read_again")
    changed, removed = find_changes(before, again)
    watch.lap("find_changes")
    now = link_changes(kept, changed, removed)
    difference = compare_runs(kept, now, changed["record_id"])
    watch.lap("link_changes")
    fresh = _choose_touched(again, now, difference.touched, common)
    watch.lap("choose_touched")
    _write(folder, "changes", difference.clusters, fresh)
    watch.lap("write_changes")
    whole = link_all(again, resident_parameters())
    stale = pl.concat([difference.touched, difference.ended])
    kept_entries = entries.filter(~pl.col("entry_id").is_in(stale.implode()))
    return {
        "changed": changed.height,
        "removed": removed.len(),
        "entries_touched": fresh.height,
        "same_clusters": now.linked.clusters.equals(whole.linked.clusters),
        "same_pairs": now.linked.pairs.equals(whole.linked.pairs),
        "same_entries": pl.concat([kept_entries, fresh])
        .sort("entry_id")
        .equals(_choose(again, whole, common).sort("entry_id")),
    }


def change_records(records: pl.DataFrame, *, share: float) -> pl.DataFrame:
    """Let some people move or change their number, some records go, and others come."""
    rng = np.random.default_rng(SEED)
    n_changed = max(10, round(records.height * share))
    rows = rng.choice(records.height, n_changed, replace=False)
    moved, called, gone, come = np.split(
        rows, (np.cumsum([MOVED, RENUMBERED, REMOVED]) * n_changed).astype(int)
    )
    homes = records["address_code"].gather(rng.permutation(records.height)[: len(moved)])
    phones = pl.Series(12_000_000_000 + rng.integers(0, 10**9, len(called))).cast(pl.String)
    stays = np.ones(records.height, dtype=bool)
    stays[gone] = False
    new = records[come].with_columns(pl.col("record_id") + records["record_id"].max())
    kept = records.with_columns(
        records["address_code"].scatter(moved, homes), records["phone"].scatter(called, phones)
    ).filter(pl.Series(stays))
    return pl.concat([kept, new])


def find_changes(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Give the records that are new or say something else, and the ids of those that went."""
    fields = [name for name in before.columns if name != "record_id"]
    both = after.join(before, on="record_id", how="left", suffix="_before", coalesce=True)
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in fields
    )
    changed = both.filter(differs).select(after.columns)
    gone = before.select("record_id").join(after, on="record_id", how="anti")
    return changed, gone["record_id"]


def _choose(records: pl.DataFrame, kept: Kept, common: Ints) -> pl.DataFrame:
    return choose_entries(records, kept.linked.clusters, precedence=RANKS, common=common)


def _choose_touched(
    records: pl.DataFrame, now: Kept, touched: pl.Series, common: Ints
) -> pl.DataFrame:
    clusters = now.linked.clusters.filter(pl.col("cluster").is_in(touched.implode()))
    own = records.join(clusters.select("record_id"), on="record_id", how="semi")
    return choose_entries(own, clusters, precedence=RANKS, common=common)


def _write(folder: Path, name: str, clusters: pl.DataFrame, entries: pl.DataFrame) -> None:
    for table, frame in (("clusters", clusters), ("entries", entries)):
        frame.write_parquet(folder / f"{name}-{table}.parquet", compression="lz4", statistics=False)


def _sum(watch: Stopwatch, stages: tuple[str, ...]) -> float:
    return sum(watch.stages[stage] for stage in stages)


if __name__ == "__main__":
    measure(*sys.argv[1:])
