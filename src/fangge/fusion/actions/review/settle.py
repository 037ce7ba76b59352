"""A second person confirms or declines; anyone who may decide takes a decision back."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.fusion.actions.review.decide import carry_out, tell
from fangge.fusion.actions.review.moving import EntriesChanged, hold_registers, move_parts
from fangge.fusion.actions.review.planning import (
    PAIR,
    DecisionsContradict,
    check_apart,
    plan_joining,
    reverse,
)
from fangge.fusion.models.review import Judgement, JudgementState, PairDecision
from fangge.fusion.models.run import Pair
from fangge.fusion.queries.decisions import (
    decided_pairs,
    entry_of,
    get_judgement,
    last_judgement,
    newest_records,
    parts_of_entries,
)
from fangge.fusion.rules.reviewing import Move, changed_levels
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Missing, Refused
from fangge.kernel.wall import beyond_scope


class JudgementSettled(Conflict):
    """Somebody confirmed, declined or took this back in the meantime."""


class OwnJudgement(Refused):
    """The second pair of eyes must be another person's."""


class UndoBlocked(Conflict):
    """A later decision stands on this one."""


class NothingToUndo(Missing):
    """There is no decision of this person to take back."""


@transaction.atomic
@beyond_scope()
def confirm_judgement(*, actor: Actor, judgement_id: int, now: datetime) -> Judgement:
    """Let a decision that waits for a second person come into force."""
    judgement = _lock_waiting(actor, judgement_id)
    if judgement.decided_by == actor.reference:
        raise OwnJudgement("Another steward must confirm this: four eyes see more than two.")
    plan = plan_joining(kind=judgement.kind, pairs=_pairs_now(judgement))
    judgement.state, judgement.n_records = JudgementState.IN_FORCE, plan.n_records
    judgement.settled_at, judgement.settled_by = now, actor.reference
    judgement.save()
    carry_out(actor=actor, judgement=judgement, plan=plan, now=now)
    tell(actor=actor, judgement=judgement, verb="pairs.confirm", now=now)
    return judgement


@transaction.atomic
@beyond_scope()
def decline_judgement(*, actor: Actor, judgement_id: int, now: datetime) -> Judgement:
    """Turn down a decision that waits for a second person; its pairs wait again."""
    judgement = _lock_waiting(actor, judgement_id)
    if judgement.decided_by == actor.reference:
        raise OwnJudgement("Take your own decision back instead of declining it.")
    judgement.state = JudgementState.DECLINED
    judgement.settled_at, judgement.settled_by = now, actor.reference
    judgement.save()
    _let_go(judgement)
    tell(actor=actor, judgement=judgement, verb="pairs.decline", now=now)
    return judgement


@transaction.atomic
@beyond_scope()
def undo_judgement(*, actor: Actor, judgement_id: int, now: datetime) -> Judgement:
    """Take a decision back: entries, codes and occupancies are as before, and so is the queue.

    Taking back twice is harmless. Raises `UndoBlocked` when a later decision stands on this one.
    """
    hold_registers()
    actor.require("pairs.decide")
    judgement = get_judgement(actor=actor, judgement_id=judgement_id)
    if judgement.state == JudgementState.WITHDRAWN:
        return judgement
    if judgement.state == JudgementState.DECLINED:
        raise JudgementSettled(f"{judgement.settled_by} declined this already.")
    judgement.state = JudgementState.WITHDRAWN
    judgement.withdrawn_at, judgement.withdrawn_by = now, actor.reference
    judgement.save()
    _let_go(judgement)
    _move_back(actor, judgement, now)
    tell(actor=actor, judgement=judgement, verb="pairs.undo", now=now)
    return judgement


@transaction.atomic
def undo_last(*, actor: Actor, now: datetime) -> Judgement:
    """Take back what this person decided last."""
    hold_registers()
    actor.require("pairs.decide")
    judgement = last_judgement(actor)
    if judgement is None:
        raise NothingToUndo("You have no decision that could be taken back.")
    return undo_judgement(actor=actor, judgement_id=judgement.pk, now=now)


def _lock_waiting(actor: Actor, judgement_id: int) -> Judgement:
    hold_registers()
    actor.require("pairs.decide")
    judgement = get_judgement(actor=actor, judgement_id=judgement_id)
    if judgement.state != JudgementState.WAITING:
        who = judgement.settled_by or judgement.withdrawn_by or judgement.decided_by
        raise JudgementSettled(f"This does not wait any longer; {who} was first.")
    return judgement


def _pairs_now(judgement: Judgement) -> pl.DataFrame:
    """Give the judgement's pairs with the entries their newest records speak of now."""
    decisions = list(judgement.decisions.order_by("id"))
    newest = newest_records(
        {one.left_id for one in decisions} | {one.right_id for one in decisions}
    )
    rows = []
    for one in decisions:
        left, right = newest.get(one.left_id), newest.get(one.right_id)
        entries = (
            entry_of(judgement.kind, left, one.left_part),
            entry_of(judgement.kind, right, one.right_part),
        )
        if None in entries:
            raise EntriesChanged("Its records are gone. Decline this, and look again.")
        rows.append((left, one.left_part, right, one.right_part, *entries))
    return pl.DataFrame(rows, schema=[*PAIR, "left_entry", "right_entry"], orient="row")


def _let_go(judgement: Judgement) -> None:
    """Let the pairs wait again; what an older decision said of them holds again."""
    decisions = list(judgement.decisions.select_related("supersedes"))
    judgement.decisions.update(is_standing=False)
    for decision in decisions:
        former = decision.supersedes
        if former is None:
            continue
        PairDecision.objects.filter(pk=former.pk).update(is_standing=True)
        Pair.objects.filter(
            kind=judgement.kind,
            left=decision.left_id,
            left_part=decision.left_part,
            right=decision.right_id,
            right_part=decision.right_part,
        ).update(changed=changed_levels(former.levels, decision.levels))


def _move_back(actor: Actor, judgement: Judgement, now: datetime) -> None:
    moves = [Move(**move) for move in judgement.moves]
    back = reverse(moves, newest_records({move.record for move in moves}))
    if not back:
        return
    entry_ids = sorted({move.start for move in back} | {move.end for move in back})
    ends = {(move.record, move.part): move.end for move in back}
    members = parts_of_entries(kind=judgement.kind, entry_ids=entry_ids)
    after = members.with_columns(
        end=pl.Series(
            [ends.get((record, part), entry) for record, part, entry in members.iter_rows()],
            dtype=pl.Int64,
        )
    )
    try:
        check_apart(after, decided_pairs(kind=judgement.kind).filter(~pl.col("is_same")))
        move_parts(
            actor=actor,
            kind=judgement.kind,
            moves=back,
            reason=f"undo:{judgement.pk}",
            now=now,
        )
    except (EntriesChanged, DecisionsContradict) as error:
        raise UndoBlocked(
            "A later decision moved these records. Take that one back first, then this."
        ) from error
