"""One thing of each kind in the actor's area, one out of it, and one that never was."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection
from django.urls import reverse
from tests.authorisation.table import NUMBERS, PATTERNS
from tests.makers import make_staff

from fangge.access.models import Assignment, StaffMember, StaffSession
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.report import Report, report_case
from fangge.cases.models.attachment import Attachment, StoredFile
from fangge.cases.models.case import Case
from fangge.fieldwork.actions.tasks import ask_field_task
from fangge.fieldwork.rules import TaskKind
from fangge.fusion.actions.requests.asking import Telling, ask_life_event
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.finding import Finding
from fangge.fusion.models.run import Pair, Run
from fangge.fusion.models.source import QuarantinedRow
from fangge.portal.models.question import LookQuestion
from fangge.registers.models.correction import WaitingText
from fangge.registers.queries.places import place_of_entry

TOLD = tomllib.loads((Path(__file__).parent / "objects.toml").read_text(encoding="utf-8"))
SCOPED: dict[str, str] = TOLD["scoped"]
BEYOND: dict[str, str] = TOLD["beyond"]
IN_SCOPE: dict[str, str] = TOLD["in_scope"]
WHOLE: dict[str, str] = TOLD["whole"]
DISTRICT: dict[str, str] = TOLD["district"]
NOWHERE = 2_000_000_000
ONE_OF_A_GRID = {
    "building": "SELECT min(id) FROM registers_address WHERE level = 'building' AND grid_id = %s",
    "address": "SELECT min(id) FROM registers_address WHERE level = 'room' AND grid_id = %s",
    "organisation": "SELECT min(id) FROM registers_organisation WHERE grid_id = %s",
    "dwelling": "SELECT min(id) FROM registers_dwelling WHERE holds_address AND grid_id = %s",
    "code": "SELECT min(code) FROM registers_address WHERE level = 'room' AND grid_id = %s",
}
RESIDENTS = (
    "SELECT resident_id FROM registers_occupancy JOIN registers_resident resident "
    "ON resident.id = resident_id WHERE resident.ends_on IS NULL "
    "AND resident.identifier_hash IS NOT NULL AND resident.phone_hash IS NOT NULL "
    "GROUP BY resident_id HAVING bool_and(grid_id = %s) ORDER BY resident_id LIMIT 2"
)
RECORD = (
    "SELECT decision.record_id FROM fusion_linkdecision decision "
    "JOIN registers_address address ON address.id = decision.entry_id "
    "WHERE decision.kind = 'address' AND decision.is_current "
    "GROUP BY decision.record_id HAVING bool_and(address.grid_id = %s) LIMIT 1"
)
Things = dict[str, tuple[Any, Any]]
"""By kind: what is in the area, if it is ever anybody's of the role, and what is out of it."""


def kind_of(route: str, name: str) -> str:
    return SCOPED.get(route) or SCOPED.get(name, "")


def names_of(route: str) -> list[str]:
    pattern = PATTERNS[route].pattern
    return list(pattern.converters | dict.fromkeys(pattern.regex.groupindex))


def scoped_kind(route: str) -> str:
    """Give the kind of thing that a route is about, where it is one of an area."""
    return next((kind for name in names_of(route) if (kind := kind_of(route, name))), "")


def address_of(route: str, thing: Any) -> str:
    """Give the address of this thing on that route."""
    if isinstance(thing, dict):
        return reverse(route, kwargs=thing)
    values: dict[str, Any] = {}
    for name in names_of(route):
        is_kind = name == "kind"
        values[name] = "resident" if is_kind else NUMBERS.get(name, thing)
    return reverse(route, kwargs=values)


def unknown_like(thing: Any) -> Any:
    """Give what never was, spelt like this one."""
    if isinstance(thing, dict):
        return {name: unknown_like(value) for name, value in thing.items()}
    if isinstance(thing, str):
        return "".join("9" if sign.isdigit() else sign for sign in thing)
    return NOWHERE


def ask(query: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]


def two_grids() -> tuple[Area, Area]:
    held = Area.objects.filter(kind="grid", address__isnull=False).distinct().order_by("code")
    return held[0], held[1]


def make_things(now: datetime) -> Things:
    """Make or find two of each kind, by people whom the whole district is given."""
    own, other = two_grids()
    things: Things = {
        kind: (ask(query, own.pk)[0], ask(query, other.pk)[0])
        for kind, query in ONE_OF_A_GRID.items()
    }
    people = [ask(RESIDENTS, grid.pk) for grid in (own, other)]
    things["resident"] = things["subject"] = (people[0][0], people[1][0])
    things["record"] = (ask(RECORD, own.pk)[0], ask(RECORD, other.pk)[0])
    things["text"] = _share_texts(own, other)
    # Somebody limited to an area sees no rejected row: where its person lives is not known.
    things["row"] = (None, QuarantinedRow.objects.order_by("id")[0].pk)
    steward = make_staff(Role.STEWARD, username="things-steward")
    centre = make_staff(Role.DISPATCHER, username="things-centre")
    made = [
        {
            "task": _task(steward, things["address"][at], now),
            "request": _request(steward, people[at][1], now),
            "case": _case(centre, grid, now),
            "finding": _finding(things["address"][at], grid, now),
            "pair": _pair(people[at]),
        }
        for at, grid in enumerate((own, other))
    ]
    for kind in made[0]:
        things[kind] = (made[0][kind], made[1][kind])
    # A slip is for who reported, in the sitting in which they did.
    things["receipt"] = (None, things["case"][1])
    things["file"] = (None, _file(things["case"][1], now))
    return things | _anothers(people[1][0], now)


def _share_texts(own: Area, other: Area) -> tuple[int, int]:
    held = list(WaitingText.objects.order_by("id")[:2])
    for text, grid in zip(held, (own, other), strict=True):
        WaitingText.objects.filter(pk=text.pk).update(grid=grid)
    return held[0].pk, held[1].pk


def _task(actor: Any, address_id: int, now: datetime) -> int:
    place = place_of_entry("address", address_id)
    assert place is not None
    task = ask_field_task(
        actor=actor, kind=TaskKind.ADDRESS, place=place, question="这间房是否存在？",
        due_on=date(2027, 11, 30), now=now,
    )  # fmt: skip
    return int(task.pk)


def _request(actor: Any, resident_id: int, now: datetime) -> int:
    told = {"effective_on": "2026-11-01", "reason": "家属来报"}
    telling = Telling("death", told, entry_id=resident_id)
    return int(ask_life_event(actor=actor, telling=telling, token=uuid4(), now=now).pk)


def _case(actor: Any, grid: Area, now: datetime) -> str:
    said = Report(told="三楼防火门关不上", place="山塘街", grid_id=grid.pk)
    case, _ = report_case(actor=actor, report=said, token=uuid4(), now=now)
    return str(case.number)


def _file(number: str, now: datetime) -> dict[str, Any]:
    """Attach a file to a case; what it holds is not kept, as nobody here may have it."""
    case = Case.objects.get(number=number)
    stored = StoredFile.objects.create(
        sha256="f" * 64, media_type="image/jpeg", n_bytes=1, stored_at=now
    )
    Attachment.objects.create(
        case=case, step=case.steps.get(place=1), file=stored, medium="photo", moment="before",
        added_by="test", added_at=now,
    )  # fmt: skip
    return {"number": number, "file_id": stored.pk}


def _finding(address_id: int, grid: Area, now: datetime) -> int:
    found = Finding.objects.create(
        rule="address_gone_but_used", subject="address", subject_id=address_id, grid_id=grid.pk,
        severity="low", remedy="visit", opened_at=now,
    )  # fmt: skip
    return int(found.pk)


def _pair(people: list[int]) -> int:
    sides = [
        LinkDecision.objects.filter(kind="resident", entry_id=one, is_current=True).order_by("id")[
            0
        ]
        for one in people
    ]
    pair = Pair.objects.create(
        run=Run.objects.order_by("id")[0], kind="resident", weight_bits=1.0,
        left=sides[0].record, left_part=sides[0].part,
        right=sides[1].record, right_part=sides[1].part,
    )  # fmt: skip
    return int(pair.pk)


def _anothers(resident_id: int, now: datetime) -> Things:
    """Give what is somebody else's: a question put to them, their session and assignment."""
    staff = StaffMember.objects.get(username="things-steward")
    question = LookQuestion.objects.create(
        token=uuid4(), resident_id=resident_id, resident_code=f"R{resident_id:010}", entry_id=1,
        official="staff:things-steward", why="no_reason", text_sealed=b"", asked_at=now,
        due_on=now.date(),
    )  # fmt: skip
    session = StaffSession.objects.create(
        staff=staff, key="k" * 32, way="password", device="x", started_at=now, last_seen_at=now
    )
    held = Assignment.objects.get(staff=staff)
    return {
        "question": (None, question.pk),
        "session": (None, session.pk),
        "assignment": (None, held.pk),
    }
