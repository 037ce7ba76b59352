"""How functions are compiled: kept in Numba's cache, without a lock on other threads."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numba


def _drop_stale() -> None:
    """Drop what was compiled before a source here changed.

    Numba looks at the file of a function only, not at those of the functions that it calls.
    """
    here = Path(__file__).parent
    with suppress(OSError):
        sources = [path for path in here.glob("*.py") if b"@within" in path.read_bytes()]
        changed_at = max(path.stat().st_mtime for path in sources)
        for path in (here / "__pycache__").glob("*.nbi"):
            if path.stat().st_mtime < changed_at:
                path.unlink(missing_ok=True)


_drop_stale()
compiled: Any = partial(numba.njit, cache=True, nogil=True, error_model="numpy")()
"""For what Python calls."""

within: Any = partial(
    numba.njit,
    cache=True,
    nogil=True,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)()
"""For what only compiled functions call: it has no door for Python, and compiles in less time."""
