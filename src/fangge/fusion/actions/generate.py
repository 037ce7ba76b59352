"""Make a generated district stand in a folder."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from fangge.fusion.adapters.extracts import FILES, SUMMARY, write_extracts
from fangge.kernel.errors import Conflict


class FolderTaken(Conflict):
    """The folder holds something that was not generated here."""


def write_district(
    *, folder: Path, n_residents: int, seed: int, noise: str, tell: Callable[[str], None]
) -> dict[str, object]:
    """Generate a district and write it, whole or not at all; give its summary.

    An older district in the folder is replaced. `tell` is told each stage and each file when it
    is done. Raises `FolderTaken` when the folder holds anything but a generated district.
    """
    folder = folder.resolve()
    check_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        fresh.chmod(0o755)
        summary = write_extracts(fresh, n_residents=n_residents, seed=seed, noise=noise, tell=tell)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return summary


def check_folder(folder: Path) -> None:
    """Raise `FolderTaken` unless the folder is absent, empty or a generated district."""
    names = {
        entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if not entry.is_dir()
    }
    if names and (SUMMARY not in names or names - set(FILES)):
        raise FolderTaken(
            f"{folder} is not empty and not a generated district. Name another folder."
        )
