"""The trained sequence model: load it, and read texts with it."""

import zipfile
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.decoding import Tables, lay_moves, tag_layout
from fangge.engine.address.found import Found, tell_found
from fangge.engine.address.labels import N_COLUMNS
from fangge.engine.address.layout import (
    Codes,
    Layout,
    Places,
    classes_of_characters,
    lay_out,
    lay_out_runs,
)
from fangge.engine.address.lexicon import (
    Lexicon,
    make_table,
)
from fangge.engine.address.packing import pack_rows
from fangge.engine.address.style import guess_styles

MODEL = "reader.npz"
FORMAT = 4
CALM = 0.44
"""What a lead is multiplied by so that confidence says how often an element is right."""


class ModelUnreadable(Exception):
    """The file holds no model of this version; train it anew."""


@dataclass(frozen=True)
class Model:
    """Weights of a linear-chain conditional random field over hashed features."""

    keys: NDArray[np.uint64]  # sorted hashes of the features that are kept
    weights: NDArray[np.int8]  # (n_features, N_COLUMNS), in units of `scale`
    moves: NDArray[np.int32]  # (N_COLUMNS + 1, N_COLUMNS): from label, last row from the start
    scale: float
    styles: NDArray[np.float32]  # (N_BUCKETS, n_styles)
    lexicon: Lexicon

    @cached_property
    def tables(self) -> Tables:
        """The model laid out for reading, once."""
        return Tables(
            rows=pack_rows(self.keys, self.weights, self.styles.shape[1]),
            moves=lay_moves(self.moves),
            scale=np.float32(self.scale * CALM),
            names=make_table(self.lexicon.hashes),
            name_kinds=self.lexicon.kinds,
            openings=self.lexicon.openings,
        )


def save_model(model: Model, path: Path) -> None:
    """Write a model to one file; the same model gives the same bytes.

    It is not compressed, since every process that reads an address would wait for that.
    """
    np.savez(
        path,
        format=np.array(FORMAT),
        keys=np.diff(model.keys, prepend=np.uint64(0)),
        weights=np.ascontiguousarray(model.weights.T),
        moves=model.moves,
        scale=np.array(model.scale),
        styles=model.styles.astype(np.float16),
        names=np.diff(model.lexicon.hashes, prepend=np.uint64(0)),
        name_kinds=model.lexicon.kinds,
        openings=model.lexicon.openings,
    )


def read_model(path: Path) -> Model:
    """Read a model from its file.

    Raises
    ------
    ModelUnreadable
        If the file is of another version, or no model at all.
    """
    try:
        with np.load(path) as held:
            if int(held["format"]) != FORMAT or held["weights"].shape[0] != N_COLUMNS:
                raise ModelUnreadable(f"{path} is of another version; train it anew")
            return Model(
                keys=np.cumsum(held["keys"], dtype=np.uint64),
                weights=np.ascontiguousarray(held["weights"].T),
                moves=held["moves"],
                scale=float(held["scale"]),
                styles=held["styles"].astype(np.float32),
                lexicon=Lexicon(
                    np.cumsum(held["names"], dtype=np.uint64),
                    held["name_kinds"],
                    held["openings"],
                ),
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelUnreadable(f"{path} holds no model; train it anew") from error


@cache
def load_model() -> Model:
    """Load the model shipped with the package."""
    with as_file(files("fangge.engine.address.tables").joinpath(MODEL)) as path:
        return read_model(path)


def tag_texts(
    folded: pl.Series, model: Model, *, digits: NDArray[np.bool_] | None = None
) -> pl.DataFrame:
    """Read folded texts with a model.

    Parameters
    ----------
    folded : polars.Series of String
        Texts as `fold_texts` gives them.
    model : Model
        As `load_model` gives it.
    digits : bool array, optional
        Where digits were masked as 0: whether each text had another.

    Returns
    -------
    polars.DataFrame
        row (u32), start and end (u16, characters), kind, confidence (f32, 0.5 to 1: the odds of
        what the element is against the next likely reading of its least certain character).

    Notes
    -----
    Time O(characters). Runs of characters that belong to nothing are `redundant`, without the
    marks around them.
    """
    return tell_found(tag_layout_of(lay_out(folded, digits), model))


def tag_runs(
    codes: Codes, bounds: Places, rows: Places, digits: NDArray[np.bool_], model: Model
) -> Found:
    """Read some of the texts `codes[bounds[i] : bounds[i + 1]]`; see `tag_texts`."""
    runs = lay_out_runs(codes, bounds, rows, digits)
    found = tag_layout_of(runs.laid, model)
    begins = runs.laid.starts[found.rows]
    return found._replace(
        rows=rows[found.rows],
        starts=runs.origins[begins + found.starts],
        ends=runs.origins[begins + found.ends - 1] + np.uint16(1),
    )


def tag_layout_of(laid: Layout, model: Model) -> Found:
    """Read texts that are laid out; see `tag_texts`."""
    classes = classes_of_characters()[np.minimum(laid.codes, (1 << 16) - 1)]
    styles = guess_styles(laid.codes, laid.starts, laid.sizes, laid.digits, model.styles)
    # Texts of one style after the other: they look things up in one table.
    order = np.argsort(styles, kind="stable")
    found: Found = tag_layout(
        laid.codes, classes, laid.starts, laid.sizes, styles, order, model.tables
    )
    return found
