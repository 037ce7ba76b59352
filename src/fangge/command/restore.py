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
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="A newer backup, or a journal of erasures: what it knows is erased again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest for machines.")
def command(*, file: Path, replaces: bool, erasures: tuple[Path, ...], as_json: bool) -> None:
    """Restore the backup FILE.

    It is restored beside what is there, compared with its manifest, and only then takes its
    place. What was erased since the backup is erased again before that: by the journal in the data
    folder, in the backup, and in what --erasures names. The address index is compiled anew.
    """
    from fangge.command.archive import ERASURES, KEYS, ArchiveRefused, read_erasures, restore_backup
    from fangge.command.retention import reapply_in

    open_database()
    from fangge.retention.actions import journal_file

    def erase_again(url: str, folder: Path) -> None:
        """Put together every journal there is, and let the restored database follow it."""
        whole = folder / "erasures.whole"
        journals = [folder / ERASURES, journal_file(), *erasures]
        texts = [read_erasures(one) for one in journals if one.exists()]
        whole.write_bytes(
            b"".join(text if text.endswith(b"\n") else text + b"\n" for text in texts)
        )
        given = sorted((folder / KEYS).iterdir())
        reapply_in(
            url,
            journal=whole,
            keys={
                f"FANGGE_{key.name.upper().replace('.', '_')}": key.read_text().strip()
                for key in given
            },
        )

    try:
        manifest = restore_backup(
            file,
            url=os.environ["DATABASE_URL"],
            replaces=replaces,
            keys=data_folder() / "keys",
            mend=erase_again,
            tell=Teller(is_quiet=as_json),
        )
    except ArchiveRefused as error:
        raise click.ClickException(str(error)) from error
    compile_restored_index()
    if as_json:
        print_json(manifest)
    else:
        click.echo(f"Restored {sum(manifest['rows'].values()):,} rows.")
