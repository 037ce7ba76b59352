"""The trained sequence model: load it, and read texts with it."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.decoding import Tables, hash_texts, lay_weights, tag_layout
from fangge.engine.address.labels import N_COLUMNS, N_LABELS, N_STARTS, REPORTED
from fangge.engine.address.layout import (
    Layout,
    classes_of_characters,
    lay_out,
)
from fangge.engine.address.lexicon import (
    Lexicon,
    make_table,
)
from fangge.engine.address.style import guess_styles

MODEL = "reader.npz"
FORMAT = 4
BATCH = 20_000
SCHEMA = {
    "row": pl.UInt32,
    "start": pl.UInt16,
    "end": pl.UInt16,
    "kind": pl.String,
    "confidence": pl.Float32,
}


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
        starts = self.moves[:N_LABELS, :N_STARTS]
        slots, words = lay_weights(self.keys, self.weights, self.styles.shape[1])
        return Tables(
            slots=slots,
            words=words,
            moves=self.moves,
            reach=int(starts.max() - starts.min()),
            scale=np.float32(self.scale),
            names=make_table(self.lexicon.hashes),
            name_kinds=self.lexicon.kinds,
            openings=self.lexicon.openings,
        )


def save_model(model: Model, path: Path) -> None:
    """Write a model to one compressed file; the same model gives the same bytes."""
    np.savez_compressed(
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
    folded: pl.Series,
    model: Model,
    *,
    digits: NDArray[np.bool_] | None = None,
    n_threads: int = 1,
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
    n_threads : int
        How many batches of 20,000 texts to read at once; the result is the same.

    Returns
    -------
    polars.DataFrame
        row (u32), start and end (u16, characters), kind, confidence (f32, 0.5 to 1: for the
        element's least certain character, the odds of its label against the next likely one).

    Notes
    -----
    Time O(characters); texts that differ in digits only are read once a batch. Runs of characters
    that belong to nothing are `redundant`, without the marks around them.
    """

    def tag_batch(at: int) -> pl.DataFrame:
        said = None if digits is None else digits[at : at + BATCH]
        return _tag_layout(lay_out(folded.slice(at, BATCH), said), model, at)

    begins = range(0, folded.len(), BATCH)
    if n_threads == 1 or len(begins) == 1:
        frames = [tag_batch(at) for at in begins]
    else:
        with ThreadPoolExecutor(n_threads) as pool:
            frames = list(pool.map(tag_batch, begins))
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def _tag_layout(laid: Layout, model: Model, first: int) -> pl.DataFrame:
    hashes = hash_texts(laid.codes, laid.starts, laid.sizes, laid.digits)
    _, distinct, same_as = np.unique(hashes, return_index=True, return_inverse=True)
    classes = classes_of_characters()[np.minimum(laid.codes, (1 << 16) - 1)]
    styles = guess_styles(
        laid.codes, laid.starts[distinct], laid.sizes[distinct], laid.digits[distinct], model.styles
    )
    # Texts of one style after the other: they look things up in one table.
    order = np.argsort(styles, kind="stable")
    counts, spans, sure = tag_layout(
        laid.codes, classes, laid.starts[distinct[order]], laid.sizes[distinct[order]],
        styles[order], model.tables,
    )  # fmt: skip
    same_as = np.argsort(order)[same_as]
    row, place = _spread(counts, same_as)
    return pl.DataFrame(
        {
            "row": (row + first).astype(np.uint32),
            "start": spans[place, 0],
            "end": spans[place, 1],
            "kind": pl.Series(REPORTED, dtype=pl.String).gather(spans[place, 2]),
            "confidence": sure[place],
        },
        schema=SCHEMA,
    )


def _spread(
    counts: NDArray[np.int64], same_as: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the elements of each distinct text to all texts that are like it."""
    begins = np.cumsum(counts) - counts
    n_each = counts[same_as]
    row = np.repeat(np.arange(len(same_as)), n_each)
    within = np.arange(n_each.sum()) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    return row, begins[same_as][row] + within
