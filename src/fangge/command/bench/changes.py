"""A run after some records changed, beside a whole one: a program of its own.

`python -m fangge.command.bench.changes RECORDS FOLDER SHARE` links RECORDS, changes a share of
them (0 to 1), links again at the cost of what changed, and compares that with a whole run.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fangge.command.bench.measuring import Stopwatch
from fangge.command.link.command import PRECEDENCE
from fangge.command.link.fusing import choose_entries
from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.extracts import find_changes, mark_records
from fangge.engine.linkage.incremental import Kept, compare_runs, link_all, link_changes
from fangge.engine.linkage.layers import find_rows
from fangge.engine.linkage.lookup import are_among
from fangge.engine.linkage.parameters import Parameters, resident_parameters
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.survivorship import measure_commonness

SEED = 5
FEW, KNOWN_BITS = 20_000, 6.0
PARAMETERS = resident_parameters()
# What becomes of the records that change.
MOVED, RENUMBERED, REMOVED, ADDED = 0.4, 0.4, 0.1, 0.1
RANKS = {name: rank for rank, name in enumerate(PRECEDENCE.split(","))}
WHOLE = ("read", "link_all", "choose_all", "write_all")
FROM_KEYS = ("link_changes", "choose_touched", "write_changes")
FINDING = ("read_again", "find_changes")


def measure(records: str, folder: str, share: str) -> None:
    # Loads what is compiled: too few records tell by themselves what a name alone says.
    few, told_bits = pl.read_parquet(records).head(FEW), replace(PARAMETERS, lone_bits=KNOWN_BITS)
    _run(few, Path(folder), 0.01, Stopwatch(), told_bits)
    watch = Stopwatch()
    before = pl.read_parquet(records).rechunk()
    watch.lap("read")
    told = _run(before, Path(folder), float(share), watch)
    told |= _share_out(watch.stages, "") | _share_out(watch.cpu_stages, "cpu_")
    stages = {"stages": watch.stages, "cpu_stages": watch.cpu_stages}
    sys.stdout.write(json.dumps(told | stages) + "\n")


def _share_out(stages: dict[str, float], mark: str) -> dict[str, Any]:
    """Give the seconds of a whole run, of one from known changes and of finding what changed."""
    whole, keys, finding = (
        sum(stages[stage] for stage in part) for part in (WHOLE, FROM_KEYS, FINDING)
    )
    rounded = {"whole": round(whole, 3), "from_keys": round(keys, 3), "finding": round(finding, 3)}
    return {
        f"{mark}seconds": rounded,
        f"{mark}share_from_keys": round(keys / whole, 4),
        f"{mark}share_finding": round(finding / whole, 4),
        f"{mark}share_from_extracts": round((keys + finding) / whole, 4),
    }


def _run(
    before: pl.DataFrame,
    folder: Path,
    share: float,
    watch: Stopwatch,
    parameters: Parameters = PARAMETERS,
) -> dict[str, Any]:
    linked = link_records(before, parameters)
    watch.lap("link_all")
    common = measure_commonness(before["name"])
    entries = choose_entries(
        before, linked.clusters, precedence=RANKS, common=common, prepared=linked.prepared
    )
    watch.lap("choose_all")
    _write(folder, "all", linked.clusters, entries)
    watch.lap("write_all")
    del linked
    kept, marks = link_all(before, parameters), mark_records(before)
    watch.lap("link_and_keep")
    after = change_records(before, share=share)
    after.write_parquet(folder / "extract.parquet")
    watch.lap("change")
    again = pl.read_parquet(folder / "extract.parquet")
    watch.lap("read_again")
    changed, removed, _ = find_changes(marks, again)
    watch.lap("find_changes")
    now = link_changes(kept, changed, removed)
    difference = compare_runs(kept, now, changed["record_id"])
    watch.lap("link_changes")
    fresh = _choose_touched(before, changed, now, difference.touched, common)
    watch.lap("choose_touched")
    _write(folder, "changes", difference.clusters, fresh)
    watch.lap("write_changes")
    whole = link_all(again, parameters)
    stale = pl.concat([difference.touched, difference.ended])
    kept_entries = entries.filter(~pl.col("entry_id").is_in(stale.implode()))
    expected = choose_entries(again, whole.linked.clusters, precedence=RANKS, common=common)
    return {
        "changed": changed.height,
        "removed": removed.len(),
        "entries_touched": fresh.height,
        "same_clusters": now.linked.clusters.equals(whole.linked.clusters),
        "same_pairs": now.linked.pairs.equals(whole.linked.pairs),
        "same_entries": pl.concat([kept_entries, fresh])
        .sort("entry_id")
        .equals(expected.sort("entry_id")),
    }


def change_records(records: pl.DataFrame, *, share: float, seed: int = SEED) -> pl.DataFrame:
    """Let some people move or change their number, some records go, and others come."""
    rng = np.random.default_rng(seed)
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


def _choose_touched(
    before: pl.DataFrame, changed: pl.DataFrame, now: Kept, touched: pl.Series, common: Ints
) -> pl.DataFrame:
    """Choose the values of some entries, of what their records say now."""
    members = now.find_members(touched)
    ids, new = members.prepared["record_id"].to_numpy(), changed["record_id"].to_numpy()
    rows = find_rows(before["record_id"].to_numpy(), ids[~are_among(ids, new)])
    own = pl.concat([before[rows], changed[find_rows(new, ids)]]).sort("record_id")
    return choose_entries(
        own, members.clusters, precedence=RANKS, common=common, prepared=members.prepared
    )


def _write(folder: Path, name: str, clusters: pl.DataFrame, entries: pl.DataFrame) -> None:
    for table, frame in (("clusters", clusters), ("entries", entries)):
        frame.write_parquet(folder / f"{name}-{table}.parquet", compression="lz4", statistics=False)


if __name__ == "__main__":
    measure(*sys.argv[1:])
