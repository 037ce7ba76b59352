"""Handing over, standing in and ending; and the three administrators kept apart."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from tests.makers import make_staff

from fangge.access.actions.assigning import (
    AssignmentOver,
    EndNotTaken,
    OwnRights,
    RolesApart,
    end_assignment,
    hand_over,
)
from fangge.access.actions.staff import assign_role
from fangge.access.models import Assignment, StaffMember
from fangge.access.queries import actor_for
from fangge.access.rules import ADMINISTRATORS, VERBS, Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def grids() -> list[Area]:
    return list(Area.objects.filter(kind="grid").order_by("id")[:2])


@pytest.fixture
def office() -> Actor:
    return make_staff(Role.SECURITY_ADMINISTRATOR, username="office")


def person(username: str) -> StaffMember:
    return StaffMember.objects.get(username=username)


def held_by(username: str) -> Assignment:
    return Assignment.objects.filter(staff__username=username).order_by("-id")[0]


def test_a_stand_in_reaches_what_is_handed_over_until_its_end(
    grids: list[Area], noon: datetime
) -> None:
    away = make_staff(Role.GRID_WORKER, area=grids[0], username="away")
    make_staff(Role.GRID_WORKER, area=grids[1], username="colleague")
    until = noon + timedelta(days=14)
    hand_over(
        actor=away, assignment_id=held_by("away").pk, to_username="colleague", until=until, now=noon
    )
    both = frozenset({grids[0].pk, grids[1].pk})
    assert actor_for(person("colleague"), now=noon).grid_ids == both
    assert actor_for(person("away"), now=noon).grid_ids == frozenset({grids[0].pk})
    assert actor_for(person("colleague"), now=until).grid_ids == frozenset({grids[1].pk})
    assert Entry.objects.filter(verb="staff.hand_over", subject_id="colleague").count() == 1
    with pytest.raises(AssignmentOver):
        hand_over(
            actor=actor_for(person("colleague"), now=noon),
            assignment_id=held_by("colleague").pk,
            to_username="away",
            now=noon,
        )


def test_what_is_handed_over_for_good_is_ones_own_no_longer(
    grids: list[Area], noon: datetime
) -> None:
    leaving = make_staff(Role.GRID_WORKER, area=grids[0], username="leaving")
    make_staff(Role.GRID_WORKER, area=grids[0], username="coming")
    person("coming").assignments.all().update(ends_at=noon)
    hand_over(actor=leaving, assignment_id=held_by("leaving").pk, to_username="coming", now=noon)
    assert actor_for(person("leaving"), now=noon).verbs == frozenset()
    assert actor_for(person("coming"), now=noon).grid_ids == frozenset({grids[0].pk})


@pytest.mark.parametrize("days", [-1, 0, 93])
def test_a_stand_in_ends_within_three_months(grids: list[Area], noon: datetime, days: int) -> None:
    away = make_staff(Role.GRID_WORKER, area=grids[0], username="away")
    make_staff(Role.GRID_WORKER, area=grids[1], username="colleague")
    with pytest.raises(EndNotTaken):
        hand_over(
            actor=away,
            assignment_id=held_by("away").pk,
            to_username="colleague",
            until=noon + timedelta(days=days),
            now=noon,
        )


def test_nobody_hands_over_what_another_holds(grids: list[Area], noon: datetime) -> None:
    make_staff(Role.GRID_WORKER, area=grids[0], username="holder")
    stranger = make_staff(Role.GRID_WORKER, area=grids[1], username="stranger")
    with pytest.raises(Missing):
        hand_over(
            actor=stranger,
            assignment_id=held_by("holder").pk,
            to_username="stranger",
            until=noon + timedelta(days=1),
            now=noon,
        )


def test_roles_of_two_areas_do_not_reach_into_each_other(grids: list[Area], noon: datetime) -> None:
    officer = make_staff(Role.COMMUNITY_OFFICER, area=grids[0], username="officer-away")
    make_staff(Role.GRID_WORKER, area=grids[1], username="worker-elsewhere")
    with pytest.raises(RolesApart):
        hand_over(
            actor=officer,
            assignment_id=held_by("officer-away").pk,
            to_username="worker-elsewhere",
            until=noon + timedelta(days=1),
            now=noon,
        )


@pytest.mark.parametrize("role", list(Role))
def test_the_office_gives_itself_nothing(office: Actor, noon: datetime, role: Role) -> None:
    with pytest.raises(OwnRights):
        assign_role(actor=office, staff=person("office"), role=role, area=None, now=noon)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("other", [*sorted(ADMINISTRATORS), Role.STEWARD])
def test_an_administrator_holds_no_other_role(
    office: Actor, noon: datetime, role: Role, other: Role
) -> None:
    make_staff(role, username="apart")
    if role == other:
        return
    with pytest.raises(RolesApart):
        assign_role(actor=office, staff=person("apart"), role=other, area=None, now=noon)
    make_staff(other, username="apart-too")
    with pytest.raises(RolesApart):
        assign_role(actor=office, staff=person("apart-too"), role=role, area=None, now=noon)


def test_the_office_takes_nothing_over_from_others(office: Actor, noon: datetime) -> None:
    make_staff(Role.AUDITOR, username="checks")
    with pytest.raises(OwnRights):
        hand_over(actor=office, assignment_id=held_by("checks").pk, to_username="office", now=noon)


def test_only_the_office_assigns_and_ends(grids: list[Area], noon: datetime) -> None:
    make_staff(Role.GRID_WORKER, area=grids[0], username="worker")
    for role in set(Role) - {Role.SECURITY_ADMINISTRATOR}:
        actor = Actor("staff:else", "", (role,), VERBS[role])
        with pytest.raises(Refused):
            assign_role(actor=actor, staff=person("worker"), role=role, area=None, now=noon)
        with pytest.raises(Refused):
            end_assignment(actor=actor, assignment_id=held_by("worker").pk, reason="x", now=noon)


def test_ending_an_assignment_ends_who_stands_in(
    office: Actor, grids: list[Area], noon: datetime
) -> None:
    away = make_staff(Role.GRID_WORKER, area=grids[0], username="away")
    make_staff(Role.GRID_WORKER, area=grids[1], username="colleague")
    held = held_by("away")
    hand_over(
        actor=away,
        assignment_id=held.pk,
        to_username="colleague",
        until=noon + timedelta(days=3),
        now=noon,
    )
    later = noon + timedelta(hours=1)
    end_assignment(actor=office, assignment_id=held.pk, reason="moved on", now=later)
    assert actor_for(person("away"), now=later).verbs == frozenset()
    assert actor_for(person("colleague"), now=later).grid_ids == frozenset({grids[1].pk})


def test_the_office_assigns_and_a_worker_hands_over_on_the_pages(
    grids: list[Area], office: Actor, client: Client
) -> None:
    make_staff(Role.GRID_WORKER, area=grids[0], username="away")
    make_staff(Role.GRID_WORKER, area=grids[1], username="colleague")
    client.force_login(person("office"), "django.contrib.auth.backends.ModelBackend")
    assert "colleague" in client.get("/access/staff").content.decode()
    page = f"/access/staff/{person('colleague').pk}"
    assert "授予角色" in client.get(page).content.decode()
    chosen = {"role": "grid_worker", "area": grids[0].pk}
    assert client.post(f"{page}/assign", chosen).status_code == 302
    own = f"/access/staff/{person('office').pk}"
    assert client.post(f"{own}/assign", {"role": "auditor"}).status_code == 403
    assert "residents.open" in client.get("/access/roles").content.decode()

    client.force_login(person("away"), "django.contrib.auth.backends.ModelBackend")
    held = held_by("away").pk
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    handed = client.post(
        f"/access/duties/{held}/hand-over", {"to": "colleague", "until": tomorrow}, follow=True
    )
    assert handed.status_code == 200
    assert held_by("colleague").stands_in_for_id == held
