"""Background entry points: safe to run twice."""

from procrastinate.contrib.django import app

from fangge.kernel import clock
from fangge.kernel.actor import system_actor
from fangge.retention.actions import run_retention


@app.periodic(cron="20 3 * * *")
@app.task(queue="audit", name="retention.run", queueing_lock="retention.run")
def erase_what_is_due(timestamp: int) -> None:
    """Every night: erase what has outlived its clock."""
    del timestamp
    actor = system_actor("retention", verbs=("retention.run",))
    run_retention(actor=actor, tell=lambda *_: None, now=clock.now())
