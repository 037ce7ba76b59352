"""`fangge backup`: everything the registers hold, in one file."""

import os
from pathlib import Path

import click

from fangge.command.output import Teller, print_json
from fangge.command.setup import data_folder, open_database


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-keys", is_flag=True, help="Put the keys in too: keep such a file under lock.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest for machines.")
def command(*, file: Path, with_keys: bool, as_json: bool) -> None:
    """Write a backup to FILE.

    Without --with-keys the file is of no use to a thief: identifiers and phones in it stay
    sealed. Keep the folder `keys` of the data folder elsewhere, and safely.

    \b
    Example:
      fangge backup district-2026-11-23.tar
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.command.archive import ArchiveRefused, write_backup

    open_database()
    from fangge.retention.actions import bring_journal_up_to_date, journal_file

    bring_journal_up_to_date()
    keys = data_folder() / "keys" if with_keys else None
    try:
        manifest = write_backup(
            file,
            url=os.environ["DATABASE_URL"],
            keys=keys,
            erasures=journal_file(),
            tell=Teller(is_quiet=as_json),
        )
    except ArchiveRefused as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json(manifest)
    else:
        click.echo(f"Wrote {sum(manifest['rows'].values()):,} rows to {file}.")
