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
_njit: Any = partial(numba.njit, cache=True, nogil=True, error_model="numpy")
_njit_within: Any = partial(_njit, no_cpython_wrapper=True, no_cfunc_wrapper=True)

compiled: Any = _njit()
"""For what Python calls."""

within: Any = _njit_within()
"""For what only compiled functions call: it has no door for Python, and compiles in less time."""

# Numba counts who holds an array whenever one is taken out of a tuple, by one locked addition each:
# that is ten times the work of most functions that are given a whole index.
compiled_lean: Any = _njit(_nrt=False)
"""Like `compiled`, for what makes no array and returns none: the caller holds all it looks at."""

within_lean: Any = _njit_within(_nrt=False)
"""Like `within`, for what makes no array and returns none."""
