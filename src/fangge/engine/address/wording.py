"""How the codes and names of nodes are kept: as what they add to those of their ancestors."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.columns import (
    CellFinder,
    Cells,
    Columns,
    Marks,
    find_late,
    look_up_cells,
)
from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.postings import U32, as_fixed
from fangge.engine.address.strings import (
    I64,
    Bytes,
    Strings,
    Texts,
    add_strings,
    copy_string,
    is_string,
    make_spans,
    make_texts,
    same_bytes,
    size_of,
    span_texts,
    to_series,
)
from fangge.engine.address.tree import I32

OWN, AFTER_TEXT, AFTER_NODE = range(3)
"""A string stands whole; or a text, or an ancestor's string, comes before what is its own."""
MOST_UP = 3
_CODE, _NAME, _FULL = range(3)


class Written(NamedTuple):
    """What nodes are written with, as compiled functions are given it."""

    parents: I32
    finder: CellFinder
    strings: Strings


class Fresh(NamedTuple):
    """Nodes that are being written, and what they are written with."""

    nodes: U32
    places: I32  # by node: its place among these, from 1; 0 for all others
    levels: Marks
    codes: Texts
    names: Texts
    fulls: Texts


def look_written(columns: Columns, strings: Strings) -> Written:
    """Give compiled functions what nodes are written with."""
    return Written(as_fixed(columns.parents), look_up_cells(columns), strings)


def render_codes(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the codes of nodes."""
    return _render(look_written(columns, strings), nodes, _CODE)


def render_names(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the names of nodes, as the register has them."""
    return _render(look_written(columns, strings), nodes, _NAME)


def render_fulls(columns: Columns, strings: Strings, nodes: U32) -> pl.Series:
    """Write out the full names of nodes."""
    return _render(look_written(columns, strings), nodes, _FULL)


def _render(written: Written, nodes: U32, what: int) -> pl.Series:
    wanted = as_fixed(np.ascontiguousarray(nodes, dtype=np.uint32))
    sizes = np.zeros(len(wanted) + 1, dtype=np.int64)
    _measure(written, wanted, what, sizes)
    places = np.cumsum(sizes)
    raw = np.empty(places[-1], dtype=np.uint8)
    _fill(written, wanted, what, places, raw)
    return to_series(make_texts(places, raw))


@compiled_lean
def _measure(written: Written, nodes: U32, what: int, sizes: I64) -> None:
    for i in range(len(nodes)):
        node = np.int64(nodes[i])
        if what == _CODE:
            sizes[i + 1] = _code_size(written, node)
        elif what == _FULL:
            sizes[i + 1] = _full_size(written, node)
        else:
            sizes[i + 1] = size_of(written.strings, _name_of(written, node))


@compiled_lean
def _fill(written: Written, nodes: U32, what: int, places: I64, raw: Bytes) -> None:
    """Write strings from their end to their beginning, as one climbs."""
    for i in range(len(nodes)):
        node, stop = np.int64(nodes[i]), places[i + 1]
        if what == _CODE:
            _fill_code(written, node, stop, raw)
        elif what == _FULL:
            _fill_full(written, node, stop, raw)
        else:
            copy_string(written.strings, _name_of(written, node), raw, places[i])


# Compiled functions choose between numbers here, never between columns: that would cost more than
# all the rest.
@within_lean
def _name_of(written: Written, node: int) -> int:
    at, held = find_late(written.finder, node), written.finder
    return int(np.int64(held.cells.names[node] if at < 0 else held.late_cells.names[at]))


@within_lean
def _code_of(written: Written, node: int) -> tuple[int, int]:
    """Give the number of a node's string, and the node whose code goes before; -1 for none."""
    at, held = find_late(written.finder, node), written.finder
    code = held.cells.codes[node] if at < 0 else held.late_cells.codes[at]
    rule = held.cells.code_rules[node] if at < 0 else held.late_cells.code_rules[at]
    before = int(np.int64(written.parents[node])) if rule == AFTER_NODE else -1
    return int(np.int64(code)), before


@within_lean
def _full_of(written: Written, node: int) -> tuple[int, int, int]:
    """Give the strings of a full name: its own name, the text before, the node before.

    What there is not is -1; a text and a node never go before both.
    """
    at, held = find_late(written.finder, node), written.finder
    rule = int(np.int64(held.cells.full_rules[node] if at < 0 else held.late_cells.full_rules[at]))
    name = held.cells.names[node] if at < 0 else held.late_cells.names[at]
    own = -1 if rule == OWN else int(np.int64(name))
    if rule >= AFTER_NODE:
        return own, -1, _go_up(written, node, rule - AFTER_NODE + 1)
    text = held.cells.fulls[node] if at < 0 else held.late_cells.fulls[at]
    return own, int(np.int64(text)), -1


@within_lean
def _code_size(written: Written, node: int) -> int:
    at, size = node, 0
    while at >= 0:
        number, at = _code_of(written, at)
        size += size_of(written.strings, number)
    return size


@within_lean
def _fill_code(written: Written, node: int, stop: int, raw: Bytes) -> None:
    at = node
    while at >= 0:
        number, at = _code_of(written, at)
        stop -= size_of(written.strings, number)
        copy_string(written.strings, number, raw, stop)


@within_lean
def _go_up(written: Written, node: int, n_up: int) -> int:
    at = node
    for _ in range(n_up):
        at = int(np.int64(written.parents[at]))
    return at


@within_lean
def _full_size(written: Written, node: int) -> int:
    at, size = node, 0
    while at >= 0:
        name, text, at = _full_of(written, at)
        size += size_of(written.strings, name) if name >= 0 else 0
        size += size_of(written.strings, text) if text >= 0 else 0
    return size


@within_lean
def _fill_full(written: Written, node: int, stop: int, raw: Bytes) -> None:
    at = node
    while at >= 0:
        name, text, at = _full_of(written, at)
        for number in (name, text):
            if number >= 0:
                stop -= size_of(written.strings, number)
                copy_string(written.strings, number, raw, stop)


@within_lean
def _is_full(written: Written, node: int, raw: Bytes, start: int, end: int) -> bool:
    """Tell whether bytes are the full name of a node, without writing it out."""
    at, stop = node, end
    while at >= 0:
        name, text, at = _full_of(written, at)
        for number in (name, text):
            if number >= 0:
                begin = stop - size_of(written.strings, number)
                if begin < start or not is_string(written.strings, number, raw, begin, stop):
                    return False
                stop = begin
    return stop == start


@within_lean
def _skip_code(written: Written, node: int, raw: Bytes, start: int, end: int) -> int:
    """Give where what follows a node's code begins; `start` where bytes do not begin with it."""
    follows = int(start + _code_size(written, node))
    if follows >= end:
        return start
    at, stop = node, follows
    while at >= 0:
        number, at = _code_of(written, at)
        begin = stop - size_of(written.strings, number)
        if not is_string(written.strings, number, raw, begin, stop):
            return start
        stop = begin
    return follows


def write_nodes(columns: Columns, strings: Strings, fresh: Fresh) -> tuple[Columns, Strings]:
    """Note levels, codes, names and full names of nodes.

    A code that begins with its parent's keeps what follows; a full name that goes on from an
    ancestor's keeps nothing but the name.
    """
    n = len(fresh.nodes)
    codes, fulls = fresh.codes, fresh.fulls
    written = look_written(columns, strings)
    starts, ends = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    rules = np.zeros(n, dtype=np.uint8)
    _cut_codes(written, fresh, starts)
    _cut_fulls(written, fresh, rules, ends)
    strings, rests = add_strings(strings, make_spans(codes.raw, starts, codes.places[1:]))
    strings, names = add_strings(strings, span_texts(fresh.names))
    strings, texts = add_strings(strings, make_spans(fulls.raw, fulls.places[:-1], ends))
    follows = np.where(starts > codes.places[:-1], AFTER_NODE, OWN).astype(np.uint8)
    cells = Cells(fresh.levels, names, rests, follows, texts, rules)
    return columns.write_cells(fresh.nodes, cells), strings


@compiled_lean
def _cut_codes(written: Written, fresh: Fresh, starts: I64) -> None:
    raw, places = fresh.codes.raw, fresh.codes.places
    for i in range(len(starts)):
        start, end = places[i], places[i + 1]
        starts[i] = start
        parent = np.int64(written.parents[fresh.nodes[i]])
        if parent < 0:
            continue
        row = np.int64(fresh.places[parent]) - 1
        if row < 0:
            starts[i] = _skip_code(written, parent, raw, start, end)
            continue
        size = places[row + 1] - places[row]
        if start + size < end and same_bytes(
            raw, start, start + size, raw, places[row], places[row + 1]
        ):
            starts[i] = start + size


@compiled_lean
def _cut_fulls(written: Written, fresh: Fresh, rules: NDArray[np.uint8], ends: I64) -> None:
    """Give each full name its rule, and where what is kept of it ends."""
    raw, places, names = fresh.fulls.raw, fresh.fulls.places, fresh.names
    for i in range(len(rules)):
        start, end = places[i], places[i + 1]
        first, last = names.places[i], names.places[i + 1]
        rules[i], ends[i] = OWN, end
        stop = end - (last - first)
        if first == last or stop < start:
            continue
        if not same_bytes(raw, stop, end, names.raw, first, last):
            continue
        rules[i], ends[i] = AFTER_TEXT, stop
        at = np.int64(written.parents[fresh.nodes[i]])
        for up in range(MOST_UP):
            if at < 0:
                break
            if _is_fresh_full(written, fresh, at, start, stop):
                rules[i], ends[i] = AFTER_NODE + up, start
                break
            at = np.int64(written.parents[at])


@within_lean
def _is_fresh_full(written: Written, fresh: Fresh, node: int, start: int, end: int) -> bool:
    raw, places = fresh.fulls.raw, fresh.fulls.places
    row = np.int64(fresh.places[node]) - 1
    if row < 0:
        return bool(_is_full(written, node, raw, start, end))
    return bool(same_bytes(raw, start, end, raw, places[row], places[row + 1]))


@compiled_lean
def find_renamed(
    written: Written, nodes: U32, names: Texts, fulls: Texts, renamed: NDArray[np.bool_]
) -> None:
    """Mark the nodes whose name or full name is another now."""
    for i in range(len(nodes)):
        node = np.int64(nodes[i])
        first, last = names.places[i], names.places[i + 1]
        same = is_string(
            written.strings, _name_of(written, node), names.raw, first, last
        ) and _is_full(written, node, fulls.raw, fulls.places[i], fulls.places[i + 1])
        renamed[i] = not same
