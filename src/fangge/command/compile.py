"""`fangge compile`: compile the engine once after installing, so that no first use waits for it."""

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

PARTS = ("reading", "matching", "linking")
TEXTS = ("江苏省苏州市姑苏区平江街道临顿路88号3幢2单元501室", "观前花园3-2-501 王女士")
ROWS = (
    ("R", None, "road", "临顿路", "江苏省苏州市姑苏区平江街道临顿路"),
    ("N", "R", "number", "88号", "江苏省苏州市姑苏区平江街道临顿路88号"),
    ("B", "N", "building", "3幢", "江苏省苏州市姑苏区平江街道临顿路88号3幢"),
)
RESIDENTS, FEW = 500, 20
KNOWN_BITS = 7.0


@click.command("compile")
@click.option("--part", type=click.Choice(PARTS), help="Only this part, in this process.")
def command(*, part: str | None) -> None:
    """Compile the engine and keep what was compiled; `make` does so after installing.

    Without it, the first reading, matching and linking take some ten seconds longer each.
    """
    if part is not None:
        {"reading": _read, "matching": _match, "linking": _link}[part]()
        return
    started = time.perf_counter()
    programs = [
        subprocess.Popen([sys.executable, "-m", "fangge", "compile", "--part", name])  # noqa: S603
        for name in PARTS
    ]
    codes = [program.wait() for program in programs]
    if any(codes):
        raise click.ClickException("The engine was not compiled; its first use will do it.")
    click.echo(f"Compiled the engine in {time.perf_counter() - started:.0f} s.", err=True)


def _read() -> None:
    import polars as pl

    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import load_model

    Reader(load_model()).read(pl.Series(TEXTS))


def _match() -> None:
    import polars as pl

    from fangge.engine.address.matching import match_addresses, rank_addresses
    from fangge.engine.address.register import build_register, open_register, update_register

    schema = ["code", "parent_code", "level", "name", "full_name"]
    rows = pl.DataFrame(ROWS, schema=schema, orient="row").with_columns(
        aliases=pl.lit(None, pl.List(pl.String))
    )
    with tempfile.TemporaryDirectory() as folder:
        build_register(rows, Path(folder))
        update_register(rows.head(1), [], Path(folder))
        register = open_register(Path(folder))
        match_addresses(pl.Series([*TEXTS, "临顿路88号三幢", "临顿露88号3幢"]), register)
        rank_addresses("临顿", register)


def _link() -> None:
    from fangge.engine.linkage.extracts import find_changes, mark_records
    from fangge.engine.linkage.incremental import link_all, link_changes
    from fangge.engine.linkage.parameters import resident_parameters
    from fangge.engine.linkage.storage import Stored, read_state, write_state
    from fangge.engine.synthesis.extracts import generate_district
    from fangge.engine.synthesis.records import list_records

    made = generate_district(n_residents=RESIDENTS, seed=1, noise="hard")
    records = list_records(made)["residents"]
    kept = link_all(records, replace(resident_parameters(), lone_bits=KNOWN_BITS))
    link_changes(kept, records.head(FEW), records["record_id"].tail(FEW))
    with tempfile.TemporaryDirectory() as folder:
        write_state(Path(folder), Stored(kept, mark_records(records), {}, {}))
        stored = read_state(Path(folder))
        changed, removed, _ = find_changes(stored.marks, records.tail(records.height - FEW))
        link_changes(stored.kept, changed, removed)
