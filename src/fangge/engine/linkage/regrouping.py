"""Clusters formed anew of what changed and all that hangs together with it."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from fangge.engine.linkage.clustering import Links, count_known, group_rows, known_bits
from fangge.engine.linkage.codes import Flags, Ints
from fangge.engine.linkage.decision import decide_pairs
from fangge.engine.linkage.layers import (
    Layer,
    Stack,
    build_layer,
    describe_groups,
    find_rows,
    identifier_block,
    want_keys,
)
from fangge.engine.linkage.lookup import (
    NOBODY,
    Sole,
    are_among,
    chain_keys,
    distinct,
    find_sole,
    list_few,
    mark_known,
)
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.pipeline import group_prepared, identifier_codes, name_rows
from fangge.engine.linkage.renewal import Renewed, Said
from fangge.engine.linkage.schema import PLACES, REVIEWED

IS_KNOWN = 2
"""In `counted` of GROUPED."""


class Known(NamedTuple):
    """Of records with an identifier and no more than a name: how many are known, how many are."""

    n_known: int
    n_counted: int

    @classmethod
    def of_groups(cls, grouped: pl.DataFrame) -> "Known":
        """Count in GROUPED."""
        counted = grouped["counted"].to_numpy()
        return cls(int(np.count_nonzero(counted == IS_KNOWN)), int(np.count_nonzero(counted)))

    def bits(self, parameters: Parameters) -> float | None:
        """Give what a name alone says, in bits."""
        given = parameters.lone_bits
        return known_bits(*self) if given is None else given


class Placed(NamedTuple):
    """Some records in order, and GROUPED of each."""

    ids: Ints
    grouped: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The layer of what ever changed, the base under it, and what of both this run renewed."""

    base: Layer
    later: Layer
    known: Known
    was: Placed
    """All that may stand in another cluster than before, or in none: where it stood."""
    stands: Placed
    """Where it stands, where it still does."""


def regroup(
    before: Stack,
    now: Stack,
    said: Said,
    edges: Renewed,
    known: Known,
    parameters: Parameters,
) -> Regrouped | None:
    """Form the clusters anew that a change may touch, or give nothing where that may be any.

    Parameters
    ----------
    before, now : Stack
        Two layers as they were; these with what is no more gone, and above them what changed.
    said : Said
        What the changed records said and say.
    edges : Renewed
        Which edges are no more, and which are new.
    known : Known
        As the run before counted.
    parameters : Parameters
        Fitted to the number of records.

    Notes
    -----
    What a name alone says is measured on all records; when it changes, so may any cluster.
    """
    part = _take_part(before, now, _seeds(before, now, said, edges, parameters), edges, parameters)
    while True:
        counted = _recount(known, before, part)
        bits = counted.bits(parameters)
        if bits != known.bits(parameters):
            return None
        if bits is None or parameters.lone_field is None or bits < parameters.review_from_bits:
            return _settle(before, now, part, None, counted, parameters)
        elsewhere = _look_elsewhere(now, part, said, parameters.lone_field)
        if not elsewhere.moved.size:
            fixed = replace(parameters, lone_bits=bits)
            return _settle(before, now, part, elsewhere.barred, counted, fixed)
        more = distinct(np.concatenate([part.old, elsewhere.moved]))
        part = _take_part(before, now, more, edges, parameters)


def _seeds(before: Stack, now: Stack, said: Said, edges: Renewed, parameters: Parameters) -> Ints:
    """Give the places before from which the change spreads."""
    ends = [frame[side].to_numpy() for frame in edges for side in PLACES]
    places = [said.places, before.find(distinct(np.concatenate(ends)))]
    if parameters.identifier is not None:
        # What bears the identifier that it bore is in a cluster with all that bear it.
        block, column = identifier_block(parameters), parameters.identifier
        now_said, was_said = (each["record_id"].to_numpy() for each in (said.now, said.before))
        at = find_rows(was_said, now_said, missing=-1)
        codes = said.before[column].to_numpy()[at] if was_said.size else at
        other = (at < 0) | (codes != said.now[column].to_numpy())
        alike = now.seek(block, want_keys(block, said.now, parameters, other))[1]
        places.append(alike[alike < now.starts[-2]])
    return distinct(np.concatenate(places))


class _Part(NamedTuple):
    """Records that hang together with a change, and with no others but by a name."""

    old: Ints  # places in the layers before, in order
    here: Ints  # places now, in order
    order: Ints  # of these, by record_id
    records: pl.DataFrame  # what grouping reads of prepared records, in the order of record_id
    edges: pl.DataFrame  # PLACES and weight, by rows of these
    codes: Ints
    labels: Ints

    @property
    def ids(self) -> Ints:
        return np.asarray(self.records["record_id"].to_numpy())

    @property
    def is_bare(self) -> Flags:
        return np.asarray(self.records["is_bare"].to_numpy() != 0)

    @property
    def lone(self) -> Flags:
        """Tell the rows that say a name and no more, and that nothing links or may link."""
        lone = self.is_bare & (self.codes == 0)
        for side in PLACES:
            lone[self.edges[side].to_numpy()] = False
        return np.asarray(lone)

    @property
    def holds(self) -> Flags:
        """Tell the rows whose cluster has an identifier."""
        held = np.zeros(len(self.codes), dtype=np.bool_)
        held[self.labels[self.codes != 0]] = True
        return np.asarray(held[self.labels])


def _take_part(
    before: Stack, now: Stack, seeds: Ints, edges: Renewed, parameters: Parameters
) -> _Part:
    old = before.close(seeds)
    here = np.concatenate([old[~now.gone(old)], np.arange(now.starts[-2], now.starts[-1])])
    own = filter(None, dict.fromkeys((parameters.identifier, parameters.lone_field, "is_bare")))
    records = now.take(here, ["record_id", *own])
    order = np.argsort(records["record_id"].to_numpy())
    records = records[order]
    ids = records["record_id"].to_numpy()
    held = before.edges_at(old).join(edges.dropped, on=list(PLACES), how="anti")
    named = pl.concat([held, edges.added]).sort(*PLACES)
    rows = named.with_columns(
        pl.Series(side, np.searchsorted(ids, named[side].to_numpy())) for side in PLACES
    )
    codes = identifier_codes(records, parameters)
    links = decide_pairs(rows, parameters)[0]
    joined = Links(*(links[name].to_numpy() for name in REVIEWED))
    return _Part(old, here, order, records, rows, codes, group_rows(codes, joined).labels)


def _recount(known: Known, before: Stack, part: _Part) -> Known:
    """Count the part anew in what the run before counted of all."""
    lost = Known.of_groups(before.groups(part.old, ["counted"]))
    won = Known(*count_known(part.codes, part.is_bare, part.labels))
    return Known(*(held - less + more for held, less, more in zip(known, lost, won, strict=True)))


class _Elsewhere(NamedTuple):
    """What the other records say of the names in a part."""

    barred: Ints  # names that others bear too
    moved: Ints  # places of others whose cluster the part changes


def _look_elsewhere(now: Stack, part: _Part, said: Said, field: str) -> _Elsewhere:
    """See who bears the names of a part among all others, and whom of them that changes.

    A record that says a name and no more stands with the only subject that bears it: with one of
    the part or with another, with or without the part's.
    """
    own = part.records[field].to_numpy()
    names = _list_asked(now, part, own, said.before[field].to_numpy())
    here = find_sole(chain_keys(own), names, own, part.lone, part.labels, part.holds)
    n_others, bearers = np.zeros(len(names), dtype=np.int64), np.full(len(names), NOBODY)
    waiting: list[tuple[Ints, Ints, Flags]] = []
    for layer, rows, start in zip(now.layers[:-1], now.split(part.here), now.starts, strict=False):
        others = layer.without(rows)
        found = _bear(others, names, field)
        n_others += found.n_groups
        bearers[found.row >= 0] = found.row[found.row >= 0] + start
        which, lone, is_borne = _wait(others, names)
        waiting.append((which, lone + start, is_borne))
    is_sole = here.n_groups + n_others == 1
    which, places, is_borne = (np.concatenate(each) for each in zip(*waiting, strict=True))
    moved = is_borne != is_sole[which]
    asked = are_among(names, distinct(own[part.lone]))
    asked[which[moved]] = True
    called = asked & is_sole & (n_others == 1)
    return _Elsewhere(names[n_others > 0], np.concatenate([places[moved], bearers[called]]))


def _list_asked(now: Stack, part: _Part, own: Ints, was_said: Ints) -> Ints:
    """List the names of a part by which any record may stand with their bearer."""
    names = distinct(np.concatenate([own, was_said]))
    asked = are_among(names, distinct(own[part.is_bare & (part.codes == 0)]))
    for layer in now.layers[:-1]:
        asked |= mark_known(layer.lone, names)
    return np.asarray(names[asked & (names != 0)])


def _bear(layer: Layer, names: Ints, field: str) -> Sole:
    """Tell which names one cluster of a layer alone bears."""
    grouped = layer.grouped
    return find_sole(
        layer.chains[(field,)],
        names,
        layer.prepared[field].to_numpy(),
        layer.gone,
        grouped["cluster"].to_numpy(),
        grouped["holds"].to_numpy(),
        grouped["is_lone"].to_numpy(),
    )


def _wait(layer: Layer, names: Ints) -> tuple[Ints, Ints, Flags]:
    """List the records of a layer that say one of the names and no more.

    Gives which of the names, the row, and whether a subject was found that bears it.
    """
    which, rows = list_few(layer.lone, names)
    here = ~layer.gone[rows]
    rows = rows[here]
    return which[here], rows, layer.grouped["is_borne"].to_numpy()[rows] != 0


def _settle(
    before: Stack,
    now: Stack,
    part: _Part,
    barred: Ints | None,
    counted: Known,
    parameters: Parameters,
) -> Regrouped:
    """Group the part, and put it into the upper layer; what it was before is gone."""
    alone = parameters if barred is not None else replace(parameters, lone_field=None)
    found = group_prepared(part.records, part.edges, alone, barred=barred)
    stands = Placed(part.ids, describe_groups(part.records, found))
    was = _tell_before(before, part.old)
    base, later = (
        layer.without(rows)
        for layer, rows in zip(now.layers, now.split(part.here)[:-1], strict=False)
    )
    stays = np.flatnonzero(~later.gone)
    order = np.argsort(np.concatenate([later.ids[stays], part.ids]), kind="stable")
    records = pl.concat([later.prepared[stays], now.line_up(part.here, part.order)])
    groups = pl.concat([later.grouped[stays], stands.grouped])
    names = part.records["record_id"]
    return Regrouped(
        base=base,
        later=build_layer(
            records[order] if stays.size else records,
            groups[order] if stays.size else groups,
            _replace_ties(later.edges, was.ids, name_rows(part.edges, names)),
            _replace_ties(later.pairs, was.ids, name_rows(found.doubts, names)),
            parameters,
        ),
        known=counted,
        was=was,
        stands=stands,
    )


def _tell_before(before: Stack, places: Ints) -> Placed:
    ids, grouped = before.column("record_id", places), before.groups(places)
    if not np.any(ids[1:] < ids[:-1]):
        return Placed(ids, grouped)
    order = np.argsort(ids, kind="stable")
    return Placed(ids[order], grouped[order])


def _replace_ties(held: pl.DataFrame, old: Ints, new: pl.DataFrame) -> pl.DataFrame:
    still = held.filter(pl.Series(~are_among(held["left"].to_numpy(), old)))
    return pl.concat([still, new]).sort(*PLACES)
