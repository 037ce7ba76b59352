"""The link run: right against the truth, the same twice, undone with its batch."""

from datetime import datetime
from pathlib import Path

import pytest
from tests.makers import steward

from fangge.command.accuracy import measure_accuracy
from fangge.fusion.actions.ingest import roll_back_batch, stage_file
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.source import Batch, SourceRecord
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db


def test_the_main_job_is_right_against_the_truth(district: Path) -> None:
    measured = measure_accuracy(district)
    assert measured["address"]["top1"] > 0.97
    assert measured["address"]["right_when_asserted"] > 0.998
    assert measured["residents"]["precision"] > 0.998
    assert measured["residents"]["recall"] > 0.98


def test_every_field_of_a_resident_knows_its_record() -> None:
    resident = Resident.objects.exclude(identifier_hash=None).order_by("id")[0]
    assert {"name", "identifier", "birth_on"} <= set(resident.origins)
    records = SourceRecord.objects.filter(pk__in=resident.origins.values())
    assert records.count() == len(set(resident.origins.values()))


def test_a_second_run_changes_nothing(noon: datetime) -> None:
    decided = LinkDecision.objects.count()
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    for register in ("addresses", "residents", "dwellings", "organisations", "occupancies"):
        assert run.figures[register]["n_new"] == 0, register
        assert run.figures[register]["n_changed"] == 0, register
    assert LinkDecision.objects.count() == decided


def test_identifiers_of_entries_stay_when_a_source_is_taken_back(noon: datetime) -> None:
    codes = dict(Resident.objects.values_list("pk", "code"))
    running = Occupancy.objects.filter(ends_on=None, kind="tenant").count()
    for source in ("housing_dwellings", "tenancy_agreements"):
        batch = Batch.objects.get(source__code=source)
        roll_back_batch(actor=steward(), batch_id=batch.pk, reason="test", now=noon)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert dict(Resident.objects.values_list("pk", "code")).items() >= codes.items()
    assert running > 0
    assert Occupancy.objects.filter(ends_on=None, kind="tenant").count() == 0


def test_residents_that_only_a_batch_taken_back_spoke_of_end_and_come_back(
    district: Path, noon: datetime
) -> None:
    running = Resident.objects.filter(ends_on=None).count()
    for source in ("police_population", "health_population"):
        batch = Batch.objects.get(source__code=source)
        roll_back_batch(actor=steward(), batch_id=batch.pk, reason="test", now=noon)
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert run.figures["residents"]["n_ended"] > running / 3
    assert Resident.objects.count() >= running
    stage_file(
        actor=steward(),
        source_code="police_population",
        path=district / "police_population.csv",
        tell=lambda _: None,
        now=noon,
    )
    codes = set(Resident.objects.values_list("code", flat=True))
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert Resident.objects.filter(ends_on=None).count() > running * 0.8
    assert codes <= set(Resident.objects.values_list("code", flat=True))
