"""`fangge ingest`: check a file by its contract and stage it."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fangge.command.output import print_json
from fangge.command.setup import open_database

VERBS = ("sources.edit", "batches.ingest")


@click.command("ingest")
@click.argument("contract")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check every row and keep nothing.")
@click.option(
    "--extracted",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the extract; else the date in the file's name, else now.",
)
@click.option("--link", is_flag=True, help="Bring the registers up to date afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def command(
    *,
    contract: str,
    file: Path,
    dry_run: bool,
    extracted: datetime | None,
    link: bool,
    as_json: bool,
) -> None:
    """Check FILE by its source's CONTRACT and stage its rows.

    Rows that break a rule wait in quarantine for a steward. The same file again changes nothing;
    a run that was killed goes on where it stopped.

    \b
    Examples:
      fangge ingest police_population police_population.csv --dry-run
      fangge ingest police_population police_population.csv --link
    """  # noqa: D301 - click's mark for text that keeps its lines
    open_database()
    from fangge.fusion.actions.contracts import install_contracts
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor
    from fangge.kernel.errors import FanggeError

    actor = system_actor("command", verbs=VERBS)
    install_contracts(actor=actor, now=clock.now())
    try:
        summary = (
            _try(actor, contract, file, is_quiet=as_json)
            if dry_run
            else _stage(actor, contract, file, extracted, is_quiet=as_json)
        )
        if link and not dry_run:
            summary["registers"] = _link()
    except FanggeError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json(summary)
    else:
        for name, value in summary.items():
            click.echo(f"{name:<14}{value}")


def _watch(contract: str, file: Path, *, is_quiet: bool) -> tuple[Progress, Any]:
    from fangge.fusion.actions.ingest import guess_rows

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} rows/s"),
        TimeRemainingColumn(),
        disable=is_quiet,
    )
    task = progress.add_task(file.name, total=guess_rows(contract, file), rate="…")

    def tell(n_rows: int) -> None:
        speed = progress.tasks[0].speed
        progress.update(task, completed=n_rows, rate=f"{speed:,.0f}" if speed else "…")

    return progress, tell


def _try(actor: Any, contract: str, file: Path, *, is_quiet: bool) -> dict[str, Any]:
    from fangge.fusion.actions.ingest import try_file

    progress, tell = _watch(contract, file, is_quiet=is_quiet)
    with progress:
        trial = try_file(actor=actor, source_code=contract, path=file, tell=tell)
    return {
        "dry_run": True,
        "rows": trial.n_rows,
        "faulty": trial.n_faulty,
        "warnings": trial.n_warnings,
        "by_rule": trial.by_rule,
        "first": trial.first,
    }


def _stage(
    actor: Any, contract: str, file: Path, extracted: datetime | None, *, is_quiet: bool
) -> dict[str, Any]:
    from django.utils import timezone

    from fangge.fusion.actions.ingest import stage_file
    from fangge.kernel import clock

    progress, tell = _watch(contract, file, is_quiet=is_quiet)
    with progress:
        batch = stage_file(
            actor=actor,
            source_code=contract,
            path=file,
            tell=tell,
            extracted_at=timezone.make_aware(extracted) if extracted else None,
            now=clock.now(),
        )
    return {
        "batch": batch.pk,
        "state": batch.state,
        "rows": batch.n_read,
        "accepted": batch.n_accepted,
        "unchanged": batch.n_unchanged,
        "quarantined": batch.n_quarantined,
        "missing": batch.n_missing,
        "missing_asked": batch.is_missing_asked,
    }


def _link() -> dict[str, Any]:
    from fangge.fusion.actions.link import link_registers, linking_actor
    from fangge.kernel import clock

    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=clock.now())
    return dict(run.figures)
