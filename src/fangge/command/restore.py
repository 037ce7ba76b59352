"""`fangge restore`: a backup back into the database, whole or not at all."""

import os
from pathlib import Path

import click

from fangge.command.output import Teller, print_json
from fangge.command.setup import data_folder, open_database


def compile_restored_index() -> None:
    """Compile the address index of what was restored, and give the site its rights on it again."""
    from django.core.management import call_command
    from django.db import connection

    from fangge.kernel import clock
    from fangge.registers.actions.index import compile_index, publish_index

    connection.close()  # it was of the database that is gone
    call_command("migrate", verbosity=0, interactive=False)
    publish_index(compile_index(run_id=0), since=clock.now())


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", "replaces", is_flag=True, help="Put it in the place of what is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest for machines.")
def command(*, file: Path, replaces: bool, as_json: bool) -> None:
    """Restore the backup FILE.

    It is restored beside what is there, compared with its manifest, and only then takes its
    place. The address index is compiled anew from it.
    """
    from fangge.command.archive import ArchiveRefused, restore_backup

    open_database()
    try:
        manifest = restore_backup(
            file,
            url=os.environ["DATABASE_URL"],
            replaces=replaces,
            keys=data_folder() / "keys",
            tell=Teller(is_quiet=as_json),
        )
    except ArchiveRefused as error:
        raise click.ClickException(str(error)) from error
    compile_restored_index()
    if as_json:
        print_json(manifest)
    else:
        click.echo(f"Restored {sum(manifest['rows'].values()):,} rows.")
