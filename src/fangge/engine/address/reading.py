"""Two readers, one result: rules for register text, the trained tagger for the rest."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import KINDS
from fangge.engine.address.found import Found, merge_found
from fangge.engine.address.mending import mend_tagged
from fangge.engine.address.phrasing import write_wordings
from fangge.engine.address.pieces import Pieces, spread_pieces
from fangge.engine.address.registered import IN_ORDER, NO_FORM, REASONS, read_register_texts
from fangge.engine.address.suspicion import may_be_register_text
from fangge.engine.address.tagger import Model, tag_runs
from fangge.engine.address.templates import (
    Buffer,
    Held,
    hold_digits,
    hold_other_digits,
    lay_out_folded,
)

RULES, TAGGER = "rules", "tagger"

BATCH = 1 << 17
MOST_HELD = 1 << 20
"""Templates and wordings that are remembered, before all are forgotten."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The elements of texts, and for each text who read it and why."""

    elements: pl.DataFrame  # row, start, end, kind, normal, confidence; in order of row and start
    readers: pl.Series  # `rules` or `tagger`
    reasons: pl.Series  # one of REASONS


def read_texts(texts: pl.Series, model: Model) -> Readings:
    """Read addresses, each with the reader that suits it; see `Reader`."""
    return Reader(model).read(texts)


class Reader:
    """Reads texts, and remembers the templates it has read: texts that differ only in digits.

    Parameters
    ----------
    model : Model
        The tagger's model, as `load_model` gives it.

    Notes
    -----
    A text's template decides its elements; what remains for each text is to look its template up
    and to write each element the register's way, each distinct wording once. Threads may share a
    reader; large columns are read by as many threads as there are cores.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._memory = _Memory()

    def read(self, texts: pl.Series) -> Readings:
        """Read addresses, each with the reader that suits it.

        Parameters
        ----------
        texts : polars.Series of String
            Addresses as people wrote them; missing ones have no elements.

        Returns
        -------
        Readings
            The rules read what is register text: divisions down to the subdistrict, road, number,
            estate, building, unit, floor and room in this order, none twice, with no character
            left over and an estate by a usual ending. The tagger reads everything else.
        """
        if self._memory.is_full:
            self._memory = _Memory()
        memory, places = self._memory, range(0, max(1, len(texts)), BATCH)
        n_threads = min(len(places), len(os.sched_getaffinity(0)))
        with ThreadPoolExecutor(n_threads) as pool:
            parts = list(
                pool.map(
                    lambda at: memory.read_batch(texts.slice(at, BATCH), at, self._model), places
                )
            )
        chosen = np.concatenate([reasons for _, reasons in parts])
        return Readings(
            elements=pl.concat([elements for elements, _ in parts]),
            readers=pl.Series([RULES, *[TAGGER] * (len(REASONS) - 1)]).gather(chosen),
            reasons=pl.Series(REASONS).gather(chosen),
        )


class _Memory:
    """The templates and wordings that were met; only grows, so that threads may share it."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._templates, self._wordings = Held(masks_digits=True), Held()
        self._normals = pl.Series(dtype=pl.String)
        self._reasons = np.zeros(0, dtype=np.uint8)
        self._pieces = Pieces(
            first=np.zeros(1, dtype=np.int64),
            starts=np.zeros(0, dtype=np.uint16),
            ends=np.zeros(0, dtype=np.uint16),
            kinds=np.zeros(0, dtype=np.uint8),
            sure=np.zeros(0, dtype=np.float32),
            wordings=np.zeros(0, dtype=np.int32),
        )

    @property
    def is_full(self) -> bool:
        return max(self._templates.n, self._wordings.n) > MOST_HELD

    def read_batch(
        self, texts: pl.Series, first: int, model: Model
    ) -> tuple[pl.DataFrame, NDArray[np.uint8]]:
        """Give the elements of texts that begin at a row, and the place in REASONS of each text."""
        buffer = lay_out_folded(texts)
        numbers, pieces, reasons = self._number_templates(buffer, model)
        told = spread_pieces(numbers, pieces, buffer.starts, first)
        open_, begins = told.open_, told.begins
        with self._turn:
            told.wordings[open_] = self._number_wordings(
                buffer.codes,
                begins,
                begins + told.end[open_] - told.start[open_],
                told.kinds[open_],
            )
            normals = self._normals
        elements = pl.DataFrame(
            {
                "row": told.row,
                "start": told.start,
                "end": told.end,
                "kind": pl.Series(KINDS).gather(told.kinds),
                "normal": normals.gather(told.wordings),
                "confidence": told.sure,
            }
        )
        return elements, reasons[numbers]

    def _number_templates(
        self, buffer: Buffer, model: Model
    ) -> tuple[NDArray[np.int32], Pieces, NDArray[np.uint8]]:
        """Give each text the number of its template, and what is known of templates by then."""
        starts, ends = buffer.starts[:-1], buffer.starts[1:]
        # A text whose only digit is 0 was masked by its source, and that tells its style.
        digits = hold_other_digits(buffer.codes, starts, ends).view(np.uint8)
        with self._turn:
            n_known = self._templates.n
            numbers = self._templates.number(buffer.codes, starts, ends, digits)
            if self._templates.n > n_known:
                self._learn(n_known, model)
            return numbers, self._pieces, self._reasons

    def _learn(self, first: int, model: Model) -> None:
        """Read the templates from the one numbered `first` on, which were not met before."""
        begins = self._templates.starts[first : self._templates.n + 1]
        digits = self._templates.marks[first : self._templates.n].astype(np.bool_)
        found, reasons = read_templates(Buffer(self._templates.codes, begins), digits, model)
        held = self._pieces
        counts = np.bincount(found.rows, minlength=len(reasons))
        starts, ends = begins[found.rows] + found.starts, begins[found.rows] + found.ends
        wordings = np.full(len(found.rows), -1, dtype=np.int32)
        fixed = np.flatnonzero(~hold_digits(self._templates.codes, starts, ends))
        wordings[fixed] = self._number_wordings(
            self._templates.codes, starts[fixed], ends[fixed], found.kinds[fixed]
        )
        self._pieces = Pieces(
            first=np.concatenate([held.first, held.first[-1] + np.cumsum(counts)]),
            starts=np.concatenate([held.starts, found.starts]),
            ends=np.concatenate([held.ends, found.ends]),
            kinds=np.concatenate([held.kinds, found.kinds]),
            sure=np.concatenate([held.sure, found.sure]),
            wordings=np.concatenate([held.wordings, wordings]),
        )
        self._reasons = np.concatenate([self._reasons, reasons])

    def _number_wordings(
        self,
        codes: NDArray[np.uint32],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        kinds: NDArray[np.uint8],
    ) -> NDArray[np.int32]:
        """Give the number of each element's wording, and write new ones the register's way."""
        n_known = self._wordings.n
        numbers = self._wordings.number(codes, starts, ends, kinds)
        if self._wordings.n > n_known:
            fresh = write_wordings(
                self._wordings.codes,
                self._wordings.starts[n_known : self._wordings.n + 1],
                self._wordings.marks[n_known : self._wordings.n],
            )
            self._normals = pl.concat([self._normals, fresh], rechunk=True)
        return numbers


def read_templates(
    templates: Buffer, digits: NDArray[np.bool_], model: Model
) -> tuple[Found, NDArray[np.uint8]]:
    """Read templates, which may stand for texts with digits other than 0.

    Returns their elements, and the place in REASONS of each.
    """
    codes, bounds = templates.codes, templates.starts
    reasons = np.full(len(digits), REASONS.index(NO_FORM), dtype=np.uint8)
    formed = np.flatnonzero(may_be_register_text(codes, bounds))
    texts = pl.Series([templates.tell_one(row) for row in formed.tolist()], dtype=pl.String)
    ruled, reasons[formed] = read_register_texts(texts)
    ruled = ruled._replace(rows=formed[ruled.rows])
    others = np.flatnonzero(reasons != REASONS.index(IN_ORDER))
    if not len(others):
        return ruled, reasons
    tagged = tag_runs(codes, bounds, others, digits[others], model)
    return merge_found(ruled, mend_tagged(tagged, codes, bounds, others)), reasons
