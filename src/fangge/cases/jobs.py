"""Background entry points: take names, safe to run twice."""

from procrastinate.contrib.django import app

from fangge.cases.actions.alarms import ring_alarms
from fangge.cases.actions.calendar import reckon_due
from fangge.cases.actions.sweeping import sweep_files
from fangge.kernel import clock


@app.periodic(cron="* * * * *")
@app.task(queue="cases", name="cases.ring_alarms", queueing_lock="cases.ring_alarms")
def ring_due_alarms(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
    """Every minute: tell what is overdue."""
    ring_alarms(now=clock.now())


@app.periodic(cron="40 3 * * *")
@app.task(queue="cases", name="cases.sweep_files", queueing_lock="cases.sweep_files")
def sweep_idle_files(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
    """Every night: take away files that belong to nothing."""
    sweep_files(now=clock.now())


@app.task(queue="cases", name="cases.reckon_due")
def reckon_what_is_due() -> None:
    """After the calendar changed: reckon anew what is due."""
    reckon_due()
