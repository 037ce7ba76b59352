"""Dwellings in the link run: found by their home or number; joined, parted, as of a day."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.fangge.fusion.doubts import SCHEMA
from tests.makers import steward

from fangge.command.accuracy import measure_accuracy
from fangge.fusion.actions.ingest import roll_back_batch, stage_file
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.merge import keep_pairs
from fangge.fusion.actions.review.decide import decide_pair
from fangge.fusion.actions.review.settle import undo_last
from fangge.fusion.actions.review.takeout import take_out
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.run import Pair, Run
from fangge.fusion.models.source import Batch
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.queries.asof import AsOf
from fangge.registers.queries.entries import as_it_was
from fangge.registers.queries.labels import lead_of
from fangge.registers.queries.timeline import FIELDS, changes_of

pytestmark = pytest.mark.django_db
SPOKEN = LinkDecision.objects.filter(kind="dwelling", is_current=True)


def records_of(dwelling: Dwelling) -> set[int]:
    return set(SPOKEN.filter(entry_id=dwelling.pk).values_list("record_id", flat=True))


def offer_pair(left: Dwelling, right: Dwelling, now: datetime) -> Pair:
    one, other = sorted((min(records_of(left)), min(records_of(right))))
    rows = [(one, "dwelling", other, "dwelling", 1.0)]
    run = Run.objects.create(started_at=now, started_by="test", ended_at=now)
    keep_pairs(pl.DataFrame(rows, schema=SCHEMA, orient="row"), kind="dwelling", run=run)
    return Pair.objects.get(kind="dwelling", left_id=one, right_id=other)


def seen(dwelling: Dwelling) -> dict[str, object]:
    return Dwelling.objects.filter(pk=dwelling.pk).values().get() | {"changed_at": None}


def test_dwellings_are_right_against_the_truth(district: Path) -> None:
    measured = measure_accuracy(district)["dwellings"]
    assert measured["precision"] > 0.999
    assert measured["recall"] > 0.985


def test_a_dwelling_knows_the_record_of_each_field_and_its_code_stays(noon: datetime) -> None:
    codes = dict(Dwelling.objects.values_list("pk", "code"))
    home = Dwelling.objects.filter(holds_address=True).exclude(number="").order_by("id")[0]
    assert set(home.origins) == {"address_code", "number", "use", "floor_area_m2"}
    assert set(home.origins.values()) <= records_of(home)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon, is_full=True)
    assert dict(Dwelling.objects.values_list("pk", "code")) == codes


def test_a_record_that_stops_at_the_unit_joins_the_home_with_its_number() -> None:
    by_number = SPOKEN.filter(method="score").values_list("entry_id", flat=True)
    homes = Dwelling.objects.filter(pk__in=by_number, holds_address=True)
    assert homes.exists()
    read = LinkDecision.objects.filter(kind="address", is_current=True, part="dwelling")
    places = set(read.filter(record_id__in=records_of(homes[0])).values_list("entry_id", flat=True))
    assert homes[0].address_id in places
    assert len(places) > 1


def test_an_address_has_one_dwelling_that_holds_it() -> None:
    held = Dwelling.objects.filter(holds_address=True).values_list("address_id", flat=True)
    assert len(held) == len(set(held))


def test_a_home_joined_with_a_doubtful_one_holds_its_address_and_is_parted_again(
    noon: datetime,
) -> None:
    home = Dwelling.objects.filter(holds_address=True, ends_on=None).order_by("id")[0]
    doubtful = Dwelling.objects.filter(holds_address=False, ends_on=None).order_by("id")[0]
    before = seen(home), seen(doubtful), records_of(home), records_of(doubtful)
    pair = offer_pair(home, doubtful, noon)
    decide_pair(actor=steward(), pair_id=pair.pk, verdict="same", now=noon)
    joined = records_of(home) | records_of(doubtful)
    assert joined == before[2] | before[3]
    standing = Dwelling.objects.get(pk__in=[home.pk, doubtful.pk], ends_on=None)
    assert standing.holds_address
    assert standing.address_id == home.address_id
    gone = doubtful if standing.pk == home.pk else home
    lead = lead_of("dwelling", gone.pk)
    assert lead is not None
    assert lead.entry_id == standing.pk
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert run.figures["dwellings"]["n_new"] == 0
    assert records_of(standing) == joined
    undo_last(actor=steward(), now=noon + timedelta(minutes=1))
    assert (seen(home), seen(doubtful), records_of(home), records_of(doubtful)) == before
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon + timedelta(minutes=2))
    assert (records_of(home), records_of(doubtful)) == before[2:]


def test_a_record_taken_out_of_a_home_speaks_of_another_and_the_home_holds_on(
    noon: datetime,
) -> None:
    home = next(
        one
        for one in Dwelling.objects.filter(holds_address=True, ends_on=None).order_by("id")
        if len(records_of(one)) == 2
    )
    kept, out = sorted(records_of(home))
    take_out(
        actor=steward(), kind="dwelling", entry_id=home.pk, record_id=out, part="dwelling", now=noon
    )
    assert records_of(home) in ({kept}, {out})
    parted = SPOKEN.filter(record_id__in={kept, out} - records_of(home))
    other = Dwelling.objects.get(pk__in=parted.values("entry_id"))
    assert not other.holds_address
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert run.figures["dwellings"]["n_new"] == run.figures["dwellings"]["n_ended"] == 0
    assert SPOKEN.filter(record_id__in=[kept, out]).values("entry_id").distinct().count() == 2


def test_tenancies_are_right_against_the_truth(district: Path) -> None:
    measured = measure_accuracy(district)["tenancies"]
    assert measured["precision"] > 0.999
    assert measured["recall"] > 0.95


def test_a_tenancy_that_was_renewed_is_two_in_turn_each_with_its_records() -> None:
    renewed = Occupancy.objects.filter(kind="tenant", turn=1).order_by("id")
    assert renewed.count() > 2
    for second in renewed:
        first = Occupancy.objects.get(
            kind="tenant", resident=second.resident_id, address=second.address_id, turn=0
        )
        assert first.starts_on is not None
        assert second.starts_on is not None
        assert first.starts_on < second.starts_on
        for one in (first, second):
            spoken = set(
                LinkDecision.objects.filter(
                    kind="tenancy", is_current=True, entry_id=one.pk
                ).values_list("record_id", flat=True)
            )
            assert one.record_id in spoken
    assert all(
        home.address_id in set(renewed.values_list("address_id", flat=True))
        for home in Dwelling.objects.filter(
            holds_address=True, address__in=renewed.values("address")
        )
    )


def test_agreements_that_come_again_late_take_their_turns_as_before(
    district: Path, noon: datetime
) -> None:
    said = ("id", "resident_id", "address_id", "turn", "starts_on", "ends_on")
    tenants = Occupancy.objects.filter(kind="tenant").order_by("id")
    held = list(tenants.values(*said))
    batch = Batch.objects.get(source__code="tenancy_agreements")
    roll_back_batch(actor=steward(), batch_id=batch.pk, reason="test", now=noon)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert not tenants.filter(turn=1, ends_on=None).exists()
    assert EntryChange.objects.filter(kind="occupancy", changed_at=noon).exists()
    stage_file(
        actor=steward(),
        source_code="tenancy_agreements",
        path=district / "tenancy_agreements.csv",
        tell=lambda _: None,
        now=noon,
    )
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon + timedelta(hours=1))
    known = tenants.filter(pk__in=[one["id"] for one in held])
    assert list(known.values(*said)) == held
    # Without the agreements a few dwellings stood at their unit; nothing runs there any longer.
    assert not tenants.exclude(pk__in=known).filter(ends_on=None).exists()


def test_a_dwelling_is_told_as_it_was_and_what_changed(noon: datetime) -> None:
    home = Dwelling.objects.filter(holds_address=True, ends_on=None).order_by("id")[0]
    area = home.floor_area_m2
    doubtful = Dwelling.objects.filter(holds_address=False, ends_on=None).order_by("id")[0]
    later = noon + timedelta(days=400)
    pair = offer_pair(home, doubtful, later)
    decide_pair(actor=steward(), pair_id=pair.pk, verdict="same", now=later)
    told = [
        one for home_id in (doubtful.pk, home.pk) for one in changes_of(EntryKind.DWELLING, home_id)
    ]
    assert FIELDS["ends_on"] in [value.field for change in told for value in change.former]
    day = (noon + timedelta(days=300)).date()
    was = as_it_was(Dwelling.objects.get(pk=home.pk), AsOf(day, day))
    assert was.floor_area_m2 == area
    assert was.ends_on is None
