"""Background entry points: take names, safe to run twice."""

from contextlib import suppress
from pathlib import Path

from procrastinate.contrib.django import app

from fangge.fusion.actions.ingest import stage_file
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.quality.checking import check_quality, checking_actor
from fangge.fusion.actions.running import RunCancelled
from fangge.kernel import clock
from fangge.kernel.actor import system_actor
from fangge.kernel.stage import sweep_stages
from fangge.registers.queries.life import has_due_acts


@app.task(queue="fusion", name="fusion.stage_upload")
def stage_upload(*, source_code: str, path: str, file_name: str, staff: str) -> None:
    actor = system_actor(staff, verbs=("batches.ingest",))
    upload = Path(path)
    if upload.exists():
        stage_file(
            actor=actor,
            source_code=source_code,
            path=upload,
            name=file_name,
            tell=lambda _: None,
            now=clock.now(),
        )
        # Its rows are sealed in the database now; the file itself is not.
        upload.unlink()
    link_sources()


@app.task(queue="fusion", name="fusion.link")
def link_sources(*, is_full: bool = False) -> None:
    # Whoever cancelled the run sees so on its page.
    with suppress(RunCancelled):
        link_registers(actor=linking_actor(), tell=lambda _: None, now=clock.now(), is_full=is_full)


@app.task(queue="fusion", name="fusion.check_quality")
def check_registers() -> None:
    check_quality(actor=checking_actor(), now=clock.now())


@app.periodic(cron="25 * * * *")
@app.task(queue="fusion", name="fusion.sweep_stages")
def sweep_hourly(timestamp: int) -> None:
    """Every hour: drop what a killed run left beside the registers."""
    del timestamp
    sweep_stages()


@app.periodic(cron="5 * * * *")
@app.task(queue="fusion", name="fusion.follow_calendar")
def follow_calendar(timestamp: int) -> None:
    """Every hour: let the registers follow acts on addresses whose day has come."""
    del timestamp
    if has_due_acts(now=clock.now()):
        link_registers(actor=linking_actor(), tell=lambda _: None, now=clock.now())
