"""Taking a record out of an entry, and asking a decided pair again when its evidence changed."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.fangge.fusion.doubts import offer_pairs
from tests.makers import steward

from fangge.fusion.actions.ingest import stage_file
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.review.decide import decide_pair
from fangge.fusion.actions.review.settle import undo_judgement
from fangge.fusion.actions.review.takeout import NothingElseThere, RecordElsewhere, take_out
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.source import SourceRecord
from fangge.fusion.queries.decisions import decided_pairs
from fangge.fusion.queries.pairs import open_pairs
from fangge.registers.models.resident import Resident
from fangge.registers.queries.leads import entry_behind

pytestmark = pytest.mark.django_db


def entry_of_many() -> tuple[int, list[tuple[int, str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry_id FROM fusion_linkdecision WHERE kind = 'resident' AND is_current "
            "GROUP BY entry_id HAVING count(*) >= 3 ORDER BY entry_id LIMIT 1"
        )
        entry = cursor.fetchone()[0]
    parts = LinkDecision.objects.filter(kind="resident", entry_id=entry, is_current=True)
    return entry, list(parts.order_by("record_id", "part").values_list("record_id", "part"))


def take_first(now: datetime) -> tuple[int, tuple[int, str], Any]:
    entry, parts = entry_of_many()
    record_id, part = parts[0]
    judgement = take_out(
        actor=steward(), kind="resident", entry_id=entry, record_id=record_id, part=part, now=now
    )
    return entry, parts[0], judgement


def spoken_of(record_id: int, part: str) -> int | None:
    return LinkDecision.objects.get(
        kind="resident", record_id=record_id, part=part, is_current=True
    ).entry_id


def test_a_record_taken_out_speaks_of_an_entry_of_its_own(noon: datetime) -> None:
    entry, (record_id, part), _ = take_first(noon)
    own = spoken_of(record_id, part)
    assert own is not None
    assert own != entry
    assert Resident.objects.get(pk=own).ends_on is None
    assert Resident.objects.get(pk=entry).ends_on is None
    assert set(Resident.objects.get(pk=own).origins.values()) == {record_id}


def test_the_next_run_leaves_it_out_and_changes_nothing(noon: datetime) -> None:
    _, (record_id, part), _ = take_first(noon)
    own = spoken_of(record_id, part)
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert spoken_of(record_id, part) == own
    figures = run.figures["residents"]
    assert figures["n_new"] == figures["n_changed"] == figures["n_ended"] == 0


def test_taking_out_is_undone_and_the_second_time_takes_up_the_same_entry(noon: datetime) -> None:
    entry, (record_id, part), judgement = take_first(noon)
    own = spoken_of(record_id, part)
    assert own is not None
    undo_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    assert spoken_of(record_id, part) == entry
    assert entry_behind("resident", own) == entry
    take_out(
        actor=steward(), kind="resident", entry_id=entry, record_id=record_id, part=part, now=noon
    )
    assert spoken_of(record_id, part) == own


def test_what_is_not_there_or_stands_alone_is_not_taken_out(noon: datetime) -> None:
    entry, (record_id, part), _ = take_first(noon)
    asked: dict[str, Any] = {"actor": steward(), "kind": "resident", "part": part, "now": noon}
    with pytest.raises(RecordElsewhere):
        take_out(entry_id=entry, record_id=record_id, **asked)
    own = spoken_of(record_id, part)
    assert own is not None
    with pytest.raises(NothingElseThere):
        take_out(entry_id=own, record_id=record_id, **asked)


def stage_renamed(district: Path, folder: Path, person_no: str, name: str, now: datetime) -> None:
    """Send the police extract again with another name for one person."""
    # The extract has bytes that no encoding knows, on purpose.
    lines = (district / "police_population.csv").read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{person_no},".encode()))
    cells = lines[at].split(b",")
    cells[1] = name.encode("gb18030")
    lines[at] = b",".join(cells)
    path = folder / "police_population.csv"
    path.write_bytes(b"".join(lines))
    stage_file(
        actor=steward(),
        source_code="police_population",
        path=path,
        tell=lambda *_: None,
        now=now,
    )


def test_a_pair_comes_back_with_what_changed_and_the_decision_holds_meanwhile(
    noon: datetime, district: Path, tmp_path: Path
) -> None:
    offer_pairs(noon, n_pairs=1)
    row = open_pairs(steward(), now=noon, kind="resident").row(0, named=True)
    decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="different", now=noon)
    record = SourceRecord.objects.get(pk=row["left"])
    assert record.source.code == "police_population"
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert open_pairs(steward(), now=noon, kind="resident").is_empty(), (
        "nothing changed, nothing is asked again"
    )
    other = SourceRecord.objects.get(pk=row["right"])
    person_no, name = record.payload["person_no"], other.payload["name"]
    stage_renamed(district, tmp_path, person_no, name, noon)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    back = open_pairs(steward(), now=noon, changed="1")
    assert back.height == 1
    assert '"name"' in back["changed"][0]
    newest = SourceRecord.objects.filter(key_hash=record.key_hash, replaced_by_batch=None).get()
    assert newest.pk != record.pk
    assert newest.pk in {back["left"][0], back["right"][0]}
    assert decided_pairs(kind="resident").select("is_same").to_series().to_list() == [False]
    decide_pair(actor=steward(), pair_id=back["pair_id"][0], verdict="same", now=noon)
    assert decided_pairs(kind="resident")["is_same"].to_list() == [True]
    assert open_pairs(steward(), now=noon, kind="resident").is_empty()


def test_what_was_the_same_and_is_found_different_parts_into_both_entries_again(
    noon: datetime, district: Path, tmp_path: Path
) -> None:
    offer_pairs(noon, n_pairs=1)
    row = open_pairs(steward(), now=noon, kind="resident").row(0, named=True)
    decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    record, other = (SourceRecord.objects.get(pk=row[side]) for side in ("left", "right"))
    person_no, name = record.payload["person_no"], other.payload["name"]
    stage_renamed(district, tmp_path, person_no, name, noon)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    back = open_pairs(steward(), now=noon, changed="1").row(0, named=True)
    assert back["left_entry"] == back["right_entry"]
    judgement = decide_pair(actor=steward(), pair_id=back["pair_id"], verdict="different", now=noon)
    assert {move["end"] for move in judgement.moves} <= {row["left_entry"], row["right_entry"]}
    running = Resident.objects.filter(pk__in=[row["left_entry"], row["right_entry"]], ends_on=None)
    assert running.count() == 2
    undo_judgement(actor=steward(), judgement_id=judgement.pk, now=noon)
    assert running.count() == 1
    assert back["pair_id"] in open_pairs(steward(), now=noon, kind="resident")["pair_id"]
