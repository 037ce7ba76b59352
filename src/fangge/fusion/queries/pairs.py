"""The pairs that wait for a person, the most worthwhile first."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from fangge.fusion.models.review import JudgementState
from fangge.fusion.models.run import Pair
from fangge.fusion.queries.decisions import entry_of, judgements_visible_to
from fangge.fusion.rules.reviewing import DUE_AFTER, worth_of
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.kernel.errors import Missing
from fangge.registers.queries.visible import entries_within

PAGE_PAIRS = 50
KINDS = ("resident", "organisation", "dwelling")

# A pair waits while both records speak, and of two entries, until somebody decided it or, knowing
# of it, another pair of the same two; after that only when its evidence changed.
OPEN = """
    WITH pair AS (
        SELECT pair.id, pair.kind, left_id, left_part, right_id, right_part, pair.weight_bits,
               run.started_at, changed, lefts.entry_id AS left_entry, rights.entry_id AS right_entry
        FROM fusion_pair pair
        JOIN fusion_run run ON run.id = pair.run_id
        JOIN fusion_linkdecision lefts ON lefts.record_id = left_id AND lefts.part = left_part
            AND lefts.kind = pair.kind AND lefts.is_current AND lefts.entry_id IS NOT NULL
        JOIN fusion_linkdecision rights ON rights.record_id = right_id
            AND rights.part = right_part AND rights.kind = pair.kind AND rights.is_current
            AND rights.entry_id IS NOT NULL
        WHERE lefts.entry_id <> rights.entry_id OR pair.changed <> '{}'
    ), settled AS (
        SELECT judgement.kind, LEAST(lefts.entry_id, rights.entry_id) AS one,
               GREATEST(lefts.entry_id, rights.entry_id) AS other, judgement.decided_at
        FROM fusion_pairdecision decision
        JOIN fusion_judgement judgement ON judgement.id = decision.judgement_id
        JOIN fusion_linkdecision lefts ON lefts.record_id = decision.left_id
            AND lefts.part = decision.left_part AND lefts.kind = judgement.kind
            AND lefts.is_current
        JOIN fusion_linkdecision rights ON rights.record_id = decision.right_id
            AND rights.part = decision.right_part AND rights.kind = judgement.kind
            AND rights.is_current
        WHERE decision.is_standing
    ), size AS (
        SELECT named.kind, named.entry_id, count(*) AS n_records
        FROM (SELECT kind, left_entry AS entry_id FROM pair
              UNION SELECT kind, right_entry FROM pair) named
        JOIN fusion_linkdecision spoken ON spoken.kind = named.kind
            AND spoken.entry_id = named.entry_id AND spoken.is_current
        GROUP BY named.kind, named.entry_id
    )
    SELECT pair.id, pair.kind, left_id, left_part, right_id, right_part, pair.weight_bits,
           extract(epoch FROM pair.started_at)::float8, changed::text, left_entry, right_entry,
           left_source.code, right_source.code, left_size.n_records, right_size.n_records
    FROM pair
    JOIN fusion_sourcerecord left_record ON left_record.id = left_id
        AND left_record.replaced_by_batch_id IS NULL
    JOIN fusion_source left_source ON left_source.id = left_record.source_id
    JOIN fusion_sourcerecord right_record ON right_record.id = right_id
        AND right_record.replaced_by_batch_id IS NULL
    JOIN fusion_source right_source ON right_source.id = right_record.source_id
    JOIN size left_size ON left_size.kind = pair.kind AND left_size.entry_id = left_entry
    JOIN size right_size ON right_size.kind = pair.kind AND right_size.entry_id = right_entry
    WHERE pair.changed <> '{}' OR NOT EXISTS (
        SELECT FROM settled WHERE settled.kind = pair.kind
        AND settled.one = LEAST(left_entry, right_entry)
        AND settled.other = GREATEST(left_entry, right_entry)
        AND settled.decided_at >= pair.started_at)
"""
OPEN_SCHEMA = {
    "pair_id": pl.Int64,
    "kind": pl.String,
    "left": pl.Int64,
    "left_part": pl.String,
    "right": pl.Int64,
    "right_part": pl.String,
    "weight": pl.Float64,
    "offered": pl.Float64,
    "changed": pl.String,
    "left_entry": pl.Int64,
    "right_entry": pl.Int64,
    "left_source": pl.String,
    "right_source": pl.String,
    "n_left": pl.Int64,
    "n_right": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many pairs wait of a kind between two sources."""

    kind: str
    sources: tuple[str, str]
    n_pairs: int


def open_pairs(
    actor: Actor, *, now: datetime, kind: str = "", sources: str = "", changed: str = ""
) -> pl.DataFrame:
    """List the pairs that wait: those overdue first, then by what a decision is worth.

    `sources` are two source codes joined by a plus; `changed` leaves only pairs that come back.
    """
    actor.require("pairs.see")
    found = _within(actor, read_frame(OPEN, schema=OPEN_SCHEMA))
    overdue = pl.lit(now.timestamp()) - pl.col("offered") > DUE_AFTER.total_seconds()
    queue = found.with_columns(
        sources=pl.concat_list("left_source", "right_source").list.sort().list.join("+"),
        n_records=pl.col("n_left") + pl.col("n_right"),
        is_overdue=overdue,
        comes_back=pl.col("changed") != "{}",
    ).with_columns(worth=worth_of(pl.col("weight"), pl.col("n_records")))
    order = ["is_overdue", "comes_back", "worth", "pair_id"]
    ranked = queue.sort(order, descending=[True, True, True, False])
    return filter_queue(ranked, kind=kind, sources=sources, changed=changed)


def filter_queue(
    queue: pl.DataFrame, *, kind: str = "", sources: str = "", changed: str = ""
) -> pl.DataFrame:
    """Leave what fits the filters of `open_pairs`."""
    if kind:
        queue = queue.filter(pl.col("kind") == kind)
    if sources:
        queue = queue.filter(pl.col("sources") == "+".join(sorted(sources.split("+"))))
    if changed:
        queue = queue.filter("comes_back")
    return queue


def _within(actor: Actor, pairs: pl.DataFrame) -> pl.DataFrame:
    """Leave the pairs whose entries both stand in the actor's area."""
    if actor.grid_ids is None or pairs.is_empty():
        return pairs
    kept = []
    for kind in KINDS:
        own = pairs.filter(pl.col("kind") == kind)
        ids = pl.concat([own["left_entry"], own["right_entry"]]).unique().to_list()
        seen = entries_within(actor, kind=kind, entry_ids=ids)
        kept.append(own.filter(pl.col("left_entry").is_in(seen), pl.col("right_entry").is_in(seen)))
    return pl.concat(kept)


def count_queue(queue: pl.DataFrame) -> list[QueueCount]:
    """Count what waits by kind and by the two sources."""
    counted = queue.group_by("kind", "sources").len("n_pairs").sort("n_pairs", descending=True)
    return [
        QueueCount(kind, (sources.split("+")[0], sources.split("+")[1]), n_pairs)
        for kind, sources, n_pairs in counted.iter_rows()
    ]


def page_of(queue: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """Give the pairs behind this one, one more than a page to tell whether there is a next."""
    if after:
        at = queue.with_row_index("place").filter(pl.col("pair_id") == after)
        queue = queue.slice(at["place"][0] + 1 if at.height else 0)
    return queue.head(PAGE_PAIRS + 1)


def neighbours_of(queue: pl.DataFrame, pair_id: int) -> tuple[int | None, int | None]:
    """Give the pair before and the pair behind this one in the queue."""
    listed = queue["pair_id"].to_list()
    if pair_id not in listed:
        return None, listed[0] if listed else None
    at = listed.index(pair_id)
    before = listed[at - 1] if at else None
    return before, listed[at + 1] if at + 1 < len(listed) else None


def get_pair(*, actor: Actor, pair_id: int) -> Pair:
    """Give a pair, whether it waits or not, if both its entries stand in the actor's area."""
    actor.require("pairs.see")
    pair = (
        Pair.objects.select_related("left__source", "right__source", "run")
        .filter(pk=pair_id)
        .first()
    )
    if pair is None or not _is_seen(actor, pair):
        raise Missing(f"There is no pair {pair_id}.")
    return pair


def _is_seen(actor: Actor, pair: Pair) -> bool:
    if actor.grid_ids is None:
        return True
    ids = [entry for entry in entries_of(pair) if entry is not None]
    return set(ids) <= set(entries_within(actor, kind=pair.kind, entry_ids=ids))


def entries_of(pair: Pair) -> tuple[int | None, int | None]:
    """Give the entries that both parts of a pair speak of now."""
    return (
        entry_of(pair.kind, pair.left_id, pair.left_part),
        entry_of(pair.kind, pair.right_id, pair.right_part),
    )


def count_open_pairs(*, actor: Actor) -> int:
    """Count the pairs that wait for this person."""
    actor.require("pairs.see")
    return _within(actor, read_frame(OPEN, schema=OPEN_SCHEMA)).height


def count_to_confirm(*, actor: Actor) -> int:
    """Count the decisions of others that wait for a second person."""
    waiting = judgements_visible_to(actor, state=JudgementState.WAITING)
    return waiting.exclude(decided_by=actor.reference).count()
