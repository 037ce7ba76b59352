"""What is asked within a case: written down, answered, and let lapse when the case moves on."""

from datetime import datetime

from fangge.cases.models.asking import Asking
from fangge.cases.models.case import Alarm, Case, CaseStep
from fangge.cases.models.desk import Desk
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.deadlines import find_certain_due
from fangge.cases.rules.lifecycle import Ask, Lifecycle, Part

LAPSED = "lapsed"


def rung_of(place: int) -> str:
    """Name the alarm of what a step asked."""
    return f"ask:{place}"


def open_askings(case: Case) -> list[Asking]:
    """Give what is asked and not answered yet, what was asked first on top."""
    if not case.n_asked:
        return []
    return list(case.askings.filter(answered_at=None).select_related("desk").order_by("place"))


def keep_askings(
    *,
    case: Case,
    step: CaseStep,
    lifecycle: Lifecycle,
    calendar: WorkingCalendar,
    helper: Desk | None,
    now: datetime,
) -> None:
    """After a step: write down what it asks, answer what it answers, let lapse what cannot be."""
    held = open_askings(case)
    answered = [one for one in held if _is_answered(one, step, lifecycle, helper)]
    lapsed = [one for one in held if one not in answered and _lapses(one, case, lifecycle)]
    for one in (*answered, *lapsed):
        one.answered_at, one.answer = now, step.verb if one in answered else LAPSED
        one.save(update_fields=["answered_at", "answer"])
    done = [rung_of(one.place) for one in (*answered, *lapsed)]
    if done:
        case.alarms.filter(rung__in=done, rung_at=None).delete()
    case.n_asked -= len(done)
    ask = lifecycle.ask_of(step.verb)
    if ask is not None:
        _write_down(case, step, ask, calendar, helper)


def _write_down(
    case: Case, step: CaseStep, ask: Ask, calendar: WorkingCalendar, helper: Desk | None
) -> None:
    due_at = find_certain_due(ask.allowance, starts_at=step.at, calendar=calendar)
    asking = Asking.objects.create(
        case=case,
        place=step.place,
        verb=ask.verb,
        owner=ask.owner,
        desk=helper if ask.owner is Part.HELPER else None,
        until_at=step.until_at,
        asked_at=step.at,
        due_at=due_at,
    )
    Alarm.objects.create(
        case=case, rung=rung_of(step.place), clock_name=ask.verb, rings_at=asking.due_at
    )
    case.n_asked += 1


def _is_answered(one: Asking, step: CaseStep, lifecycle: Lifecycle, helper: Desk | None) -> bool:
    ask = lifecycle.ask_of(one.verb)
    if ask is None or step.verb not in ask.answers:
        return False
    return one.desk_id is None or (helper is not None and one.desk_id == helper.pk)


def _lapses(one: Asking, case: Case, lifecycle: Lifecycle) -> bool:
    ask = lifecycle.ask_of(one.verb)
    can_be = {move.verb for move in lifecycle.moves_from(case.state)}
    return ask is None or not can_be & set(ask.answers)
