"""`fangge retention`: what is kept how long, and erasing what has outlived its clock."""

import os
from pathlib import Path
from urllib.parse import quote

import click

from fangge.command.output import print_json
from fangge.command.setup import open_database


@click.group("retention")
def command() -> None:
    """Show how long what is kept, and erase what is due."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def show(*, as_json: bool) -> None:
    """Show each kind of record with its clock, its legal basis, and how many are due now."""
    open_database()
    from fangge.kernel import clock
    from fangge.retention.queries.showing import show_clocks

    lines = show_clocks(now=clock.now())
    if as_json:
        print_json(
            {one.code: {"days": one.kind.days, "fate": one.kind.fate, "basis": one.kind.basis,
                        "n_due": one.n_due} for one in lines}
        )  # fmt: skip
        return
    for one in lines:
        days = "kept" if one.kind.days is None else f"{one.kind.days:,} days"
        click.echo(f"{one.code:<22}{days:>12}{one.n_due:>10,} due  {one.kind.title}")


@command.command("run")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def run(*, as_json: bool) -> None:
    """Erase now what has outlived its clock; the worker does it every night.

    It may be killed and run again. Each slice leaves an entry of the ledger: how many, and a hash
    over keyed hashes of what was erased.
    """
    open_database()
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor
    from fangge.retention.actions import run_retention

    told = run_retention(
        actor=system_actor("retention", verbs=("retention.run",)),
        tell=lambda kind, n: click.echo(f"  {kind:<22}{n:>10,}", err=True),
        now=clock.now(),
    )
    if as_json:
        print_json(told)
    else:
        click.echo(f"Erased {sum(told.values()):,} records.")


@command.command("reapply", hidden=True)
@click.argument("journal", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def reapply(*, journal: Path) -> None:
    """Erase in a restored database what JOURNAL says was erased; `fangge restore` calls it."""
    open_database()
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor
    from fangge.retention.actions import erase_again, read_erasures, remember_erasures

    known = read_erasures(journal)
    actor = system_actor("retention", verbs=("retention.run",))
    told = erase_again(actor=actor, known=known, now=clock.now())
    remember_erasures(known=known)
    click.echo(f"Erased again {sum(told.values()):,} records.", err=True)


def write_url(address: str) -> str:
    """Write libpq's words as the URL that DATABASE_URL takes."""
    from psycopg.conninfo import conninfo_to_dict

    parts = {name: quote(str(value), safe="") for name, value in conninfo_to_dict(address).items()}
    who = f"{parts.pop('user', '')}:{parts.pop('password', '')}"
    name = parts.pop("dbname", "")
    rest = "&".join(f"{key}={value}" for key, value in parts.items())
    return f"postgresql://{who}@/{name}?{rest}"


def reapply_in(url: str, *, journal: Path, keys: dict[str, str]) -> None:
    """Erase again in the database of this address, in a process of its own, with these keys."""
    import subprocess
    import sys

    ran = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "fangge", "retention", "reapply", str(journal)],
        env={**os.environ, **keys, "DATABASE_URL": write_url(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr.strip())
