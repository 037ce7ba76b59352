"""The one way that the state of a case changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.actions.asking import keep_askings, open_askings
from fangge.cases.actions.attaching import Staged, keep_files
from fangge.cases.actions.waking import set_alarms
from fangge.cases.adapters.live import tell_step
from fangge.cases.events import CaseMoved
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.desk import Desk
from fangge.cases.models.lifecycle import LifecycleVersion
from fangge.cases.queries.calendar import working_calendar
from fangge.cases.queries.desks import desk_ids_of
from fangge.cases.queries.visible import HOLDER, CaseUnknown, cases_visible_to
from fangge.cases.rules.answers import TOLD_TO_REPORTER, find_unfilled
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.catalogue import SEVERITIES, allowance_for, shipped_catalogue
from fangge.cases.rules.clock import Beat, Running, read_clock
from fangge.cases.rules.deadlines import Allowance
from fangge.cases.rules.lifecycle import Clock, Lifecycle, Need, Part, read_lifecycle
from fangge.cases.rules.parts import Bar, Choice, Standing, choose_moves, has_handled
from fangge.cases.rules.routing import OWNERS
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Refused
from fangge.kernel.fields import open_vault

NOTE_COLUMN = "cases_casestep.note"
LONGEST_NOTE = 4000


class MoveNotAllowed(Refused):
    """The table has no such move from this state, or not for this actor; `bar` says which."""

    def __init__(self, told: str, bar: str = "") -> None:
        super().__init__(told)
        self.bar = bar


class CaseMovedMeanwhile(Conflict):
    """Somebody acted on the case since the page was shown."""


class MoveIncomplete(Invalid):
    """A move lacks what the table says it needs; `field` names it."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class AnswerUnfilled(MoveIncomplete):
    """What is told to the reporter still has a placeholder in it; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(Need.NOTE, f"Nothing is written yet in the place of {name}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody does to a case, with what the move may need."""

    verb: str
    note: str = ""
    until: datetime | None = None
    desk: str = ""
    category: str = ""
    severity: int = 0
    owner: str = ""
    into: str = ""
    files: tuple[Staged, ...] = ()


@transaction.atomic
def move_case(*, actor: Actor, number: str, doing: Doing, seen: int | None, now: datetime) -> Case:
    """Move a case, keep the step, set its clock, leave a trail and say so.

    `seen` is how many steps the actor saw. Raises `CaseMovedMeanwhile`, `MoveNotAllowed`,
    `MoveIncomplete`.
    """
    case = _lock_case(actor, number, now)
    if seen is not None and seen != case.n_steps:
        raise CaseMovedMeanwhile(
            f"Somebody acted on case {number} while you read. Nothing of yours is done: look again."
        )
    steps = list(case.steps.order_by("place"))
    lifecycle = lifecycle_of(case.lifecycle_id)
    choice = _find_choice(lifecycle, case, standing_of(actor, case, steps, now=now), doing.verb)
    _check_needs(choice, doing)
    start = case.state
    _take_facts(actor, case, choice, doing, now=now)
    helper = _find_helper(actor, case, choice, doing, now=now)
    case.state = choice.move.end
    case.is_open = case.state not in lifecycle.ended
    case.closed_at = None if case.is_open else now
    step = CaseStep(
        verb=doing.verb,
        start=start,
        end=case.state,
        part=choice.part or "",
        actor=actor.reference,
        desk_id=helper.pk if helper else case.desk_id,
        at=now,
        note_sealed=seal_note(doing.note, case_id=case.pk, place=case.n_steps + 1),
        until_at=doing.until if Need.UNTIL in choice.move.needs else None,
        is_public=doing.verb not in _INNER,
    )
    append_step(case, step, steps, lifecycle, helper=helper)
    keep_files(step=step, files=doing.files, now=now)
    case.save()
    record_act(
        actor=actor,
        verb=f"cases.{doing.verb}",
        subject_kind="case",
        subject_id=case.number,
        now=now,
    )
    bus.publish(CaseMoved(case.pk, doing.verb, start, case.state, now))
    return case


_INNER = frozenset(
    {
        "ask_extension",
        "refuse_extension",
        "ask_pause",
        "refuse_pause",
        "supervise",
        "answer_supervision",
        "ask_help",
        "answer_help",
        "drop_help",
        "remark",
    }
)
"""What offices say among themselves."""


def _lock_case(actor: Actor, number: str, now: datetime) -> Case:
    visible = cases_visible_to(actor, now=now).select_related("desk")
    case = visible.select_for_update(of=("self",)).filter(number=number).first()
    if case is None:
        raise CaseUnknown(f"There is no case {number} that you may see.")
    return case


@cache
def lifecycle_of(version_id: int) -> Lifecycle:
    """Read a version's table; a version never changes, so it is read once."""
    return read_lifecycle(LifecycleVersion.objects.get(pk=version_id).table)


def standing_of(actor: Actor, case: Case, steps: Sequence[CaseStep], *, now: datetime) -> Standing:
    """Say what an actor is to a case."""
    parts = set[Part]()
    if actor.reference in {case.reported_by, f"{HOLDER}{case.number}"}:
        parts.add(Part.REPORTER)
    if actor.may("cases.sort", grid_id=case.grid_id):
        parts.add(Part.CENTRE)
    seats = desk_ids_of(actor, now=now) if actor.may("cases.work") else frozenset[int]()
    if case.desk_id in seats:
        parts.add(Part.DESK)
    if actor.may("cases.verify", grid_id=case.grid_id):
        parts.add(Part.WITNESS)
    held = open_askings(case)
    if seats & {one.desk_id for one in held}:
        parts.add(Part.HELPER)
    handled = has_handled(actor.reference, [(step.actor, step.part) for step in steps])
    return Standing(frozenset(parts), handled, frozenset(one.verb for one in held))


def _find_choice(lifecycle: Lifecycle, case: Case, standing: Standing, verb: str) -> Choice:
    choices = choose_moves(lifecycle, case.state, standing)
    choice = next((one for one in choices if one.move.verb == verb), None)
    if choice is None:
        raise MoveNotAllowed(f"A case that is {case.state} cannot {verb}.", "no_move")
    if choice.bar == Bar.OWN_WORK:
        told = "You worked on this case: somebody else looks at the result."
        raise MoveNotAllowed(told, choice.bar)
    if choice.bar == Bar.NOT_ANSWERED:
        raise MoveNotAllowed("A desk that was asked to help has not answered yet.", choice.bar)
    if choice.bar:
        raise MoveNotAllowed(f"You may not {verb} case {case.number}.", choice.bar)
    return choice


def _check_needs(choice: Choice, doing: Doing) -> None:
    needs = choice.move.needs
    given = {
        # A photo says enough where nobody waits for a reason.
        Need.NOTE: bool(doing.note.strip()) or (doing.verb == "remark" and bool(doing.files)),
        Need.DESK: bool(doing.desk),
        Need.KIND: bool(doing.category),
        Need.CASE: bool(doing.into),
        Need.UNTIL: doing.until is not None,
        Need.PHOTO: any(one.is_photo for one in doing.files),
        Need.HELPER: bool(doing.desk),
        # These two are no fields: a bar says when they are lacking.
        Need.ASKED: True,
        Need.ANSWERS: True,
    }
    for need in sorted(needs):
        if not given[need]:
            raise MoveIncomplete(need, f"To {doing.verb} a case, give its {need}.")
    if len(doing.note) > LONGEST_NOTE:
        raise MoveIncomplete(Need.NOTE, f"A note has at most {LONGEST_NOTE} characters.")
    if doing.verb in TOLD_TO_REPORTER and (name := find_unfilled(doing.note)):
        raise AnswerUnfilled(name)


def _take_facts(actor: Actor, case: Case, choice: Choice, doing: Doing, *, now: datetime) -> None:
    """Write what the move gives to the case: its kind, its desk, its new date, its other case."""
    needs = choice.move.needs
    if Need.KIND in needs:
        _classify(case, doing)
    if Need.DESK in needs:
        case.desk = Desk.objects.filter(code=doing.desk, is_open=True).first()
        if case.desk is None:
            raise MoveIncomplete(Need.DESK, f"There is no desk {doing.desk} that is open.")
    if Need.UNTIL in needs and doing.until is not None and doing.until <= now:
        raise MoveIncomplete(Need.UNTIL, "The new date has to be in the future.")
    if Need.CASE in needs:
        _join(actor, case, doing.into, now)
    elif choice.move.start == "joined":
        case.joined_to = None


def _find_helper(
    actor: Actor, case: Case, choice: Choice, doing: Doing, *, now: datetime
) -> Desk | None:
    """Give the other desk that a move is about: the one it names, or the one that answers."""
    held = {one.desk_id for one in open_askings(case) if one.desk_id is not None}
    if choice.part is Part.HELPER:
        own = held & desk_ids_of(actor, now=now)
        return Desk.objects.get(pk=min(own))
    if Need.HELPER not in choice.move.needs:
        return None
    desk = Desk.objects.filter(code=doing.desk, is_open=True).first()
    is_asked = Need.ASKED not in choice.move.needs
    if desk is None or desk.pk == case.desk_id or (desk.pk in held) == is_asked:
        told = (
            "another desk that is open and was not asked yet" if is_asked else "a desk that helps"
        )
        raise MoveIncomplete(Need.HELPER, f"Name {told}.")
    return desk


def _classify(case: Case, doing: Doing) -> None:
    category = shipped_catalogue().categories.get(doing.category)
    if category is None:
        raise MoveIncomplete(Need.KIND, f"There is no category {doing.category}.")
    if doing.severity and doing.severity not in SEVERITIES:
        raise MoveIncomplete("severity", f"A severity is one of {SEVERITIES}.")
    case.category, case.kind = category.code, category.kind
    case.severity = doing.severity or category.severity
    case.owner = doing.owner if doing.owner in OWNERS else case.owner


def _join(actor: Actor, case: Case, number: str, now: datetime) -> None:
    into = cases_visible_to(actor, now=now).filter(number=number).first()
    if into is None or into.pk == case.pk:
        raise MoveIncomplete(Need.CASE, f"There is no other case {number} to join to.")
    if not into.is_open or into.joined_to_id is not None:
        raise MoveIncomplete(Need.CASE, f"Case {number} has ended: join to one that is open.")
    if case.joined.exists():
        raise MoveIncomplete(Need.CASE, "Other cases are joined to this one: separate them first.")
    case.joined_to = into


def append_step(
    case: Case,
    step: CaseStep,
    before: Sequence[CaseStep],
    lifecycle: Lifecycle,
    helper: Desk | None = None,
) -> None:
    """Append a step to a locked case, and set the clock that runs after it."""
    if before and step.at < before[-1].at:
        step.at = before[-1].at  # a clock that was set back must not turn the order round
    calendar = working_calendar()
    running = clock_after([*before, step], case, lifecycle, calendar)
    case.n_steps += 1
    case.clock_name = running.name if running else ""
    case.clock_owner = running.owner if running else ""
    case.due_at = running.due_at if running else None
    step.case, step.place = case, case.n_steps
    step.clock_name, step.due_at = case.clock_name, case.due_at
    step.save()
    transaction.on_commit(partial(tell_step, step.pk), robust=True)
    set_alarms(case, lifecycle, calendar)
    if case.n_asked or lifecycle.ask_of(step.verb):
        keep_askings(
            case=case,
            step=step,
            lifecycle=lifecycle,
            calendar=calendar,
            helper=helper,
            now=step.at,
        )


def clock_after(
    steps: Sequence[CaseStep],
    case: Case,
    lifecycle: Lifecycle,
    calendar: WorkingCalendar | None = None,
) -> Running | None:
    """Tell the clock of a case from its steps alone."""
    category = shipped_catalogue().categories.get(case.category)

    def allowance_of(clock: Clock) -> Allowance:
        return allowance_for(
            category,
            clock_name=clock.name,
            severity=case.severity,
            otherwise=clock.allowance,
        )

    return read_clock(
        [Beat(step.verb, step.end, step.at, step.until_at) for step in steps],
        lifecycle=lifecycle,
        allowance_of=allowance_of,
        calendar=calendar or working_calendar(),
    )


def seal_note(note: str, *, case_id: int, place: int) -> bytes | None:
    if not note.strip():
        return None
    return open_vault().seal(note.strip(), column=NOTE_COLUMN, row=f"{case_id}:{place}")
