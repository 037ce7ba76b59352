"""The demo's cases: reported at generated addresses over the last days, each at another stage."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from django.db import transaction

from fangge.access.queries import find_by_username
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.seating import seat_member
from fangge.cases.actions.transition import Doing, move_case
from fangge.kernel import clock
from fangge.kernel.actor import Actor, system_actor
from fangge.registers.queries.search import list_addresses

if TYPE_CHECKING:
    from fangge.registers.models.address import Address

FOLDER = UUID("8a2f6f0e-5c55-4c8e-9d0e-3c1b5a7a6f10")
SEATS = ("fire", "housing", "gas", "city", "mediation", "labour", "peace", "services")
SINCE = timedelta(days=60)
CENTRE = ("cases.see", "cases_here.see", "cases.sort", "cases.verify", "cases.report")

# What is wrong, its category, the desk, how many days ago, and how far the case has come.
REPORTS = (
    ("楼道堆放杂物，消防通道走不通", "fire_lane", "fire", 0.1, 0),
    ("三楼防火门关不上，闭门器掉了", "fire_door", "fire", 2, 3),
    ("电动车推进楼道充电，线从窗户拉出来", "ebike_charging", "fire", 1, 2),
    ("厨房有煤气味，阀门处更明显", "gas", "gas", 0.2, 2),
    ("出租房隔断多，没有逃生窗", "rental_safety", "housing", 4, 3),
    ("外墙面砖松动，掉过一块", "structure", "housing", 6, 4),
    ("楼上空调滴水，协商多次没有结果", "neighbours", "mediation", 9, 3),
    ("物业不修电梯，业主不交物业费", "property_management", "mediation", 12, 5),
    ("退租时押金不退", "tenancy", "mediation", 3, 1),
    ("单元门禁坏了，门一直开着", "entrance_door", "peace", 2, 4),
    ("巷口路灯不亮，晚上看不清", "lighting", "peace", 5, 6),
    ("放学时校门口车辆乱停", "school_gate", "peace", 1, 1),
    ("垃圾堆在路边没有人收", "litter", "city", 0.5, 0),
    ("人行道地砖翘起，有人绊倒", "road_damage", "city", 3, 6),
    ("想了解居住证怎么办", "service_request", "services", 0.3, 0),
    ("楼梯间照明线裸露", "electricity", "gas", 2, 3),
)


@transaction.atomic
def make_demo_cases() -> int:
    """Report the demo's cases and bring them on; give how many there are. Made once."""
    places = _places()
    for turn, (told, category, desk, days, stage) in enumerate(REPORTS):
        place = places[turn * 3 % len(places)]
        _make_case(place, (told, category, desk), clock.now() - timedelta(days=days), stage)
    return len(REPORTS)


def seat_handler() -> None:
    """Let the demo's handler sit at every desk, since before the first of the demo's cases."""
    actor = system_actor("demo", verbs=("staff.assign",))
    staff = find_by_username("handler")
    if staff is None:
        return
    for desk in SEATS:
        seat_member(actor=actor, staff=staff, desk=desk, now=clock.now() - SINCE)


def _places() -> "list[Address]":
    looking = system_actor("demo", verbs=("addresses.see",))
    return list_addresses(actor=looking, text="", level="building", after=0).rows


def _make_case(place: "Address", told: tuple[str, str, str], at: datetime, stage: int) -> None:
    words, category, desk = told
    centre = system_actor("demo", verbs=CENTRE)
    report = Report(
        told=words,
        category=category,
        place=place.full_name,
        address_id=place.pk,
        point=place.position,
        grid_id=place.grid_id,
        channel="demo",
    )
    case, code = report_case(actor=centre, report=report, token=uuid5(FOLDER, words), now=at)
    if not code:
        return  # an earlier start of the demo made it
    worker = Actor("staff:handler", "handler", ("handler",), frozenset({"cases.see", "cases.work"}))
    for actor, doing, later in _moves(centre, worker, category, desk, stage):
        move_case(actor=actor, number=case.number, doing=doing, seen=None, now=at + later)


def _moves(
    centre: Actor, worker: Actor, category: str, desk: str, stage: int
) -> Iterator[tuple[Actor, Doing, timedelta]]:
    moves = (
        (centre, Doing("accept", category=category)),
        (centre, Doing("dispatch", desk=desk)),
        (worker, Doing("start")),
        (worker, Doing("report_result", note="已到现场处理，请核实。")),
        (centre, Doing("verify", note="现场查看，问题已解决。")),
        (centre, Doing("close")),
    )
    for turn, (actor, doing) in enumerate(moves[:stage], start=1):
        yield actor, doing, timedelta(minutes=20 * turn)
