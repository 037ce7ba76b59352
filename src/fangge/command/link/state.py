"""`fangge link --state`: what a run leaves for the next, so that linking costs what changed."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import polars as pl

from fangge.command.link.fusing import (
    PARAMETERS,
    PERSON_NAMES,
    Fused,
    Spread,
    choose_entries,
    tell_decisions,
)
from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.extracts import Difference, find_changes, mark_records
from fangge.engine.linkage.incremental import Kept, link_all, link_changes
from fangge.engine.linkage.layers import find_rows
from fangge.engine.linkage.lookup import are_among, distinct
from fangge.engine.linkage.pipeline import Linked
from fangge.engine.linkage.storage import (
    StateUnusable,
    Stored,
    has_state,
    read_state,
    write_state,
)
from fangge.engine.linkage.survivorship import find_rerated, measure_commonness
from fangge.kernel.errors import Conflict, Invalid

KINDS = tuple(PARAMETERS)
"""Dwellings are found by address, which needs no pairs: they are linked without a state."""
MOST_CHANGED_SHARE = 0.25
"""Beyond it a whole run is no slower."""
FOUND = ("clusters", "entries")
LOCK = ".lock"


class StateTaken(Conflict):
    """Another run holds the state, or the folder is of something else."""


class StateUnwritable(Invalid):
    """The state could not be written; that of the run before stays."""


@dataclass(frozen=True, slots=True)
class Former:
    """What the run before left of one kind."""

    stored: Stored
    clusters: pl.DataFrame
    entries: pl.DataFrame


@contextmanager
def hold_state(folder: Path) -> Iterator[None]:
    """Keep other runs away from a state, and refuse a folder that holds something else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    others = {path.name for path in folder.iterdir()} - {LOCK, *KINDS}
    if others:
        raise StateTaken(
            f"{folder} holds {min(others)}, which is no state. Name another folder with --state."
        )
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateTaken(
                f"Another run works with the state in {folder}. Start this one when it has ended."
            ) from error
        yield


class Keeper:
    """Links one kind of subject with the state of the run before, and leaves its own."""

    def __init__(self, folder: Path, kind: str, precedence: Mapping[str, int]) -> None:
        self._folder, self._kind = folder / kind, kind
        self._precedence = precedence
        self._notes = {
            "kind": kind,
            "parameters": PARAMETERS[kind]().as_json(),
            "precedence": json.dumps(sorted(precedence.items())),
        }
        self.n_changed: int | None = None
        """Records that were read as changed, gone or new; nothing where all were linked."""

    def fuse(self, records: pl.DataFrame, tell: Callable[[str], None]) -> Fused:
        """Link as `fuse_records` does, at the cost of what changed where there is a state."""
        former, common = self._read(), measure_commonness(records[PERSON_NAMES[self._kind]])
        found = None
        if former is None:
            marks = mark_records(records)
        else:
            difference = find_changes(former.stored.marks, records)
            marks = difference.marks
            tell(f"compare_{self._kind}")
            found = self._link_changes(former, records, difference, common, tell)
        kept, fused = found or self._link_all(records, common, tell)
        stored = Stored(kept, marks, {"common": common}, self._notes)
        entries = self._write(stored, fused, former.stored if former and found else None)
        tell(f"keep_{self._kind}")
        # What stands in the state already need not be written again, but for its bytes.
        return replace(fused, entries=Spread(partial(shutil.copyfile, entries)))

    def _read(self) -> Former | None:
        if not has_state(self._folder):
            return None
        try:
            stored = self._check(read_state(self._folder))
            frames = (pl.read_parquet(self._folder / stored.notes[name]) for name in FOUND)
            return Former(stored, *frames)
        except (StateUnusable, pl.exceptions.PolarsError, OSError, KeyError, ValueError) as error:
            click.echo(
                f"The state of {self._kind} cannot be gone on from: {error}. "
                "All records are linked anew.",
                err=True,
            )
            return None

    def _check(self, stored: Stored) -> Stored:
        if {name: stored.notes.get(name) for name in self._notes} != self._notes:
            raise StateUnusable("its parameters or its --precedence are others")
        return stored

    def _link_all(
        self, records: pl.DataFrame, common: Ints, tell: Callable[[str], None]
    ) -> tuple[Kept, Fused]:
        kept = link_all(records, PARAMETERS[self._kind]())
        linked = kept.linked
        tell(f"link_{self._kind}")
        entries = choose_entries(
            records,
            linked.clusters,
            precedence=self._precedence,
            common=common,
            prepared=kept.prepared,
        )
        tell(f"choose_{self._kind}")
        return kept, Fused(tell_decisions(linked), entries, linked.pairs)

    def _link_changes(
        self,
        former: Former,
        records: pl.DataFrame,
        difference: Difference,
        common: Ints,
        tell: Callable[[str], None],
    ) -> tuple[Kept, Fused] | None:
        """Link what changed, or nothing where that is too much or may touch any cluster."""
        n_changed = difference.changed.height + difference.removed.len()
        if n_changed > MOST_CHANGED_SHARE * records.height:
            return None
        kept = link_changes(former.stored.kept, difference.changed, difference.removed)
        if kept.renewed is None:
            return None
        tell(f"link_{self._kind}")
        self.n_changed = n_changed
        ids = records["record_id"].to_numpy()
        names = records[PERSON_NAMES[self._kind]]
        rerated = ids[find_rerated(names, former.stored.arrays["common"], common)]
        was, stands = kept.renewed
        members = kept.find_mates(_union(stands.ids, rerated))
        order = np.argsort(ids, kind="stable")
        rows = find_rows(ids[order], members.prepared["record_id"].to_numpy())
        entries = choose_entries(
            records[order[rows]],
            members.clusters,
            precedence=self._precedence,
            common=common,
            prepared=members.prepared,
        )
        clusters = tell_decisions(Linked(members.clusters, kept.doubts))
        ended = _union(was.grouped["cluster"].to_numpy(), entries["entry_id"].to_numpy())
        moved = _union(was.ids, clusters["record_id"].to_numpy())
        fused = Fused(
            clusters=_put_over(former.clusters, moved, clusters, "record_id"),
            entries=_put_over(former.entries, ended, entries, "entry_id"),
            review=kept.doubts,
        )
        tell(f"choose_{self._kind}")
        return kept, fused

    def _write(self, stored: Stored, fused: Fused, before: Stored | None) -> Path:
        """Write the clusters and entries, then the state that names them; give the entries."""
        folder, mark = self._folder, os.urandom(6).hex()
        names = {name: f"{name}-{mark}.parquet" for name in FOUND}
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            for name, file in names.items():
                getattr(fused, name).write_parquet(
                    folder / file, compression="lz4", statistics=False
                )
            notes = {**stored.notes, **names}
            write_state(
                folder, Stored(stored.kept, stored.marks, stored.arrays, notes), before=before
            )
        except (OSError, pl.exceptions.PolarsError) as error:
            for file in names.values():
                with suppress(OSError):
                    (folder / file).unlink()
            raise StateUnwritable(
                f"The state in {folder} was not written: {error}. Make room, then try again."
            ) from error
        for path in folder.glob("*.parquet"):
            if path.name not in names.values():
                path.unlink()
        return folder / names["entries"]


def find_keeper(folder: Path, kind: str, precedence: Mapping[str, int]) -> Keeper | None:
    """Give what links a kind with a state, or nothing for one that is linked without."""
    return Keeper(folder, kind, precedence) if kind in KINDS else None


def _union(some: Ints, others: Ints) -> Ints:
    return distinct(np.concatenate([some, others]))


def _put_over(held: pl.DataFrame, gone: Ints, fresh: pl.DataFrame, key: str) -> pl.DataFrame:
    """Put fresh rows in the place of those whose key is gone; both are in the order of the key."""
    stays = held.filter(pl.Series(~are_among(held[key].to_numpy(), gone)))
    return stays.merge_sorted(fresh.select(held.columns), key)
