"""What persons decided of pairs, as the link run must keep it and as the desk lists it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl
from django.db.models import QuerySet

from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.review import Judgement, JudgementState, PairDecision
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.kernel.errors import Missing
from fangge.registers.queries.labels import EntryLabel, label_entries
from fangge.registers.queries.leads import entries_led_to

STANDING_SCHEMA = {
    "decision_id": pl.Int64,
    "left": pl.Int64,
    "left_part": pl.String,
    "right": pl.Int64,
    "right_part": pl.String,
    "verdict": pl.String,
    "levels": pl.String,
    "decided_by": pl.String,
}
PART_SCHEMA = {"record_id": pl.Int64, "part": pl.String, "entry_id": pl.Int64}


def decided_pairs(*, kind: str) -> pl.DataFrame:
    """Give the pairs that a person decided: left, left_part, right, right_part and is_same.

    A decision speaks of rows, not of one delivery of them: where a newer record took a row's
    place, the pair is given with the newer one. What is unsure, waits for a second person, was
    declined or taken back is not given.
    """
    firm = standing_pairs(kind=kind).filter(pl.col("verdict").is_in(["same", "different"]))
    return firm.select(
        "left", "left_part", "right", "right_part", is_same=pl.col("verdict") == "same"
    )


def standing_pairs(*, kind: str) -> pl.DataFrame:
    """Give every pair that somebody decided and nobody took back, with the newest records.

    The verdict is the one in force: of a pair that waits for a second person the one before, or
    none.
    """
    return read_frame(
        "SELECT DISTINCT ON (newest_left.id, left_part, newest_right.id, right_part) decision.id, "
        "newest_left.id, left_part, newest_right.id, right_part, "
        "CASE judgement.state WHEN 'in_force' THEN verdict ELSE (SELECT former.verdict "
        "FROM fusion_pairdecision former WHERE former.id = decision.supersedes_id) END, "
        "levels::text, judgement.decided_by "
        "FROM fusion_pairdecision decision "
        "JOIN fusion_judgement judgement ON judgement.id = decision.judgement_id "
        "JOIN fusion_sourcerecord lefts ON lefts.id = decision.left_id "
        "JOIN fusion_sourcerecord rights ON rights.id = decision.right_id "
        "CROSS JOIN LATERAL (SELECT max(id) AS id FROM fusion_sourcerecord newest "
        "WHERE newest.source_id = lefts.source_id AND newest.key_hash = lefts.key_hash "
        "AND newest.replaced_by_batch_id IS NULL) newest_left "
        "CROSS JOIN LATERAL (SELECT max(id) AS id FROM fusion_sourcerecord newest "
        "WHERE newest.source_id = rights.source_id AND newest.key_hash = rights.key_hash "
        "AND newest.replaced_by_batch_id IS NULL) newest_right "
        "WHERE decision.is_standing AND judgement.kind = %s "
        "AND newest_left.id IS NOT NULL AND newest_right.id IS NOT NULL "
        "ORDER BY newest_left.id, left_part, newest_right.id, right_part, decision.id DESC",
        (kind,),
        schema=STANDING_SCHEMA,
    )


def parts_of_entries(*, kind: str, entry_ids: Sequence[int]) -> pl.DataFrame:
    """Give the record parts that speak of these entries: record_id, part and entry_id."""
    return read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision decision "
        "JOIN fusion_sourcerecord record ON record.id = decision.record_id "
        "WHERE decision.kind = %s AND is_current AND entry_id = ANY(%s::bigint[]) "
        "AND record.replaced_by_batch_id IS NULL ORDER BY record_id, part",
        (kind, list(entry_ids)),
        schema=PART_SCHEMA,
    )


def entries_of_records(
    *, kind: str, record_ids: Sequence[int], part: str | None = None
) -> pl.DataFrame:
    """Give which entries these records speak of now: record_id, part and entry_id."""
    return read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision WHERE kind = %s AND is_current "
        "AND entry_id IS NOT NULL AND record_id = ANY(%s::bigint[]) "
        "AND (%s::varchar IS NULL OR part = %s) ORDER BY record_id, part",
        (kind, list(record_ids), part, part),
        schema=PART_SCHEMA,
    )


def judgements_visible_to(
    actor: Actor, *, state: str = "", by: str = "", before: int | None = None
) -> QuerySet[Judgement]:
    """List what was decided, newest first."""
    actor.require("pairs.see")
    judgements = Judgement.objects.order_by("-id")
    if state:
        judgements = judgements.filter(state=state)
    if by:
        judgements = judgements.filter(decided_by=by)
    return judgements if before is None else judgements.filter(pk__lt=before)


def get_judgement(*, actor: Actor, judgement_id: int) -> Judgement:
    judgement = judgements_visible_to(actor).filter(pk=judgement_id).first()
    if judgement is None:
        raise Missing(f"There is no decision {judgement_id}.")
    return judgement


def last_judgement(actor: Actor) -> Judgement | None:
    """Give what this person decided last and did not take back."""
    kept = [JudgementState.IN_FORCE, JudgementState.WAITING]
    return judgements_visible_to(actor, by=actor.reference).filter(state__in=kept).first()


def standing_decision(
    left: int, left_part: str, right: int, right_part: str
) -> PairDecision | None:
    return (
        PairDecision.objects.select_related("judgement")
        .filter(
            left_id=left,
            left_part=left_part,
            right_id=right,
            right_part=right_part,
            is_standing=True,
        )
        .first()
    )


def former_entries(*, kind: str, entry_id: int, parts: Sequence[tuple[int, str]]) -> list[int]:
    """Give the entries that now lead to this one and that these parts spoke of, latest first."""
    led = entries_led_to(kind, entry_id)
    spoken = LinkDecision.objects.filter(
        kind=kind, entry_id__in=led, record_id__in=[record for record, _ in parts]
    ).order_by("-id")
    wanted = set(parts)
    found = [
        decision.entry_id
        for decision in spoken
        if (decision.record_id, decision.part) in wanted and decision.entry_id is not None
    ]
    return list(dict.fromkeys(found))


def newest_records(record_ids: Collection[int]) -> dict[int, int]:
    """Give each record the one that speaks in its row's place now; none for rows that are gone."""
    rows = read_frame(
        "SELECT record.id, max(newest.id) FROM fusion_sourcerecord record "
        "JOIN fusion_sourcerecord newest ON newest.source_id = record.source_id "
        "AND newest.key_hash = record.key_hash AND newest.replaced_by_batch_id IS NULL "
        "WHERE record.id = ANY(%s::bigint[]) GROUP BY record.id",
        (list(record_ids),),
        schema={"record_id": pl.Int64, "newest": pl.Int64},
    )
    return dict(rows.iter_rows())


def entry_of(kind: str, record_id: int | None, part: str) -> int | None:
    """Give the entry that a part of a record speaks of now."""
    spoken = LinkDecision.objects.filter(record_id=record_id, part=part, kind=kind, is_current=True)
    return spoken.values_list("entry_id", flat=True).first()


def count_parts(kind: str) -> int:
    """Count the record parts that speak of such subjects."""
    return LinkDecision.objects.filter(kind=kind, is_current=True).count()


PAGE_JUDGEMENTS = 50


@dataclass(frozen=True, slots=True)
class JudgementLine:
    """A decision as the list shows it: the verdict, on how many pairs, and what it did."""

    judgement: Judgement
    verdict: str
    n_pairs: int
    joined: list[tuple[EntryLabel, EntryLabel]]  # from the one entry to the other


def list_judgements(
    *, actor: Actor, state: str = "", by: str = "", before: int | None = None
) -> list[JudgementLine]:
    """List what was decided, newest first, one more than a page to tell whether there is a next."""
    found = list(
        judgements_visible_to(actor, state=state, by=by, before=before).prefetch_related(
            "decisions"
        )[: PAGE_JUDGEMENTS + 1]
    )
    return [
        JudgementLine(
            judgement=one,
            verdict=next((decision.verdict for decision in one.decisions.all()), ""),
            n_pairs=len(one.decisions.all()),
            joined=_label_moves(one),
        )
        for one in found
    ]


def _label_moves(judgement: Judgement) -> list[tuple[EntryLabel, EntryLabel]]:
    moved = sorted({(move["start"], move["end"]) for move in judgement.moves})
    labels = label_entries(judgement.kind, {entry for pair in moved for entry in pair})
    # An entry that stands in none of the reader's grids any longer is not named to them.
    return [
        (labels[start], labels[end]) for start, end in moved if start in labels and end in labels
    ]
