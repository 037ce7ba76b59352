"""`fangge generate`: write a synthetic district as departments would send it."""

from pathlib import Path

import click

from fangge.command.output import Teller, print_json


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
    from fangge.fusion.adapters.extracts import FolderTaken, write_district

    tell = Teller(is_quiet=as_json)
    try:
        summary = write_district(out, n_residents=residents, seed=seed, noise=noise, tell=tell)
    except FolderTaken as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json({**summary, "out": str(out), "seconds": tell.seconds})
    else:
        click.echo(f"Wrote {residents:,} residents to {out}.")
