"""The working calendar as it stands."""

from zoneinfo import ZoneInfo

from django.conf import settings

from fangge.cases.models.desk import Holiday
from fangge.cases.rules.calendar import WorkingCalendar


def working_calendar() -> WorkingCalendar:
    """Give the days that are worked, in the office's own zone."""
    days = dict(Holiday.objects.values_list("day", "is_worked"))
    return WorkingCalendar(zone=ZoneInfo(settings.TIME_ZONE), exceptions=days)
