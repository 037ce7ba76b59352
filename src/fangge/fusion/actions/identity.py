"""Which entry each subject is: the one it was, whatever became of its rows."""

from collections.abc import Callable, Mapping

import polars as pl

from fangge.fusion.actions.merging import Merging
from fangge.fusion.adapters.engine import Fused
from fangge.kernel.bulk import read_frame
from fangge.registers.queries.bearing import organisations_bearing, residents_bearing

IDENTIFIED: Mapping[str, tuple[str, Callable[[pl.Series], pl.DataFrame]]] = {
    "resident": ("identifier", residents_bearing),
    "organisation": ("credit_code", organisations_bearing),
}


def keep_identity(fused: Fused, *, kind: str, merging: Merging) -> pl.DataFrame:
    """Give each subject the entry that it was: by its records, else by its identifier."""
    return _find_by_identifier(vote_on_identity(fused, kind=kind, merging=merging), kind)


def vote_on_identity(fused: Fused, *, kind: str, merging: Merging) -> pl.DataFrame:
    """Give each subject the entry that most of its records spoke of before, each entry once."""
    held = _entries_before(fused.members, kind, merging)
    votes = (
        fused.members.join(held, on=["record_id", "part"])
        .group_by("cluster", "entry_id")
        .len("n_votes")
        .sort(["n_votes", "entry_id", "cluster"], descending=[True, False, False])
        .unique("entry_id", keep="first", maintain_order=True)
        .unique("cluster", keep="first", maintain_order=True)
    )
    return fused.subjects.join(
        votes.select("cluster", pl.col("entry_id").alias("id")),
        on="cluster",
        how="left",
        maintain_order="left",
    )


def _find_by_identifier(known: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Give subjects that none of their records knows the entry that bears their identifier."""
    field, find = IDENTIFIED[kind]
    open_ones = known.filter(pl.col("id").is_null() & pl.col(field).is_not_null())
    found = find(open_ones[field])
    if found.is_empty():
        return known
    free = (
        open_ones.select("cluster", field)
        .join(found, left_on=field, right_on="identifier")
        .join(known.select("id").drop_nulls(), on="id", how="anti")
        .unique("id", keep="first", maintain_order=True)
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", pl.col("id").alias("borne_id"))
    )
    return (
        known.join(free, on="cluster", how="left", maintain_order="left")
        .with_columns(pl.coalesce("id", "borne_id").alias("id"))
        .drop("borne_id")
    )


HELD = {"record_id": pl.Int64, "part": pl.String, "entry_id": pl.Int64}


def _entries_before(members: pl.DataFrame, kind: str, merging: Merging) -> pl.DataFrame:
    """Give the entry that each record part spoke of: before, since, or by the row it replaced."""
    # What a person takes back may bring an older decision into force again: then all are read.
    is_same = merging.after.is_as(merging.before, "judgements")
    kept = merging.before.frames.get(f"members.{kind}") if merging.before and is_same else None
    since, new = 0, members
    if merging.before and kept is not None:
        since = int(merging.before.marks["decisions"])
        new = members.join(kept, on=["record_id", "part"], how="anti")
    # A record that speaks again was decided on before it fell silent.
    again = [] if kept is None else new["record_id"].unique().to_list()
    decided = read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision WHERE kind = %s AND is_current "
        "AND entry_id IS NOT NULL AND (id > %s OR record_id = ANY(%s))",
        (kind, since, again),
        schema=HELD,
    )
    others = pl.DataFrame(schema=HELD)
    if kept is not None:
        others = kept.join(decided, on=["record_id", "part"], how="anti").select(decided.columns)
    inherited = _entries_of_replaced(kind, again if kept is not None else None)
    undecided = inherited.join(decided, on=["record_id", "part"], how="anti")
    return pl.concat([others, decided, undecided])


def _entries_of_replaced(kind: str, record_ids: list[int] | None) -> pl.DataFrame:
    """Give the entry of which the row that a record took the place of spoke: the latest such row.

    The key of a population row, of a firm or of a dwelling names its subject; a dwelling has
    another tenant tomorrow, so there the name must be the same too.
    """
    return read_frame(
        "SELECT DISTINCT ON (record.id, decision.part) record.id, decision.part, "
        "decision.entry_id FROM fusion_sourcerecord former "
        "JOIN fusion_linkdecision decision ON decision.record_id = former.id "
        "AND decision.is_current AND decision.kind = %s AND decision.entry_id IS NOT NULL "
        "JOIN fusion_sourcerecord record ON record.source_id = former.source_id "
        "AND record.key_hash = former.key_hash AND record.id <> former.id "
        "WHERE former.replaced_by_batch_id IS NOT NULL AND record.replaced_by_batch_id IS NULL "
        "AND (%s OR record.id = ANY(%s)) AND (decision.kind = 'dwelling' "
        "OR decision.part IN ('holder', 'organisation') "
        "OR former.payload->>(decision.part || '_name') "
        "= record.payload->>(decision.part || '_name')) "
        "ORDER BY record.id, decision.part, former.said_at DESC, former.id DESC",
        (kind, record_ids is None, record_ids or []),
        schema=HELD,
    )
