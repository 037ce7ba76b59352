"""Keep the calendar of working days, and let what is due follow it."""

from datetime import date, datetime

from django.db import transaction
from procrastinate.contrib.django import app

from fangge.audit.actions import record_act
from fangge.cases.actions.transition import clock_after, lifecycle_of
from fangge.cases.actions.waking import set_alarms
from fangge.cases.models.case import Case
from fangge.cases.models.desk import Holiday
from fangge.cases.queries.calendar import working_calendar
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid

FIRST_YEAR, LAST_YEAR = 2020, 2099


class DayUnfit(Invalid):
    """A day that no calendar needs to know."""


def days_in(year: int) -> list[Holiday]:
    """Give the days of a year that are worked, or not, other than their weekday says."""
    return list(Holiday.objects.filter(day__year=year).order_by("day"))


@transaction.atomic
def set_day(*, actor: Actor, day: date, is_worked: bool | None, name: str, now: datetime) -> None:
    """Say whether a day is worked, or leave it to its weekday where `is_worked` is None.

    What is due then is reckoned anew in the background. Raises `DayUnfit`.
    """
    actor.require("calendar.edit")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DayUnfit(f"The calendar goes from {FIRST_YEAR} to {LAST_YEAR}.")
    if is_worked is None:
        Holiday.objects.filter(day=day).delete()
    else:
        Holiday.objects.update_or_create(
            day=day,
            defaults={"is_worked": is_worked, "name": name.strip()[:60], "is_published": True},
        )
    record_act(
        actor=actor,
        verb="calendar.edit",
        subject_kind="day",
        subject_id=day.isoformat(),
        reason="" if is_worked is None else ("worked" if is_worked else "off"),
        now=now,
    )
    app.configure_task("cases.reckon_due").defer()


def reckon_due() -> int:
    """Reckon anew what is due of every open case; give how many got another date."""
    ids = Case.objects.filter(is_open=True, due_at__isnull=False).order_by("pk")
    return sum(_reckon(case_id) for case_id in ids.values_list("pk", flat=True).iterator())


@transaction.atomic
def _reckon(case_id: int) -> bool:
    case = Case.objects.select_for_update().get(pk=case_id)
    lifecycle, calendar = lifecycle_of(case.lifecycle_id), working_calendar()
    running = clock_after(list(case.steps.order_by("place")), case, lifecycle, calendar)
    due_at = running.due_at if running else None
    if due_at == case.due_at:
        return False
    case.due_at = due_at
    case.save(update_fields=["due_at"])
    set_alarms(case, lifecycle, calendar)
    return True
