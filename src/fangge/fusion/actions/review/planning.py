"""What a decision on pairs would do to the registers, before it does so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from fangge.fusion.adapters.parts import part_as_decided, parts_from, read_rows
from fangge.fusion.models.review import Verdict
from fangge.fusion.queries.decisions import decided_pairs, former_entries, parts_of_entries
from fangge.fusion.rules.reviewing import MOST_RECORDS_ALONE, Move, join_entries
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict
from fangge.registers.actions.joining import reserve_entry

PAIR = ["left", "left_part", "right", "right_part"]


class DecisionsContradict(Conflict):
    """Somebody decided that two of these records are different subjects."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts that move, and the entries that come of it."""

    moves: list[Move] = field(default_factory=list)
    n_records: int = 0  # of the largest entry that comes of it
    ends: Mapping[int, int] = field(default_factory=dict)  # entry that ends: the one it leads to

    @property
    def needs_second(self) -> bool:
        return bool(self.ends) and self.n_records > MOST_RECORDS_ALONE


class Claim(NamedTuple):
    """Parts that stay together, and the entries they spoke of before, latest first."""

    rows: list[tuple[int, str]]
    former: list[int]


def plan_verdict(*, actor: Actor, kind: str, pairs: pl.DataFrame, verdict: str) -> Plan:
    """Say what this verdict on these pairs does; nothing is written.

    `pairs` has left, left_part, right, right_part, left_entry and right_entry. Raises
    `DecisionsContradict` when it would join what somebody decided is different.
    """
    if verdict == Verdict.SAME:
        return plan_joining(kind=kind, pairs=pairs)
    torn = pairs.filter(pl.col("left_entry") == pl.col("right_entry"))
    if verdict == Verdict.DIFFERENT and torn.height:
        return plan_parting(actor=actor, kind=kind, pairs=torn)
    return Plan()


def plan_joining(*, kind: str, pairs: pl.DataFrame) -> Plan:
    """Let the entries of each pair become one; the largest of them survives."""
    entry_ids = pl.concat([pairs["left_entry"], pairs["right_entry"]]).unique().to_list()
    members = parts_of_entries(kind=kind, entry_ids=entry_ids)
    sizes = dict(members.group_by("entry_id").len().iter_rows())
    joined = list(pairs.select("left_entry", "right_entry").iter_rows())
    ends = join_entries(joined, sizes)
    after = members.with_columns(end=pl.col("entry_id").replace(ends))
    still = decided_pairs(kind=kind).filter(~pl.col("is_same")).join(pairs, on=PAIR, how="anti")
    check_apart(after, still)
    moving = after.filter(pl.col("entry_id") != pl.col("end"))
    return Plan(
        moves=[Move(*row) for row in moving.select("record_id", "part", "entry_id", "end").rows()],
        n_records=max(after["end"].value_counts()["count"], default=0),
        ends=ends,
    )


def check_apart(after: pl.DataFrame, differing: pl.DataFrame) -> None:
    """Raise `DecisionsContradict` when two parts decided to differ would end in one entry."""
    ends = after.select("record_id", "part", "end")
    both = differing.join(ends, left_on=["left", "left_part"], right_on=["record_id", "part"]).join(
        ends, left_on=["right", "right_part"], right_on=["record_id", "part"], suffix="_right"
    )
    if both.filter(pl.col("end") == pl.col("end_right")).height:
        raise DecisionsContradict(
            "Two of these records were decided to be different. Take that decision back first."
        )


def plan_parting(*, actor: Actor, kind: str, pairs: pl.DataFrame) -> Plan:
    """Let an entry fall into what the evidence joins once these pairs are kept apart.

    The largest part keeps the entry; another takes up the entry that it came from, if it had one
    of its own before, else a new one.
    """
    moves: list[Move] = []
    decided = pl.concat(
        [
            decided_pairs(kind=kind).join(pairs, on=PAIR, how="anti"),
            pairs.select(*PAIR, is_same=pl.lit(value=False)),
        ]
    )
    hand = Actor(actor.reference, actor.name, actor.roles, actor.verbs | {f"{kind}s.register"})
    for entry in pairs["left_entry"].unique().sort():
        members = parts_of_entries(kind=kind, entry_ids=[entry])
        parts = parts_from(read_rows(members["record_id"].unique().to_list()), members, kind=kind)
        groups = part_as_decided(parts, decided, kind=kind)
        claims = [
            Claim(rows, former_entries(kind=kind, entry_id=entry, parts=rows))
            for rows in _rows_of(groups)
        ]
        # The largest keeps the entry; of equals one that has no entry of its own to go back to.
        keeper = min(claims, key=lambda one: (-len(one.rows), bool(one.former), one.rows))
        taken: set[int] = set()
        for claim in claims:
            if claim is keeper:
                continue
            end = next((one for one in claim.former if one not in taken), None)
            end = reserve_entry(actor=hand, kind=kind) if end is None else end
            taken.add(end)
            moves += [Move(record, part, entry, end) for record, part in claim.rows]
    return Plan(moves=moves)


def _rows_of(groups: pl.DataFrame) -> list[list[tuple[int, str]]]:
    """Give the record parts of each group."""
    listed = groups.sort("record_id", "part").partition_by("cluster", maintain_order=True)
    return [list(one.select("record_id", "part").iter_rows()) for one in listed]


def reverse(moves: Sequence[Move], newest: Mapping[int, int]) -> list[Move]:
    """Give the moves that take these back; a row's newer record goes where its older came from."""
    return [
        Move(newest[move.record], move.part, move.end, move.start)
        for move in moves
        if move.record in newest
    ]
