"""Background entry points: safe to run twice."""

from procrastinate.contrib.django import app

from fangge.audit.actions import seal_ledger
from fangge.kernel import clock


@app.periodic(cron="* * * * *")
@app.task(queue="audit", name="audit.seal", queueing_lock="audit.seal")
def seal(timestamp: int) -> None:  # noqa: ARG001 - what a periodic task is given
    seal_ledger(now=clock.now())
