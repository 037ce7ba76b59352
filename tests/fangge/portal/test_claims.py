import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from tests.fangge.portal.visiting import number_of, residents, visit_as
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.fusion.actions.requests.asking import EventRefused
from fangge.fusion.actions.requests.deciding import approve_request, refuse_request
from fangge.portal.actions.claims import (
    ClaimDecided,
    ClaimUnclear,
    claim_correction,
    claim_deletion,
    rule_claim,
)
from fangge.portal.actions.copies import take_copy
from fangge.portal.queries.claims import claims_of, list_claims
from fangge.registers.models.resident import Resident
from fangge.registers.queries.matters import is_about, matters_about

pytestmark = pytest.mark.django_db


def test_a_correction_goes_the_way_of_every_change_and_its_outcome_is_seen(
    noon: datetime,
) -> None:
    (resident,) = residents(1)
    steward = make_staff(Role.STEWARD, username="decider")
    _, visit = visit_as(resident, noon)
    claims = [
        claim_correction(
            visit=visit, values={"name": name}, text="户口簿为证", token=uuid4(), now=noon
        )
        for name in ("陆更正", "陆再正")
    ]
    assert claims[0].due_on.isoformat() == "2026-12-14"
    assert claims[0].request_id
    assert claims[1].request_id
    approve_request(actor=steward, request_id=claims[0].request_id, now=noon)
    refuse_request(actor=steward, request_id=claims[1].request_id, reason="凭据不足", now=noon)
    assert Resident.objects.get(pk=resident.pk).name == "陆更正"
    second, first = claims_of(visit, now=noon)
    assert (first.outcome, second.outcome, second.ruling) == ("granted", "refused", "凭据不足")


def test_a_correction_without_a_field_or_a_reason_is_told_so(noon: datetime) -> None:
    (resident,) = residents(1)
    _, visit = visit_as(resident, noon)
    with pytest.raises(EventRefused) as told:
        claim_correction(visit=visit, values={}, text="", token=uuid4(), now=noon)
    assert {field for field, _ in told.value.faults} == {"name", "reason"}


def test_a_copy_holds_ones_own_data_with_sources_and_nobody_elses(noon: datetime) -> None:
    resident, other = residents()
    _, visit = visit_as(resident, noon)
    body = take_copy(visit=visit, form="json", now=noon).body
    told = json.loads(body)
    held = {one["field"]: one for one in told["facts"]}
    assert held["identifier"]["value"] == number_of(resident)
    assert held["name"]["source"]
    assert told["records"]
    assert told["places"][0]["source"]
    assert resident.code in told["made_for"]
    assert number_of(other) not in body.decode()
    page = take_copy(visit=visit, form="html", now=noon).body.decode()
    assert number_of(resident) in page
    assert resident.code in page
    assert Entry.objects.filter(verb="claims.copy", subject_id=resident.code).count() == 2


def test_a_look_at_the_residents_wish_is_tied_to_the_claim(noon: datetime) -> None:
    resident, other = residents()
    office = make_staff(Role.STEWARD, username="office")
    _, visit = visit_as(resident, noon)
    claim = claim_deletion(visit=visit, text="已搬走", token=uuid4(), now=noon)
    (matter,) = matters_about(actor=office, resident_id=resident.pk, purpose="request")
    assert matter.reference == f"claim:{claim.pk}"
    assert is_about(actor=office, reference=matter.reference, resident_id=resident.pk)
    assert not is_about(actor=office, reference=matter.reference, resident_id=other.pk)
    worker = make_staff(Role.GRID_WORKER, username="no-office")
    assert not is_about(actor=worker, reference=matter.reference, resident_id=resident.pk)


def test_a_refused_deletion_names_its_ground_and_is_decided_once(noon: datetime) -> None:
    (resident,) = residents(1)
    office = make_staff(Role.STEWARD, username="office")
    _, visit = visit_as(resident, noon)
    claim = claim_deletion(visit=visit, text="已搬走", token=uuid4(), now=noon)
    again = claim_deletion(visit=visit, text="已搬走！", token=uuid4(), now=noon)
    assert claim.pk == again.pk
    with pytest.raises(ClaimUnclear):
        rule_claim(
            actor=office, claim_id=claim.pk, outcome="refused", ground="", text="不行", now=noon
        )
    (late,) = list_claims(actor=office, state="overdue", now=noon + timedelta(days=30))
    assert late.is_overdue
    for _ in range(2):
        try:
            rule_claim(
                actor=office,
                claim_id=claim.pk,
                outcome="refused",
                ground="public_duty",
                text="户籍登记为法定职责",
                now=noon,
            )
        except ClaimDecided:
            break
    else:
        pytest.fail("it was decided twice")
    (told,) = claims_of(visit, now=noon)
    assert (told.outcome, told.ruling) == ("refused", "户籍登记为法定职责")
    assert told.ground
