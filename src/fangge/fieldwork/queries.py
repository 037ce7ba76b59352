"""Field tasks as those see them who go, and those who asked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.fieldwork.models import FieldTask, StateOfTask
from fangge.fieldwork.rules import DUE_AFTER, TaskKind, TaskState, is_overdue
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope
from fangge.kernel.web import read_number
from fangge.registers.queries.matters import Matter
from fangge.registers.queries.visible import addresses_of_resident

PAGE_TASKS = 50
MEASURED_DAYS = 90
STATES = tuple(StateOfTask.values)
ErrandKind = TaskKind
"""What an errand is about, for whoever asks for one."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A task with what follows from the day and from who looks at it."""

    task: FieldTask
    is_overdue: bool
    may_answer: bool
    may_decide: bool

    @property
    def is_under_way(self) -> bool:
        return self.task.state in {StateOfTask.OPEN, StateOfTask.ANSWERED}


@dataclass(frozen=True, slots=True)
class Answered:
    """How the tasks of the last 90 days were answered."""

    n_asked: int
    n_answered: int
    median_days: float | None  # from asking to the answer

    @property
    def answered_percent(self) -> float | None:
        return 100 * self.n_answered / self.n_asked if self.n_asked else None


def tasks_visible_to(actor: Actor) -> QuerySet[FieldTask]:
    actor.require("fieldtasks.see")
    tasks = FieldTask.objects.select_related("address", "grid")
    return tasks if actor.grid_ids is None else tasks.filter(grid_id__in=actor.grid_ids)


def list_tasks(
    *, actor: Actor, state: str, after: str = "", now: datetime
) -> tuple[list[Errand], str, int]:
    """List tasks of a state, the first due first, with the next page's key and how many fit."""
    found = tasks_visible_to(actor).filter(state=state if state in STATES else StateOfTask.OPEN)
    n_all = found.count()
    offset = read_number(after) or 0
    rows = list(found.order_by("due_on", "id")[offset : offset + PAGE_TASKS + 1])
    next_key = str(offset + PAGE_TASKS) if len(rows) > PAGE_TASKS else ""
    return [_as_errand(actor, one, now) for one in rows[:PAGE_TASKS]], next_key, n_all


def get_task(*, actor: Actor, task_id: int, now: datetime) -> Errand:
    task = tasks_visible_to(actor).filter(pk=task_id).first()
    if task is None:
        raise Missing(f"There is no field task {task_id}.")
    return _as_errand(actor, task, now)


def tasks_about(*, actor: Actor, kind: str, subject_id: int, now: datetime) -> list[Errand]:
    """Give the tasks about a finding or a pair, the newest first; none to who may not see them."""
    if not actor.may("fieldtasks.see"):
        return []
    found = tasks_visible_to(actor).filter(kind=kind, subject_id=subject_id).order_by("-id")
    return [_as_errand(actor, one, now) for one in found]


def _errands_at(actor: Actor, resident_id: int) -> QuerySet[FieldTask]:
    """Give the errands under way to where a resident is, as far as the actor sees both."""
    places = addresses_of_resident(actor=actor, resident_id=resident_id)
    under_way = [StateOfTask.OPEN, StateOfTask.ANSWERED]
    return tasks_visible_to(actor).filter(address_id__in=places, state__in=under_way)


def offer_tasks(actor: Actor, resident_id: int) -> list[Matter]:
    """Offer the errands that a look at a resident may be for."""
    if not actor.may("fieldtasks.see"):
        return []
    found = _errands_at(actor, resident_id).order_by("due_on", "id").values_list("pk", flat=True)
    return [Matter("fieldtask", one, _("Field task %(number)s") % {"number": one}) for one in found]


def is_task_about(actor: Actor, number: int, resident_id: int) -> bool:
    """Tell whether this errand leads to where the resident is."""
    if not actor.may("fieldtasks.see"):
        return False
    return _errands_at(actor, resident_id).filter(pk=number).exists()


def _as_errand(actor: Actor, task: FieldTask, now: datetime) -> Errand:
    state = TaskState(task.state)
    return Errand(
        task=task,
        is_overdue=is_overdue(task.due_on, state, today=timezone.localdate(now)),
        may_answer=state is TaskState.OPEN and actor.may("fieldtasks.answer", grid_id=task.grid_id),
        may_decide=state in {TaskState.OPEN, TaskState.ANSWERED}
        and actor.may("fieldtasks.decide", grid_id=task.grid_id),
    )


@beyond_scope()
def subjects_to_look_at(kind: str) -> list[int]:
    """Give what the open tasks of a kind are about."""
    found = FieldTask.objects.filter(kind=kind, state=StateOfTask.OPEN, subject_id__isnull=False)
    return [one for one in found.values_list("subject_id", flat=True) if one is not None]


def count_tasks(actor: Actor) -> dict[str, int]:
    """Count what waits to be looked at, and what to be accepted, for the home page."""
    if not actor.may("fieldtasks.see"):
        return {"open": 0, "answered": 0}
    tasks = tasks_visible_to(actor)
    may_decide = actor.may("fieldtasks.decide")
    return {
        "open": tasks.filter(state=StateOfTask.OPEN).count()
        if actor.may("fieldtasks.answer")
        else 0,
        "answered": tasks.filter(state=StateOfTask.ANSWERED).count() if may_decide else 0,
    }


@beyond_scope()
def measure_answers(now: datetime) -> Answered:
    """Measure how many tasks asked in the last 90 days are answered, and the median days to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(answered_at), percentile_cont(0.5) WITHIN GROUP "
            "(ORDER BY extract(epoch FROM answered_at - asked_at) / 86400) "
            "FROM fieldwork_fieldtask WHERE asked_at >= %s",
            [now - timedelta(days=MEASURED_DAYS)],
        )
        n_asked, n_answered, median = cursor.fetchone()
    return Answered(n_asked, n_answered, None if median is None else float(median))


def suggest_day(now: datetime) -> date:
    """Give the day by which somebody goes unless another is chosen."""
    return timezone.localdate(now) + DUE_AFTER


def read_day(text: str, *, now: datetime) -> date:
    """Read a day as a browser sends it; without one the usual day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return suggest_day(now)
