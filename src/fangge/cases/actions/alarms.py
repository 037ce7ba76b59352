"""Ring what is due: each alarm once though two schedulers run, late ones in their order."""

from datetime import datetime

from django.db import transaction

from fangge.cases.actions.transition import append_step, lifecycle_of
from fangge.cases.events import CaseOverdue
from fangge.cases.models.case import Alarm, Case, CaseStep
from fangge.kernel import bus

SYSTEM = "system:clock"
VERBS = {"due": "fall_overdue", "escalate": "escalate", "further": "escalate_further"}


def ring_alarms(*, now: datetime) -> int:
    """Ring every alarm whose time has come; give how many rang."""
    n_rung = 0
    while _ring_next(now):
        n_rung += 1
    return n_rung


@transaction.atomic
def _ring_next(now: datetime) -> bool:
    """Ring the first alarm that waits and that no other scheduler holds."""
    waiting = Alarm.objects.filter(rung_at=None, rings_at__lte=now).order_by("rings_at", "id")
    alarm = waiting.select_for_update(skip_locked=True).first()
    if alarm is None:
        return False
    # Whoever moves a case locks it first and its alarms after: waiting here would be a deadlock.
    held = Case.objects.select_for_update(skip_locked=True).select_related(None)
    case = held.filter(pk=alarm.case_id).first()
    if case is None:
        return False
    alarm.rung_at = now
    alarm.save(update_fields=["rung_at"])
    steps = list(case.steps.order_by("place"))
    step = CaseStep(
        verb=VERBS.get(alarm.rung, "ask_overdue"),
        start=case.state,
        end=case.state,
        part="clock",
        actor=SYSTEM,
        desk_id=case.desk_id,
        at=now,
        is_public=False,
    )
    append_step(case, step, steps, lifecycle_of(case.lifecycle_id))
    case.save()
    bus.publish(CaseOverdue(case.pk, alarm.clock_name, alarm.rings_at))
    return True
