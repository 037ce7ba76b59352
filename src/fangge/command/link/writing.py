"""What was found, as Parquet in a folder that is whole or absent."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from fangge.command.link.fusing import Fused, Spread
from fangge.kernel.errors import Conflict, Invalid

SUMMARY = "link.json"
TABLES = ("clusters", "entries", "review")


class OutputTaken(Conflict):
    """The output folder holds something that `fangge link` did not write."""


class OutputUnwritable(Invalid):
    """The output could not be written, and nothing of it is left."""


def check_output(folder: Path) -> None:
    """Raise `OutputTaken` unless the folder is absent, empty or an older output."""
    names = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
    ours = {name for name in names if name == SUMMARY or name.endswith(_endings())}
    if names and (SUMMARY not in names or names - ours):
        raise OutputTaken(
            f"{folder} is not empty and no older output. Name another folder with --output."
        )


def write_output(folder: Path, found: Mapping[str, Fused], summary: Mapping[str, Any]) -> None:
    """Write everything into a hidden folder beside the output, then let it take its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for kind, fused in found.items():
            for table in TABLES:
                _write(getattr(fused, table), fresh / f"{kind}_{table}.parquet")
        (fresh / SUMMARY).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OutputUnwritable(
            f"Nothing was written to {folder}: {error}. Make room, then try again."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(table: pl.DataFrame | Spread, path: Path) -> None:
    if isinstance(table, Spread):
        table.write(path)
    else:
        table.write_parquet(path, compression="lz4", statistics=False)


def _endings() -> tuple[str, ...]:
    return tuple(f"_{table}.parquet" for table in TABLES)
