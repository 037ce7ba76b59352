"""`fangge demo`: the main job on a generated district, then the site."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fangge.command.output import Teller, print_json
from fangge.command.setup import data_folder, forget_address, open_database


@click.command("demo")
@click.option("--residents", default=20_000, show_default=True, type=click.IntRange(500, 2_000_000))
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--noise", default="usual", show_default=True, type=click.Choice(["none", "usual", "hard"])
)
@click.option("--check", is_flag=True, help="Measure against the truth, print JSON, do not serve.")
@click.option("--port", default=8000, show_default=True)
def command(*, residents: int, seed: int, noise: str, check: bool, port: int) -> None:
    """Generate a district, ingest and fuse its extracts, and open the site.

    \b
    Examples:
      fangge demo
      fangge demo --residents 20000 --check
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.fusion.actions.generate import write_district

    started = time.perf_counter()
    tell = Teller(is_quiet=check, costs=COSTS)
    folder = data_folder() / "district"
    write_district(folder=folder, n_residents=residents, seed=seed, noise=noise, tell=tell)
    open_database()
    tell("start_database")
    summary = run_main_job(folder, tell)
    summary["seconds"] = tell.seconds | {"total": round(time.perf_counter() - started, 2)}
    if check:
        from fangge.command.accuracy import measure_accuracy

        print_json(summary | measure_accuracy(folder))
        return
    serve_demo(port, summary)


def run_main_job(folder: Path, tell: Teller) -> dict[str, Any]:
    """Bring the areas and all extracts in, and fuse them."""
    from datetime import date

    from fangge.areas.actions import import_areas
    from fangge.fusion.actions.contracts import install_contracts
    from fangge.fusion.actions.ingest import stage_file
    from fangge.fusion.actions.link import link_registers, linking_actor
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor

    actor = system_actor(
        "demo", verbs=("areas.import", "sources.edit", "batches.ingest", "batches.roll_back")
    )
    import_areas(actor=actor, path=folder / "areas.gpkg", starts_on=date(2020, 1, 1))
    install_contracts(actor=actor, now=clock.now())
    tell("areas_and_contracts")
    set_aside_other_districts(actor, folder)
    rows: dict[str, dict[str, int]] = {}
    for code, name in EXTRACTS.items():
        batch = stage_file(
            actor=actor,
            source_code=code,
            path=folder / name,
            tell=tell.count,
            extracted_at=GENERATED_AT,
            now=clock.now(),
        )
        rows[code] = {
            "rows": batch.n_read,
            "accepted": batch.n_accepted,
            "unchanged": batch.n_unchanged,
            "quarantined": batch.n_quarantined,
        }
        tell(f"ingest_{code}")
    run = link_registers(actor=linking_actor(), tell=tell, now=clock.now())
    return {
        "rows_in": {code: counts["rows"] for code, counts in rows.items()},
        "quarantined": {code: counts["quarantined"] for code, counts in rows.items()},
        "batches": rows,
        "entries": count_entries(),
        "run": run.figures,
    }


def set_aside_other_districts(actor: Any, folder: Path) -> None:
    """Take back the batches of a district generated before with another size or seed."""
    from fangge.fusion.actions.ingest import roll_back_other_files
    from fangge.kernel import clock

    for code, name in EXTRACTS.items():
        roll_back_other_files(
            actor=actor, source_code=code, path=folder / name,
            reason="another generated district took its place", now=clock.now(),
        )  # fmt: skip


# Seconds of each stage with 20,000 residents on two cores: only their shares count.
COSTS = {
    "start_database": 0.7,
    "areas_and_contracts": 0.8,
    "ingest_standard_addresses": 0.5,
    "ingest_police_population": 0.8,
    "ingest_health_population": 0.6,
    "ingest_housing_dwellings": 0.9,
    "ingest_market_organisations": 0.1,
    "ingest_tenancy_agreements": 0.2,
    "register_addresses": 0.5,
    "read_police_population": 0.3,
    "match_police_population": 0.4,
    "match_health_population": 0.3,
    "keep_readings": 1.0,
    "link_residents": 0.3,
    "register_residents": 0.8,
    "register_dwellings": 0.5,
    "register_organisations": 0.2,
    "write_occupancies": 0.8,
    "count_for_map": 0.2,
}

# The day on which the generated people are as old as they are: `TODAY` of the synthesis.
GENERATED_AT = datetime(2026, 6, 30, tzinfo=UTC)
EXTRACTS = {
    "standard_addresses": "addresses.gpkg",
    "police_population": "police_population.csv",
    "health_population": "health_population.parquet",
    "housing_dwellings": "housing_dwellings.xlsx",
    "tenancy_agreements": "tenancy_agreements.csv",
    "market_organisations": "market_organisations.csv",
}


def count_entries() -> dict[str, int]:
    from fangge.registers.queries.figures import register_counts

    return register_counts()


def serve_demo(port: int, summary: dict[str, Any]) -> None:
    """Say who may sign in, then become the server.

    The server forks its workers, and a process whose engine has threads must not fork: so the
    site is served by a fresh program in this one's place.
    """
    from fangge.command.accounts import make_demo_accounts
    from fangge.command.demo_cases import make_demo_cases, seat_handler

    accounts = make_demo_accounts()
    seat_handler()
    make_demo_cases()
    click.echo("\nThe district stands:")
    for register, count in summary["entries"].items():
        click.echo(f"  {register:<16}{count:>10,}")
    click.echo("\nDemo accounts (name, password, role):")
    for account in accounts:
        click.echo(f"  {account.username:<12}{account.password:<20}{account.role}")
    if os.environ.setdefault("FANGGE_SECOND_FACTOR_ROLES", "none") == "none":
        click.echo("\nThe demo asks nobody for a second factor: a real site asks by role.")
    sys.stdout.flush()
    forget_address()
    os.execv(  # noqa: S606 - our own program, in this one's place
        sys.executable, [sys.executable, "-m", "fangge", "serve", "--port", str(port)]
    )
