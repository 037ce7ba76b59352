"""The pieces of templates, given to every text that has the template."""

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.templates import Numbers, Places


@dataclass(slots=True)
class Pieces:
    """The pieces of each template: those of template t are `first[t] : first[t + 1]`."""

    first: Places
    starts: NDArray[np.uint16]
    ends: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    sure: NDArray[np.float32]
    wordings: Numbers
    """The number of each piece's wording, where it holds no digit; else -1."""


class Spread(NamedTuple):
    """The pieces of texts: one entry a piece."""

    row: NDArray[np.uint32]
    start: NDArray[np.uint16]
    end: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    sure: NDArray[np.float32]
    wordings: Numbers
    open_: Places
    """The places of those whose wording holds digits, which are the text's own."""
    begins: Places
    """Where these begin in the buffer."""


def spread_pieces(numbers: Numbers, pieces: Pieces, texts: Places, row: int) -> Spread:
    """Give texts their pieces; `texts` says where they begin in the buffer, `row` is the first."""
    return Spread(
        *_spread(
            numbers, pieces.first, pieces.starts, pieces.ends, pieces.kinds, pieces.sure,
            pieces.wordings, texts, row,
        )
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _spread(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    numbers: Numbers,
    first: Places,
    starts: NDArray[np.uint16],
    ends: NDArray[np.uint16],
    kinds: NDArray[np.uint8],
    sure: NDArray[np.float32],
    wordings: Numbers,
    texts: Places,
    first_row: int,
) -> tuple[
    NDArray[np.uint32],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint8],
    NDArray[np.float32],
    Numbers,
    Places,
    Places,
]:
    n = 0
    for number in numbers:
        n += first[number + 1] - first[number]
    row = np.empty(n, dtype=np.uint32)
    start, end = np.empty(n, dtype=np.uint16), np.empty(n, dtype=np.uint16)
    kind, confidence = np.empty(n, dtype=np.uint8), np.empty(n, dtype=np.float32)
    wording = np.empty(n, dtype=np.int32)
    open_, begins = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    at, n_open = 0, 0
    for text in range(len(numbers)):
        number = numbers[text]
        for p in range(first[number], first[number + 1]):
            row[at], start[at], end[at] = first_row + text, starts[p], ends[p]
            kind[at], confidence[at], wording[at] = kinds[p], sure[p], wordings[p]
            if wordings[p] < 0:
                open_[n_open], begins[n_open] = at, texts[text] + starts[p]
                n_open += 1
            at += 1
    return row, start, end, kind, confidence, wording, open_[:n_open], begins[:n_open]
