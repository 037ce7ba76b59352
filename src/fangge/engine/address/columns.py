"""The nodes of an index as columns of numbers, and the strings they are written with."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.postings import U32
from fangge.engine.address.tree import I32

IN_BASE, IN_CHANGES, REMOVED = 0, 1, 255
"""Where the keys of a node are held."""
OWN, AFTER_TEXT, AFTER_NODE = range(3)
"""A string stands whole; or a text, or an ancestor's string, comes before what is its own."""
MOST_UP = 3
MOST_LEVELS = 250
COLUMN_TYPES = {
    "parents": np.int32,
    "classes": np.uint8,
    "levels": np.uint8,
    "areas": np.uint32,
    "states": np.uint8,
    "names": np.uint32,
    "codes": np.uint32,
    "code_rules": np.uint8,
    "fulls": np.uint32,
    "full_rules": np.uint8,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """One entry a node; nodes are never numbered anew."""

    parents: I32  # -1 at the top
    classes: NDArray[np.uint8]  # of its level
    levels: NDArray[np.uint8]  # number in the list of levels
    areas: U32  # number in the list of areas; only sites have one of their own
    states: NDArray[np.uint8]
    names: U32  # number of the string
    codes: U32  # number of the string that follows the parent's code, or of the whole code
    code_rules: NDArray[np.uint8]
    fulls: U32  # number of a string
    full_rules: NDArray[np.uint8]  # from AFTER_NODE on: how many levels up the text before is

    def grow(self, n_nodes: int) -> "Columns":
        """Copy the columns with room for more nodes."""
        grown = {}
        for name, kind in COLUMN_TYPES.items():
            held = getattr(self, name)
            grown[name] = np.zeros(n_nodes, dtype=kind)
            grown[name][: len(held)] = held
        return Columns(**grown)


@dataclass(frozen=True, slots=True)
class Strings:
    """Strings by number; those of later versions come after those of the first."""

    base: pl.Series
    added: pl.Series

    def __len__(self) -> int:
        return self.base.len() + self.added.len()

    def pick(self, numbers: U32) -> pl.Series:
        """Give strings by number."""
        n_base = self.base.len()
        late = numbers >= n_base
        if not late.any():
            return self.base.gather(numbers)
        early = self.base.gather(np.where(late, 0, numbers)) if n_base else None
        picked = self.added.gather(np.where(late, numbers - n_base, 0).astype(np.uint32))
        return picked if early is None else picked.zip_with(pl.Series(late), early)

    def add(self, strings: pl.Series) -> tuple["Strings", U32]:
        """Add strings, each distinct one once; gives their numbers."""
        distinct = strings.unique(maintain_order=True)
        places = pl.DataFrame({"text": distinct}).with_row_index("place", offset=len(self))
        joined = pl.DataFrame({"text": strings}).join(
            places, on="text", how="left", nulls_equal=True, maintain_order="left"
        )
        added = pl.concat([self.added, distinct])
        return replace(self, added=added), joined["place"].cast(pl.UInt32).to_numpy()


def no_columns() -> Columns:
    """Give the columns of an empty register."""
    return Columns(**{name: np.zeros(0, dtype=kind) for name, kind in COLUMN_TYPES.items()})


def no_strings() -> Strings:
    """Give an empty list of strings."""
    return Strings(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String))


def render_codes(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the codes of nodes."""
    text = strings.pick(columns.codes[nodes])
    at = nodes.astype(np.int64)
    more = columns.code_rules[at] == AFTER_NODE
    while more.any():
        at = np.where(more, columns.parents[at], at)
        before = strings.pick(columns.codes[at])
        text = _put_before(before, text, more)
        more &= columns.code_rules[at] == AFTER_NODE
    return text


def render_names(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the names of nodes, as the register has them."""
    return strings.pick(columns.names[nodes])


def render_fulls(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the full names of nodes."""
    at = nodes.astype(np.int64)
    text = pl.repeat("", len(nodes), dtype=pl.String, eager=True)
    more = np.ones(len(nodes), dtype=np.bool_)
    while more.any():
        rules = columns.full_rules[at]
        own = strings.pick(columns.names[at])
        text = _put_before(own, text, more & (rules != OWN))
        told = more & (rules < AFTER_NODE)
        if told.any():
            text = _put_before(strings.pick(columns.fulls[at]), text, told)
        more &= rules >= AFTER_NODE
        for up in range(MOST_UP):
            at = np.where(more & (rules >= AFTER_NODE + up), columns.parents[at], at)
    return text


def _put_before(before: pl.Series, text: pl.Series, where: NDArray[np.bool_]) -> pl.Series:
    if where.all():
        return before + text
    return (before + text).zip_with(pl.Series(where), text)


def write_codes(columns: Columns, strings: Strings, nodes: U32, codes: pl.Series) -> Strings:
    """Note the codes of nodes; one that begins with its parent's keeps what follows."""
    above = _pick_known(codes, nodes, columns, strings, columns.parents[nodes], render_codes)
    told = pl.DataFrame({"code": codes, "above": above}).select(
        follows=(
            pl.col("code").str.starts_with(pl.col("above")) & (pl.col("code") != pl.col("above"))
        ).fill_null(value=False),
        code="code",
        rest=pl.col("code").str.strip_prefix(pl.col("above")),
    )
    kept = told.select(pl.when("follows").then("rest").otherwise("code")).to_series()
    strings, columns.codes[nodes] = strings.add(kept)
    columns.code_rules[nodes] = np.where(told["follows"].to_numpy(), AFTER_NODE, OWN)
    return strings


def write_names(
    columns: Columns, strings: Strings, nodes: U32, names: pl.Series, fulls: pl.Series
) -> Strings:
    """Note names and full names; a full name that goes on from an ancestor's is not kept."""
    strings, columns.names[nodes] = strings.add(names)
    rules = np.zeros(len(nodes), dtype=np.uint8)
    at = nodes.astype(np.int64)
    for up in range(MOST_UP):
        at = np.where(at >= 0, columns.parents[at], -1)
        above = _pick_known(fulls, nodes, columns, strings, at, render_fulls)
        goes_on = _equal(above + names, fulls) & (rules == OWN) & _equal_not(names, "")
        rules[goes_on] = AFTER_NODE + up
    frame = pl.DataFrame({"full": fulls, "name": names})
    ends = frame.select(
        (pl.col("full").str.ends_with(pl.col("name")) & (pl.col("name") != "")).fill_null(
            value=False
        )
    ).to_series()
    rules[(rules == OWN) & ends.to_numpy()] = AFTER_TEXT
    told = frame.select(pl.col("full").str.strip_suffix(pl.col("name"))).to_series()
    told = told.zip_with(pl.Series(rules != OWN), fulls).zip_with(
        pl.Series(rules < AFTER_NODE), pl.repeat("", len(nodes), dtype=pl.String, eager=True)
    )
    strings, columns.fulls[nodes] = strings.add(told)
    columns.full_rules[nodes] = rules
    return strings


def _equal(left: pl.Series, right: pl.Series) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (left == right).fill_null(value=False).to_numpy()
    return same


def _equal_not(texts: pl.Series, text: str) -> NDArray[np.bool_]:
    other: NDArray[np.bool_] = (texts != text).fill_null(value=False).to_numpy()
    return other


def _pick_known(
    values: pl.Series,
    nodes: U32,
    columns: Columns,
    strings: Strings,
    wanted: NDArray[np.signedinteger],
    render: Callable[[Columns, Strings, U32], pl.Series],
) -> pl.Series:
    """Give strings of nodes, most of which are being written just now; missing for -1."""
    place = np.full(len(columns.parents) + 1, -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    at = np.where(wanted >= 0, place[wanted], -1)
    rest = np.flatnonzero((at < 0) & (wanted >= 0))
    known = values
    if len(rest):
        known = pl.concat([values, render(columns, strings, wanted[rest].astype(np.uint32))])
        at[rest] = values.len() + np.arange(len(rest))
    places = pl.Series(at, dtype=pl.Int64)
    return known.gather(places.set(places < 0, None).cast(pl.UInt32))
