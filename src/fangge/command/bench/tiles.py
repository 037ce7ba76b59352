"""`fangge bench tiles`: map tiles beside the same counts without the pyramid."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click
import numpy as np

from fangge.command.output import print_json
from fangge.command.setup import forget_address, open_database

CENTRE = (120.6, 31.31)
SPREAD_DEGREES = 0.05
ZOOMS = (10, 12, 13, 14, 15, 16, 17)
TILES_A_ZOOM = 25


@click.command("tiles")
@click.option("--points", default=1_000_000, show_default=True)
@click.option(
    "--json", is_flag=True, expose_value=False, help="JSON is what it prints in any case."
)
def command(*, points: int) -> None:
    """Time tiles from POINTS buildings; the peer groups the same points without the pyramid."""
    os.environ["FANGGE_DATA"] = os.environ.get("FANGGE_DATA", ".fangge") + "/bench"
    forget_address()
    open_database()
    from fangge.engine.place.tiles import tile_range
    from fangge.registers.actions.tiles import draw_spots

    built = _fill(points)
    actor = _everyone()
    rng = np.random.default_rng(1)
    figures: dict[str, object] = {}
    for zoom in ZOOMS:
        ours: list[float] = []
        theirs: list[float] = []
        for x, y in _tiles(zoom, rng):
            codes = tile_range(zoom, x, y)
            ours.append(
                _milliseconds(
                    partial(draw_spots, actor=actor, layer="address", zoom=zoom, x=x, y=y)
                )
            )
            theirs.append(_milliseconds(partial(_group_points, zoom, codes)))
        figures[f"z{zoom}"] = {
            "p50_ms": round(statistics.median(ours), 2),
            "p95_ms": round(float(np.percentile(ours, 95)), 2),
            "peer_p95_ms": round(float(np.percentile(theirs, 95)), 2),
        }
    print_json(
        {
            "points": points,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "pyramid_seconds": built,
            "cache": "off",
            "tiles": figures,
        }
    )


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _everyone() -> Any:
    from fangge.kernel.actor import system_actor

    return system_actor("bench", verbs=("map.see", "addresses.see"))


def _tiles(zoom: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Choose tiles where the points are, as a reader would."""
    lon = rng.normal(CENTRE[0], SPREAD_DEGREES / 2, TILES_A_ZOOM)
    lat = rng.normal(CENTRE[1], SPREAD_DEGREES / 2, TILES_A_ZOOM)
    x = ((lon + 180) / 360 * 2**zoom).astype(int)
    y = ((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom).astype(int)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _fill(points: int) -> float:
    """Write the points once as addresses and build the pyramid; give the seconds that took."""
    import polars as pl
    from django.db import connection, transaction

    from fangge.engine.place.tiles import encode_morton
    from fangge.kernel import clock
    from fangge.kernel.bulk import copy_frame
    from fangge.registers.actions.mapcells import refresh_map_cells

    rng = np.random.default_rng(7)
    lon = rng.normal(CENTRE[0], SPREAD_DEGREES, points)
    lat = rng.normal(CENTRE[1], SPREAD_DEGREES, points)
    ids = np.arange(1, points + 1)
    now = clock.now().isoformat()
    frame = pl.DataFrame({"id": ids, "lon": lon, "lat": lat}).select(
        "id",
        code=pl.format("B{}", "id"),
        level=pl.lit("number"),
        name=pl.format("{}号", "id"),
        full_name=pl.format("{}号", "id"),
        building_id="id",
        position=pl.format("({},{})", "lon", "lat"),
        morton=pl.Series(encode_morton(lon, lat)),
        starts_on=pl.lit("2020-01-01"),
        origins=pl.lit("{}"),
        changed_at=pl.lit(now),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE registers_address, registers_mapcell, registers_buildingcount CASCADE"
        )
        copy_frame(cursor, "registers_address", frame)
        started = time.perf_counter()
        refresh_map_cells(building_ids=None)
        seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registers_address, registers_mapcell, registers_buildingcount")
    return round(seconds, 2)


def _group_points(zoom: int, codes: tuple[int, int]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT morton >> %s, avg(position[0]), avg(position[1]), count(*) "
            "FROM registers_address WHERE morton >= %s AND morton < %s "
            "AND level IN ('building', 'number') GROUP BY 1",
            [62 - 2 * (zoom + 3), *codes],
        )
        cursor.fetchall()
