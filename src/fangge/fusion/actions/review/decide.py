"""A person decides pairs: the same, different, or not sure. The registers follow at once."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import transaction
from django.db.models import Q

from fangge.audit.actions import record_act
from fangge.fusion.actions.review.moving import hold_registers, move_parts
from fangge.fusion.actions.review.planning import PAIR, Plan, plan_verdict
from fangge.fusion.adapters.engine import number_parts
from fangge.fusion.adapters.parts import levels_of, parts_from, read_rows, weigh_pairs
from fangge.fusion.events import PairsJudged
from fangge.fusion.models.review import (
    Judgement,
    JudgementState,
    JudgementWay,
    PairDecision,
    Verdict,
)
from fangge.fusion.models.run import Pair
from fangge.fusion.queries.decisions import standing_pairs
from fangge.fusion.queries.pairs import get_pair, open_pairs
from fangge.fusion.rules.reviewing import MOST_IN_BULK
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.looks import keep_looks

__all__ = ["JudgementState", "Verdict", "decide_pair", "decide_pairs", "preview_pairs"]


class PairDecided(Conflict):
    """Somebody decided on this pair in the meantime."""


class VerdictUnknown(Invalid):
    """A verdict is one of three."""


class TooManyPairs(Invalid):
    """More pairs than anyone can have looked at, none, or of two registers."""


@transaction.atomic
def decide_pair(
    *, actor: Actor, pair_id: int, verdict: str, reason: str = "", now: datetime
) -> Judgement:
    """Decide one pair; a merge beyond one person's limit waits for a second.

    The same decision sent twice is kept once. Raises `PairDecided` when somebody was first.
    """
    hold_registers()
    actor.require("pairs.decide")
    get_pair(actor=actor, pair_id=pair_id)
    return _decide(actor, [pair_id], verdict, reason, JudgementWay.PAIR, now)


@transaction.atomic
def decide_pairs(
    *, actor: Actor, pair_ids: Sequence[int], verdict: str, reason: str = "", now: datetime
) -> Judgement:
    """Decide many pairs of one register at once; they are confirmed and undone as one."""
    hold_registers()
    actor.require("pairs.decide")
    return _decide(actor, pair_ids, verdict, reason, JudgementWay.BULK, now)


def preview_pairs(
    *, actor: Actor, pair_ids: Sequence[int], verdict: str, now: datetime
) -> tuple[pl.DataFrame, Plan]:
    """Say what this verdict on these pairs would do, and do nothing."""
    actor.require("pairs.decide")
    pairs = _still_open(actor, pair_ids, now)
    _check(pairs, pair_ids, verdict)
    return pairs, plan_verdict(actor=actor, kind=pairs["kind"][0], pairs=pairs, verdict=verdict)


def _still_open(actor: Actor, pair_ids: Sequence[int], now: datetime) -> pl.DataFrame:
    return open_pairs(actor, now=now).filter(pl.col("pair_id").is_in(list(pair_ids)))


def _check(pairs: pl.DataFrame, pair_ids: Sequence[int], verdict: str) -> None:
    if verdict not in Verdict.values:
        raise VerdictUnknown("Decide that they are the same, different, or that you are not sure.")
    if not 0 < len(set(pair_ids)) <= MOST_IN_BULK:
        raise TooManyPairs(f"Choose at least one pair and at most {MOST_IN_BULK}.")
    if pairs.height < len(set(pair_ids)):
        raise PairDecided(_who_was_first(pair_ids))
    if pairs["kind"].n_unique() > 1:
        raise TooManyPairs("Choose pairs of one register.")


@beyond_scope()
def _decide(
    actor: Actor, pair_ids: Sequence[int], verdict: str, reason: str, way: str, now: datetime
) -> Judgement:
    repeated = _sent_before(actor, pair_ids, verdict)
    if repeated is not None:
        return repeated
    pairs = _still_open(actor, pair_ids, now)
    _check(pairs, pair_ids, verdict)
    kind = pairs["kind"][0]
    plan = plan_verdict(actor=actor, kind=kind, pairs=pairs, verdict=verdict)
    judgement = keep_judgement(
        actor=actor,
        judgement=Judgement(kind=kind, way=way, reason=reason.strip()),
        pairs=pairs,
        verdict=verdict,
        plan=plan,
        now=now,
    )
    Pair.objects.filter(pk__in=pairs["pair_id"].to_list()).update(changed={})
    return judgement


def keep_judgement(
    *,
    actor: Actor,
    judgement: Judgement,
    pairs: pl.DataFrame,
    verdict: str,
    plan: Plan,
    now: datetime,
) -> Judgement:
    """Append what was decided, with the evidence it was seen by, and let the registers follow."""
    judgement.state = JudgementState.WAITING if plan.needs_second else JudgementState.IN_FORCE
    judgement.n_records = plan.n_records
    judgement.decided_at, judgement.decided_by = now, actor.reference
    judgement.save()
    _append(judgement, pairs, verdict)
    if not plan.needs_second:
        carry_out(actor=actor, judgement=judgement, plan=plan, now=now)
    tell(actor=actor, judgement=judgement, verb=f"pairs.{verdict}", now=now)
    return judgement


def carry_out(*, actor: Actor, judgement: Judgement, plan: Plan, now: datetime) -> None:
    """Let the registers follow, and keep what moved so that it can be taken back."""
    judgement.moves = [move._asdict() for move in plan.moves]
    judgement.save(update_fields=["moves"])
    move_parts(
        actor=actor,
        kind=judgement.kind,
        moves=plan.moves,
        reason=f"judgement:{judgement.pk}",
        now=now,
    )


def tell(*, actor: Actor, judgement: Judgement, verb: str, now: datetime) -> None:
    """Leave a trail and say so."""
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="judgement",
        subject_id=str(judgement.pk),
        reason=judgement.reason,
        now=now,
    )
    if judgement.kind == "resident":
        keep_looks(
            actor=actor,
            verb=verb,
            resident_ids={move[side] for move in judgement.moves for side in ("start", "end")},
            fields=(),
            object_reference=f"judgement:{judgement.pk}",
            now=now,
        )
    bus.publish(PairsJudged(judgement_id=judgement.pk, state=judgement.state, judged_at=now))


def weigh(pairs: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Weigh these pairs as their records stand now, in the order given."""
    members = pl.concat(
        [
            pairs.select(record_id="left", part="left_part"),
            pairs.select(record_id="right", part="right_part"),
        ]
    ).unique()
    parts = parts_from(read_rows(members["record_id"].unique().to_list()), members, kind=kind)
    numbered = pl.DataFrame(
        {
            "left": number_parts(pairs["left"], pairs["left_part"]),
            "right": number_parts(pairs["right"], pairs["right_part"]),
        }
    )
    weighed = weigh_pairs(parts, numbered, kind=kind)
    return numbered.join(weighed, on=["left", "right"], how="left", maintain_order="left")


def _append(judgement: Judgement, pairs: pl.DataFrame, verdict: str) -> None:
    weighed = weigh(pairs, kind=judgement.kind)
    before = pairs.select(PAIR).join(
        standing_pairs(kind=judgement.kind).select(*PAIR, "decision_id"),
        on=PAIR,
        how="left",
        maintain_order="left",
    )["decision_id"]
    PairDecision.objects.filter(pk__in=before.drop_nulls().to_list()).update(is_standing=False)
    rows = zip(
        pairs.select(PAIR).rows(),
        levels_of(weighed, kind=judgement.kind),
        weighed["weight"],
        before,
        strict=True,
    )
    PairDecision.objects.bulk_create(
        PairDecision(
            judgement=judgement,
            left_id=left,
            left_part=left_part,
            right_id=right,
            right_part=right_part,
            verdict=verdict,
            levels=levels,
            weight_bits=weight,
            supersedes_id=former,
        )
        for (left, left_part, right, right_part), levels, weight, former in rows
    )


def _decisions_on(pair_ids: Sequence[int]) -> list[PairDecision]:
    """Give the standing decisions on exactly these pairs, where their evidence still holds."""
    decisions: list[PairDecision] = []
    for pair in Pair.objects.filter(pk__in=pair_ids, changed={}):
        named = Q(left=pair.left_id, left_part=pair.left_part) & Q(
            right=pair.right_id, right_part=pair.right_part
        )
        decisions += PairDecision.objects.select_related("judgement").filter(
            named, is_standing=True
        )
    return decisions


def _sent_before(actor: Actor, pair_ids: Sequence[int], verdict: str) -> Judgement | None:
    """Give this very decision if it was kept already."""
    found = _decisions_on(pair_ids)
    if len(found) != len(set(pair_ids)) or {one.verdict for one in found} != {verdict}:
        return None
    first = found[0].judgement
    is_own = first.decided_by == actor.reference
    is_whole = first.decisions.count() == len(found)
    return (
        first if is_own and is_whole and {one.judgement_id for one in found} == {first.pk} else None
    )


def _who_was_first(pair_ids: Sequence[int]) -> str:
    names = sorted({decision.judgement.decided_by for decision in _decisions_on(pair_ids)})
    if not names:
        return "This pair does not wait any longer: its records or entries changed. Look again."
    return f"{'、'.join(names)} decided on this first. Nothing was changed."
