"""The review desk: what a verdict does to the registers, and that all of it can be taken back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.fangge.fusion.doubts import SCHEMA, offer_pairs
from tests.makers import steward

from fangge.audit.models import Entry
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.merge import keep_pairs
from fangge.fusion.actions.review.decide import (
    PairDecided,
    TooManyPairs,
    VerdictUnknown,
    decide_pair,
    decide_pairs,
    preview_pairs,
)
from fangge.fusion.actions.review.planning import DecisionsContradict
from fangge.fusion.actions.review.settle import (
    JudgementSettled,
    OwnJudgement,
    UndoBlocked,
    confirm_judgement,
    decline_judgement,
    undo_judgement,
    undo_last,
)
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.review import Judgement, JudgementState, PairDecision
from fangge.fusion.models.run import Pair, Run
from fangge.fusion.queries.pairs import open_pairs
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Refused
from fangge.registers.models.lead import EntryLead
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.leads import entry_behind

pytestmark = pytest.mark.django_db
HELD = ("id", "code", "name", "sex", "birth_on", "identifier_hash", "phone_hash", "ends_on",
        "origins")  # fmt: skip


@pytest.fixture(autouse=True)
def _doubts(noon: datetime) -> None:
    offer_pairs(noon)


def other_steward() -> Actor:
    return replace(steward(), reference="staff:second", name="second")


def waiting(now: datetime, **filters: str) -> pl.DataFrame:
    return open_pairs(steward(), now=now, **filters)


def first_pair(now: datetime) -> dict[str, Any]:
    return waiting(now, kind="resident").row(0, named=True)


def entries(row: dict[str, Any]) -> list[dict[str, Any]]:
    ids = [row["left_entry"], row["right_entry"]]
    found = Resident.objects.filter(pk__in=ids).order_by("id").values(*HELD)
    return [
        {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in e.items()
        }
        for e in found
    ]


def places(row: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Where both are or were, leaving out periods that hold on no day."""
    ids = [row["left_entry"], row["right_entry"]]
    held = Occupancy.objects.filter(resident__in=ids)
    listed = held.values_list("resident", "kind", "address", "starts_on", "ends_on", "record_id")
    return {one for one in listed if one[3] is None or one[3] != one[4]}


def test_pairs_wait_with_the_most_worthwhile_first(noon: datetime) -> None:
    queue = waiting(noon)
    assert queue.height > 3
    assert queue["worth"].to_list() == sorted(queue["worth"], reverse=True)


def test_same_joins_two_entries_at_once_and_the_smaller_leads_to_the_larger(
    noon: datetime,
) -> None:
    row = first_pair(noon)
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert judgement.state == JudgementState.IN_FORCE
    gone, kept = sorted(
        (row["left_entry"], row["right_entry"]),
        key=lambda entry: entry in {move["start"] for move in judgement.moves},
        reverse=True,
    )
    assert Resident.objects.get(pk=gone).ends_on == noon.date()
    assert Resident.objects.get(pk=kept).ends_on is None
    assert entry_behind("resident", gone) == kept
    spoken = LinkDecision.objects.filter(kind="resident", is_current=True)
    assert spoken.filter(entry_id=kept).count() == row["n_records"]
    assert not spoken.filter(entry_id=gone).exists()
    assert row["pair_id"] not in waiting(noon)["pair_id"]
    assert Entry.objects.filter(verb="pairs.same", subject_id=str(judgement.pk)).exists()


def test_undo_restores_both_entries_with_codes_history_and_occupancies(noon: datetime) -> None:
    row = first_pair(noon)
    before, lived = entries(row), places(row)
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert entries(row) != before
    assert places(row) != lived
    undo_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    assert entries(row) == before
    assert places(row) == lived
    assert not EntryLead.objects.filter(ends_at=None).exists()
    assert row["pair_id"] in waiting(noon)["pair_id"]
    assert PairDecision.objects.filter(judgement=judgement).exists(), "nothing is destroyed"


@pytest.mark.parametrize("verdict", ["same", "different"])
def test_the_next_run_keeps_what_a_person_decided(noon: datetime, verdict: str) -> None:
    row = first_pair(noon)
    decide_pair(actor=steward(), pair_id=row["pair_id"], verdict=verdict, now=noon)
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    for register in ("residents", "occupancies"):
        figures = run.figures[register]
        assert figures["n_new"] == figures["n_changed"] == figures["n_ended"] == 0, register
    assert row["pair_id"] not in waiting(noon)["pair_id"]


@pytest.mark.parametrize("verdict", ["different", "unsure"])
def test_different_and_unsure_leave_both_entries_alone_and_do_not_ask_again(
    noon: datetime, verdict: str
) -> None:
    row = first_pair(noon)
    before = entries(row)
    decide_pair(actor=steward(), pair_id=row["pair_id"], verdict=verdict, now=noon)
    assert entries(row) == before
    assert row["pair_id"] not in waiting(noon)["pair_id"]


def test_the_same_decision_sent_twice_is_kept_once(noon: datetime) -> None:
    row = first_pair(noon)
    first = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    again = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert again.pk == first.pk
    assert Judgement.objects.count() == 1


def test_the_second_steward_is_told_who_was_first(noon: datetime) -> None:
    row = first_pair(noon)
    decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="different", now=noon)
    with pytest.raises(PairDecided, match="staff:steward"):
        decide_pair(actor=other_steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert Judgement.objects.count() == 1


def test_what_is_no_verdict_is_refused_and_so_is_who_may_not_decide(noon: datetime) -> None:
    row = first_pair(noon)
    with pytest.raises(VerdictUnknown):
        decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="maybe", now=noon)
    nobody = replace(steward(), verbs=frozenset({"pairs.see"}))
    with pytest.raises(Refused):
        decide_pair(actor=nobody, pair_id=row["pair_id"], verdict="same", now=noon)


def test_a_large_merge_waits_for_another_steward(
    noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fangge.fusion.actions.review.planning.MOST_RECORDS_ALONE", 1)
    row = first_pair(noon)
    before = entries(row)
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert judgement.state == JudgementState.WAITING
    assert entries(row) == before
    assert row["pair_id"] not in waiting(noon)["pair_id"]
    with pytest.raises(OwnJudgement):
        confirm_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    confirm_judgement(actor=other_steward(), judgement_id=judgement.pk, now=noon)
    assert entries(row) != before
    with pytest.raises(JudgementSettled, match="staff:second"):
        confirm_judgement(actor=other_steward(), judgement_id=judgement.pk, now=noon)
    undo_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    assert entries(row) == before


def test_a_declined_merge_waits_in_the_queue_again(
    noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fangge.fusion.actions.review.planning.MOST_RECORDS_ALONE", 1)
    row = first_pair(noon)
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    decline_judgement(actor=other_steward(), judgement_id=judgement.pk, now=noon)
    assert row["pair_id"] in waiting(noon)["pair_id"]


def test_many_pairs_are_previewed_decided_and_undone_as_one(noon: datetime) -> None:
    rows = waiting(noon, kind="resident").sort("pair_id").head(2)
    chosen = rows["pair_id"].to_list()
    running = Resident.objects.filter(ends_on=None).count()
    pairs, plan = preview_pairs(actor=steward(), pair_ids=chosen, verdict="same", now=noon)
    assert pairs.height == len(chosen)
    assert Resident.objects.filter(ends_on=None).count() == running
    judgement = decide_pairs(actor=steward(), pair_ids=chosen, verdict="same", now=noon)
    assert Resident.objects.filter(ends_on=None).count() == running - len(plan.ends)
    undo_judgement(actor=other_steward(), judgement_id=judgement.pk, now=noon)
    assert Resident.objects.filter(ends_on=None).count() == running
    assert set(chosen) <= set(waiting(noon)["pair_id"])


def test_too_many_pairs_at_once_are_refused(noon: datetime) -> None:
    with pytest.raises(TooManyPairs):
        decide_pairs(actor=steward(), pair_ids=range(1, 500), verdict="same", now=noon)


def test_undo_takes_back_ones_own_last_decision(noon: datetime) -> None:
    first, second = waiting(noon, kind="resident")["pair_id"].head(2).to_list()
    decide_pair(actor=steward(), pair_id=first, verdict="different", now=noon)
    decide_pair(actor=other_steward(), pair_id=second, verdict="different", now=noon)
    assert undo_last(actor=steward(), now=noon).decided_by == steward().reference
    left = set(waiting(noon)["pair_id"])
    assert first in left
    assert second not in left


def test_what_was_decided_to_differ_is_not_joined_by_a_detour(noon: datetime) -> None:
    chain = waiting(noon, kind="resident").sort("pair_id")["pair_id"].head(3).to_list()
    decide_pair(actor=steward(), pair_id=chain[0], verdict="different", now=noon)
    detour = detour_around(chain[0], chain[1], noon)
    decide_pair(actor=steward(), pair_id=chain[1], verdict="same", now=noon)
    with pytest.raises(DecisionsContradict):
        decide_pair(actor=steward(), pair_id=detour, verdict="same", now=noon)


def detour_around(first: int, second: int, noon: datetime) -> int:
    """Offer the pair of both ends of a chain of two; give its number."""
    one, other = Pair.objects.get(pk=first), Pair.objects.get(pk=second)
    shared = {one.left_id, one.right_id} & {other.left_id, other.right_id}
    ends = sorted(({one.left_id, one.right_id} | {other.left_id, other.right_id}) - shared)
    parts = dict(LinkDecision.objects.filter(record_id__in=ends, kind="resident", is_current=True)
                 .values_list("record_id", "part"))  # fmt: skip
    rows = [(ends[0], parts[ends[0]], ends[1], parts[ends[1]], 1.0)]
    run = Run.objects.create(started_at=noon + timedelta(hours=1), started_by="test")
    keep_pairs(pl.DataFrame(rows, schema=SCHEMA, orient="row"), kind="resident", run=run)
    return Pair.objects.get(run=run).pk


def test_undo_out_of_turn_is_refused_with_what_to_do(noon: datetime) -> None:
    chain = waiting(noon, kind="resident").sort("pair_id")["pair_id"].head(3).to_list()
    judged = [
        decide_pair(actor=steward(), pair_id=pair_id, verdict="same", now=noon) for pair_id in chain
    ]
    moved = {(move["record"], move["part"]) for move in judged[-1].moves}
    under = next(
        (one for one in judged[:-1] if moved & {(m["record"], m["part"]) for m in one.moves}), None
    )
    for one in reversed(judged):
        undo_judgement(actor=steward(), judgement_id=one.pk, now=noon)
    assert set(chain) <= set(waiting(noon)["pair_id"])
    if under is not None:
        again = [
            decide_pair(actor=steward(), pair_id=pair_id, verdict="same", now=noon)
            for pair_id in chain
        ]
        with pytest.raises(UndoBlocked):
            undo_judgement(actor=steward(), judgement_id=again[judged.index(under)].pk, now=noon)


def test_organisations_join_and_part_as_residents_do(noon: datetime) -> None:
    offer_pairs(noon, kind="organisation", n_pairs=1)
    row = waiting(noon, kind="organisation").row(0, named=True)
    firms = Organisation.objects.filter(pk__in=[row["left_entry"], row["right_entry"]])
    before = list(firms.order_by("pk").values("code", "name", "address", "origins", "ends_on"))
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    assert firms.filter(ends_on=None).count() < len(before)
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    figures = run.figures["organisations"]
    assert figures["n_new"] == figures["n_changed"] == figures["n_ended"] == 0
    undo_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    after = list(firms.order_by("pk").values("code", "name", "address", "origins", "ends_on"))
    assert after == before
