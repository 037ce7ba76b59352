"""Who meets at a case, and what they do to it in one line."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.seating import seat_member
from fangge.cases.actions.transition import Doing, move_case
from fangge.cases.models.case import Case
from fangge.cases.queries.inbox import Wanted, list_cases
from fangge.kernel.actor import Actor, system_actor


@dataclass(frozen=True)
class People:
    worker: Actor
    stranger: Actor
    centre: Actor
    fire: Actor
    housing: Actor


def sit(desk: str, username: str, now: datetime) -> Actor:
    actor = make_staff(Role.HANDLER, username=username)
    staff = StaffMember.objects.get(username=username)
    seat_member(
        actor=system_actor("test", verbs=("staff.assign",)), staff=staff, desk=desk, now=now
    )
    return actor


def grid() -> Area:
    return Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]


def report(people: People, now: datetime, **given: Any) -> Case:
    facts: dict[str, Any] = {
        "told": "三楼防火门关不上",
        "place": "山塘街1号",
        "grid_id": grid().pk,
    } | given
    case, _ = report_case(actor=people.worker, report=Report(**facts), token=uuid4(), now=now)
    return case


def move(actor: Actor, case: Case, verb: str, now: datetime, **given: Any) -> Case:
    doing = Doing(verb, **given)
    return move_case(actor=actor, number=case.number, doing=doing, seen=None, now=now)


def bring_to_handled(people: People, now: datetime) -> Case:
    case = report(people, now)
    move(people.centre, case, "accept", now, category="fire_door")
    move(people.centre, case, "dispatch", now, desk="fire")
    move(people.fire, case, "start", now)
    return move(people.fire, case, "report_result", now, note="已更换闭门器")


def gather_people(noon: datetime) -> People:
    """Give who meets at a case."""
    grids = list(Area.objects.filter(kind="grid", ends_on=None).order_by("code")[:2])
    return People(
        worker=make_staff(Role.GRID_WORKER, area=grids[0], username="w1"),
        stranger=make_staff(Role.GRID_WORKER, area=grids[1], username="w2"),
        centre=make_staff(Role.DISPATCHER, username="c1"),
        fire=sit("fire", "f1", noon - timedelta(days=9)),
        housing=sit("housing", "h1", noon - timedelta(days=9)),
    )


def inbox(actor: Actor, now: datetime) -> list[Case]:
    return list_cases(actor=actor, wanted=Wanted("mine"), now=now)[0]
