"""Emergency access: a wider area, for three hours, seen by the person's reviewer."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.makers import make_staff

from fangge.access.actions.emergency import (
    EmergencyReviewed,
    EmergencyRuns,
    ReasonTooShort,
    end_emergency,
    review_emergency,
    take_emergency,
)
from fangge.access.models import EmergencyAccess, StaffMember
from fangge.access.queries import actor_for, find_emergency
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Refused
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db
REASON = "燃气泄漏，需要联系隔壁社区住户撤离"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def officer() -> StaffMember:
    area = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
    make_staff(Role.COMMUNITY_OFFICER, area=area, username="officer-1")
    return StaffMember.objects.get(username="officer-1")


def district() -> Area:
    return Area.objects.get(kind="district", ends_on=None)


def take(officer: StaffMember, now: datetime) -> EmergencyAccess:
    actor = actor_for(officer, now=now)
    return take_emergency(actor=actor, staff=officer, area=district(), reason=REASON, now=now)


def test_it_widens_the_area_and_not_the_rights_and_ends_by_itself(
    officer: StaffMember, noon: datetime
) -> None:
    before = actor_for(officer, now=noon)
    taken = take(officer, noon)
    during = actor_for(officer, now=noon + timedelta(hours=2, minutes=59))
    assert before.grid_ids is not None
    assert during.grid_ids is not None
    assert before.grid_ids < during.grid_ids
    assert during.verbs == before.verbs
    assert during.emergency_until == taken.ends_at
    after = actor_for(officer, now=noon + timedelta(hours=3))
    assert (after.grid_ids, after.emergency_until) == (before.grid_ids, None)


def test_it_is_in_the_ledger_from_its_first_moment(officer: StaffMember, noon: datetime) -> None:
    taken = take(officer, noon)
    entry = Entry.objects.get(verb="emergency.take", subject_id=str(taken.pk))
    assert (entry.actor, entry.reason) == ("staff:officer-1", REASON)


def test_it_needs_a_reason_and_is_one_at_a_time(officer: StaffMember, noon: datetime) -> None:
    actor = actor_for(officer, now=noon)
    with pytest.raises(ReasonTooShort):
        take_emergency(actor=actor, staff=officer, area=district(), reason="急", now=noon)
    take(officer, noon)
    with pytest.raises(EmergencyRuns):
        take(officer, noon + timedelta(hours=1))
    end_emergency(actor=actor, staff=officer, now=noon + timedelta(hours=1))
    take(officer, noon + timedelta(hours=1, minutes=1))


def test_the_database_too_lets_none_last_longer(officer: StaffMember, noon: datetime) -> None:
    taken = take(officer, noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.filter(pk=taken.pk).update(ends_at=noon + timedelta(hours=4))


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SECURITY_ADMINISTRATOR, Role.ANALYST])
def test_only_who_works_in_the_field_takes_it(role: Role, noon: datetime) -> None:
    actor = make_staff(role, username="other")
    staff = StaffMember.objects.get(username="other")
    with pytest.raises(Refused):
        take_emergency(actor=actor, staff=staff, area=district(), reason=REASON, now=noon)


def test_somebody_else_reviews_it_once_when_it_has_ended(
    officer: StaffMember, noon: datetime
) -> None:
    taken, auditor = take(officer, noon), make_staff(Role.AUDITOR, username="auditor-1")
    later = noon + timedelta(hours=4)

    def review(actor: Actor, *, was_right: bool, review: str = "", now: datetime = later) -> None:
        review_emergency(
            actor=actor, emergency_id=taken.pk, was_right=was_right, review=review, now=now
        )

    with pytest.raises(Conflict):
        review(auditor, was_right=True, now=noon + timedelta(hours=1))
    own = actor_for(officer, now=later)
    both = Actor(own.reference, own.name, own.roles, own.verbs | auditor.verbs, own.grid_ids)
    with pytest.raises(Refused):
        review(both, was_right=True)
    with pytest.raises(ReasonTooShort):
        review(auditor, was_right=False)
    review(auditor, was_right=False, review="与所述情形无关")
    with pytest.raises(EmergencyReviewed):
        review(auditor, was_right=True)
    assert find_emergency(actor=auditor, emergency_id=taken.pk).was_right is False


def test_a_record_out_of_the_area_opens_and_stands_under_the_review(
    client: Client, officer: StaffMember
) -> None:
    own = actor_for(officer, now=clock.now()).grid_ids or frozenset()
    found = Resident.objects.filter(ends_on=None, occupancies__grid_id__isnull=False)
    far = found.exclude(occupancies__grid_id__in=own).order_by("id")[0]
    client.force_login(officer, backend=BACKEND)
    page = f"/registers/residents/{far.pk}"
    assert client.get(page).status_code == 404
    typed = {"area": str(district().pk), "reason": REASON}
    assert client.post("/access/emergency", typed | {"reason": "急"}).status_code == 422
    assert client.post("/access/emergency", typed).status_code == 302
    shown = client.get(page)
    assert shown.status_code == 200
    assert "紧急访问至" in shown.content.decode()
    taken = EmergencyAccess.objects.get(staff=officer)
    client.post("/access/emergency/end")
    assert client.get(page).status_code == 404
    make_staff(Role.AUDITOR, username="auditor-1")
    client.force_login(StaffMember.objects.get(username="auditor-1"), backend=BACKEND)
    assert "待复核" in client.get("/access/emergencies/").content.decode()
    review = client.get(f"/access/emergencies/{taken.pk}").content.decode()
    assert far.code in review
    assert "residents.see" in review
