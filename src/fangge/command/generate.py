"""`fangge generate`: write a synthetic district as departments would send it."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from typing_extensions import override

from fangge.command.output import Teller, print_json

SHARES = {
    "district": 0.1,
    "people": 0.09,
    "police": 0.11,
    "health": 0.08,
    "housing": 0.06,
    "market": 0.01,
}
"""What part of the work is done with each stage; the files share the rest."""
N_FILES = 13


class Bar(Teller):
    """Shows how far the district is, how fast, and how much time is left."""

    def __init__(self, progress: Progress, *, n_residents: int) -> None:
        super().__init__(is_quiet=True)
        self.progress, self.n_residents = progress, n_residents
        self.task = progress.add_task("district", total=n_residents, rate="")

    @override
    def __call__(self, stage: str) -> None:
        super().__call__(stage)
        a_file = (1 - sum(SHARES.values())) / N_FILES
        share = SHARES.get(stage, a_file)
        self.progress.update(self.task, advance=share * self.n_residents, description=stage)
        done, seconds = self.progress.tasks[0].completed, sum(self.seconds.values())
        self.progress.update(self.task, rate=f"{done / max(seconds, 1e-6):,.0f} residents/s")


@click.command("generate")
@click.option(
    "--residents",
    default=20_000,
    show_default=True,
    type=click.IntRange(500, 5_000_000),
    help="People in the district.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--noise",
    default="usual",
    show_default=True,
    type=click.Choice(["none", "usual", "hard"]),
    help="How badly the extracts are spoilt.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write; an older generated district there is replaced.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def command(*, residents: int, seed: int, noise: str, out: Path, as_json: bool) -> None:
    """Write a synthetic district as the extracts that departments send.

    \b
    Example:
      fangge generate --residents 20000 --out district
    """  # noqa: D301 - click's mark for text that keeps its lines
    # What `--help` does not need is loaded here, so that it answers at once.
    from fangge.fusion.actions.generate import FolderTaken, write_district

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=as_json, transient=True) as progress:
        tell = Bar(progress, n_residents=residents)
        try:
            summary = write_district(
                folder=out, n_residents=residents, seed=seed, noise=noise, tell=tell
            )
        except FolderTaken as error:
            raise click.ClickException(str(error)) from error
    seconds = sum(tell.seconds.values())
    if as_json:
        print_json(
            {**summary, "out": str(out), "seconds": {**tell.seconds, "all": round(seconds, 3)}}
        )
    else:
        click.echo(f"Wrote {residents:,} residents to {out} in {seconds:.1f} s.")
