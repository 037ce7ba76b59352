import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from tests.fangge.portal.visiting import number_of, residents, visit_as
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.own import own_records
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.source import SourceRecord
from fangge.kernel.actor import Actor, system_actor
from fangge.portal.actions.claims import claim_correction, claim_deletion, rule_claim
from fangge.portal.models.code import AccessCode
from fangge.registers.models.change import EntryChange
from fangge.registers.models.resident import Resident
from fangge.registers.queries.own import own_entry
from fangge.retention.actions import (
    HeldBack,
    erase_again,
    erase_at_request,
    hold_resident,
    release_hold,
    run_retention,
)
from fangge.retention.models import Erasure
from fangge.retention.queries.erasers import all_erasers
from fangge.retention.rules import KINDS, is_kept

pytestmark = pytest.mark.django_db
LONG = timedelta(days=6 * 365)


def keeper() -> Actor:
    return system_actor("retention", verbs=("retention.run",))


def run(now: datetime) -> dict[str, int]:
    return run_retention(actor=keeper(), tell=lambda *_: None, now=now)


def let_leave(resident: Resident, now: datetime) -> None:
    Resident.objects.filter(pk=resident.pk).update(ends_on=now.date())


def test_every_kind_with_a_clock_has_an_eraser_and_the_reverse() -> None:
    assert {one.kind for one in all_erasers()} == {kind for kind in KINDS if not is_kept(kind)}


def test_every_personal_table_is_of_a_kind() -> None:
    """A table with sealed columns or of a resident is erased by somebody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND (column_name LIKE '%sealed' "
            "OR column_name IN ('resident_id', 'resident_code'))"
        )
        tables = {row[0] for row in cursor.fetchall()}
    erased = {one.holding().model._meta.db_table for one in all_erasers()}  # noqa: SLF001 - Django's documented interface
    with_another = {
        "registers_occupancy": "resident_left",
        "portal_visit": "access_code",
        "portal_lookanswer": "look_question",
        "cases_casestep": "case_ended",
        "cases_caserating": "case_ended",
        "cases_caseproposal": "no person's",
        "cases_casesorting": "no person's",
        "portal_claimruling": "rights_claim",
        "retention_hold": "ends with the hold",
        "registers_organisation": "no person's",
    }
    assert tables <= erased | set(with_another)


def test_who_left_long_ago_is_erased_with_the_rows_and_it_is_proven(noon: datetime) -> None:
    resident, other = residents()
    number, name = number_of(resident), resident.name
    records = [
        one.record_id for one in LinkDecision.objects.filter(kind="resident", entry_id=resident.pk)
    ]
    let_leave(resident, noon)
    assert run(noon + timedelta(days=5 * 365))["resident_left"] == 0
    later = noon + LONG
    assert run(later)["resident_left"] == 1
    resident.refresh_from_db()
    assert (resident.name, resident.identifier_hash, resident.birth_on) == ("", None, None)
    assert not own_records(resident_id=resident.pk)
    held = own_entry(resident.pk)
    assert held is not None
    assert not held.places
    assert not held.changes
    texts = [str(one.payload) for one in SourceRecord.objects.filter(pk__in=records)]
    assert not any(number in text or name in text for text in texts)
    assert Resident.objects.get(pk=other.pk).name == other.name
    kept = Entry.objects.get(verb="retention.erase", subject_id__startswith="resident_left")
    hashes = sorted(
        bytes(one.reference_hash) for one in Erasure.objects.filter(kind="resident_left")
    )
    assert f"sha256={hashlib.sha256(b''.join(hashes)).hexdigest()}" in kept.reason
    assert "n=1 " in kept.reason
    assert number not in kept.reason
    assert run(later)["resident_left"] == 0


def test_who_was_erased_does_not_come_back_with_the_next_link_run(noon: datetime) -> None:
    resident, _ = residents()
    n_before = Resident.objects.filter(ends_on=None).count()
    erase_at_request(
        actor=keeper(), kind="resident_left", ids=[resident.pk], reason="test", now=noon
    )
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon, is_full=True)
    assert Resident.objects.get(pk=resident.pk).name == ""
    assert Resident.objects.filter(ends_on=None).count() == n_before - 1


def test_a_hold_or_what_is_open_holds_back(noon: datetime) -> None:
    resident, other = residents()
    steward = make_staff(Role.STEWARD, username="holder")
    let_leave(resident, noon)
    held = hold_resident(actor=steward, resident_code=resident.code, reason="诉讼中", now=noon)
    later = noon + LONG
    assert run(later)["resident_left"] == 0
    release_hold(actor=steward, hold_id=held.pk, now=noon)
    assert run(later)["resident_left"] == 1
    _, visit = visit_as(other, noon)
    claim_correction(visit=visit, values={"name": "陆改"}, text="证", token=uuid4(), now=noon)
    with pytest.raises(HeldBack, match="request"):
        erase_at_request(
            actor=keeper(), kind="resident_left", ids=[other.pk], reason="test", now=noon
        )


def test_a_deletion_that_is_granted_erases_at_once(noon: datetime) -> None:
    (resident,) = residents(1)
    _, visit = visit_as(resident, noon)
    claim = claim_deletion(visit=visit, text="已搬走", token=uuid4(), now=noon)
    rule_claim(
        actor=make_staff(Role.STEWARD, username="office"),
        claim_id=claim.pk,
        outcome="granted",
        ground="",
        text="已删除",
        now=noon,
    )
    assert Resident.objects.get(pk=resident.pk).name == ""


def test_codes_and_old_values_go_and_younger_ones_stay(noon: datetime) -> None:
    (resident,) = residents(1)
    visit_as(resident, noon)
    visit_as(resident, noon + timedelta(days=20))
    EntryChange.objects.create(
        kind="resident", entry_id=resident.pk, changed_at=noon - LONG, actor="x", former={}
    )
    told = run(noon + timedelta(days=31))
    assert (told["access_code"], told["resident_history"]) == (1, 1)
    assert AccessCode.objects.count() == 1


def test_what_the_journal_knows_is_erased_again_and_nothing_else(noon: datetime) -> None:
    resident, other = residents()
    before = Resident.objects.filter(pk=resident.pk).values().get()
    erase_at_request(
        actor=keeper(), kind="resident_left", ids=[resident.pk], reason="test", now=noon
    )
    (erasure,) = Erasure.objects.all()
    known = {("resident_left", bytes(erasure.reference_hash).hex())}
    Resident.objects.filter(pk=resident.pk).update(**before)
    assert erase_again(actor=keeper(), known=known, now=noon)["resident_left"] == 1
    assert Resident.objects.get(pk=resident.pk).name == ""
    assert Resident.objects.get(pk=other.pk).name
    # Another row of the same number, made after a restore, is not the one that was erased.
    Resident.objects.filter(pk=resident.pk).update(**before | {"recorded_at": noon + LONG})
    assert erase_again(actor=keeper(), known=known, now=noon)["resident_left"] == 0


def test_the_page_shows_clocks_and_holds_and_the_reference_is_generated() -> None:
    from fangge.command.docs import write_pages

    page = write_pages()["retention.md"]
    for kind in KINDS.values():
        assert kind.title in page
        assert kind.basis in page


def test_the_journal_lies_beside_the_database(
    noon: datetime, django_capture_on_commit_callbacks: object, settings: object, tmp_path: Path
) -> None:
    settings.FANGGE_DATA = tmp_path  # type: ignore[attr-defined]
    (resident,) = residents(1)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        erase_at_request(
            actor=keeper(), kind="resident_left", ids=[resident.pk], reason="test", now=noon
        )
    text = (tmp_path / "erasures.jsonl").read_text(encoding="utf-8")
    assert bytes(Erasure.objects.get().reference_hash).hex() in text
    assert resident.code not in text
