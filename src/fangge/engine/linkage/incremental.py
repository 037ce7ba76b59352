"""A run that costs what changed, and gives what a whole run would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import polars as pl

from fangge.engine.linkage.clustering import METHODS
from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.layers import (
    Layer,
    Stack,
    build_layer,
    describe_groups,
    empty_layer,
    find_rows,
    loose_layer,
)
from fangge.engine.linkage.lookup import are_among, distinct
from fangge.engine.linkage.parameters import Parameters, rescale_prior
from fangge.engine.linkage.pipeline import (
    Linked,
    find_edges,
    group_prepared,
    identifier_codes,
    keep_decided,
    name_rows,
)
from fangge.engine.linkage.regrouping import Known, Placed, regroup
from fangge.engine.linkage.renewal import Renewed, Said, renew_edges
from fangge.engine.linkage.schema import CLUSTERS, PLACES
from fangge.engine.linkage.scoring import count_values
from fangge.engine.linkage.standardise.records import prepare_records
from fangge.engine.linkage.tally import Tally

MOST_LATER_SHARE = 0.125
"""Of all records; with more in the upper layer both are made into one."""


TABLES = ("prepared", "grouped", "counts", "edges", "doubts")


class Members(NamedTuple):
    """Some records in order: CLUSTERS, and what `prepare_records` gives."""

    clusters: pl.DataFrame
    prepared: pl.DataFrame


class Renewal(NamedTuple):
    """Where some records stood in the run before, and where they stand."""

    was: Placed
    stands: Placed


@dataclass(frozen=True)
class Kept:
    """What a run keeps for the next: all records, and over them what changed since.

    The tables are put together of both when they are asked for.
    """

    parameters: Parameters
    """Fitted to the number of records."""
    base: Layer
    later: Layer
    tally: Tally
    known: Known
    decided: pl.DataFrame | None = None
    """All that persons decided."""
    renewed: Renewal | None = None
    """All that may stand in another cluster than in the run before, if not any may."""

    @classmethod
    def of_tables(cls, parameters: Parameters, tables: Mapping[str, pl.DataFrame]) -> "Kept":
        """Take up what `tables` gave, with the parameters of that run."""
        grouped, prepared = tables["grouped"], tables["prepared"]
        base = build_layer(prepared, grouped, tables["edges"], tables["doubts"], parameters)
        return cls(
            parameters=parameters,
            base=base,
            later=empty_layer(base, parameters),
            tally=Tally.of_table(tables["counts"]),
            known=Known.of_groups(grouped),
        )

    def tables(self) -> dict[str, pl.DataFrame]:
        """Give all that the next run needs but the parameters, as plain tables."""
        return {name: getattr(self, name) for name in TABLES}

    @property
    def n_records(self) -> int:
        return sum(len(layer.gone) - int(layer.gone.sum()) for layer in (self.base, self.later))

    @cached_property
    def prepared(self) -> pl.DataFrame:
        """What `prepare_records` gives."""
        return self._merge(lambda layer: layer.prepared).sort("record_id")

    @cached_property
    def grouped(self) -> pl.DataFrame:
        """GROUPED of each record, in the order of `prepared`."""
        ids = np.concatenate([layer.ids[~layer.gone] for layer in (self.base, self.later)])
        return self._merge(lambda layer: layer.grouped)[np.argsort(ids, kind="stable")]

    @cached_property
    def counts(self) -> pl.DataFrame:
        """VALUE_COUNTS."""
        return self.tally.table()

    @cached_property
    def edges(self) -> pl.DataFrame:
        """REVIEWED: pairs, by record_id, that link or are for a person."""
        return self._merge_ties(lambda layer: layer.edges)

    @cached_property
    def doubts(self) -> pl.DataFrame:
        """REVIEWED: pairs that the evidence leaves in doubt, whatever persons decided."""
        return self._merge_ties(lambda layer: layer.pairs)

    @cached_property
    def linked(self) -> Linked:
        """CLUSTERS and pairs in doubt."""
        ids = self.prepared["record_id"]
        found = Linked(clusters=_describe(ids, self.grouped), pairs=self.doubts)
        if self.decided is None or not _is_any(self.decided):
            return found
        codes = identifier_codes(self.prepared, self.parameters)
        keys = pl.DataFrame({"record_id": ids, "key": codes}).filter(pl.col("key") != 0)
        links = self.edges.filter(pl.col("weight") >= self.parameters.link_from_bits)
        return keep_decided(found, keys, links, self.decided)

    def find_members(self, clusters: pl.Series) -> Members:
        """Give the records of some clusters that `compare_runs` told of."""
        if self.renewed is None or _is_any(self.decided):
            found = self.linked.clusters.filter(pl.col("cluster").is_in(clusters.implode()))
            rows = find_rows(self.prepared["record_id"].to_numpy(), found["record_id"].to_numpy())
            return Members(found, self.prepared[rows])
        # A run puts whatever it touches into the upper layer.
        wanted = distinct(clusters.to_numpy())
        rows = np.flatnonzero(are_among(self.later.grouped["cluster"].to_numpy(), wanted))
        records = self.later.prepared[rows]
        return Members(_describe(records["record_id"], self.later.grouped[rows]), records)

    def find_mates(self, ids: Ints) -> Members:
        """Give these records, of those that are there, with all that hangs together with them."""
        stack = Stack(self.base, self.later)
        places = stack.close(stack.find(ids))
        records, grouped = stack.take(places), stack.groups(places)
        order = np.argsort(records["record_id"].to_numpy(), kind="stable")
        return Members(_describe(records["record_id"], grouped)[order], records[order])

    def _merge(self, table: Callable[[Layer], pl.DataFrame]) -> pl.DataFrame:
        layers = (self.base, self.later)
        return pl.concat(table(layer).filter(pl.Series(~layer.gone)) for layer in layers).rechunk()

    def _merge_ties(self, table: Callable[[Layer], pl.DataFrame]) -> pl.DataFrame:
        found = []
        for layer in (self.base, self.later):
            gone = layer.gone[find_rows(layer.ids, table(layer)["left"].to_numpy())]
            found.append(table(layer).filter(pl.Series(~gone)))
        return pl.concat(found).sort(*PLACES)


def _is_any(decided: pl.DataFrame | None) -> bool:
    return decided is not None and not decided.is_empty()


def _describe(ids: pl.Series, grouped: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "record_id": ids,
            "cluster": grouped["cluster"],
            "method": pl.Series(METHODS).gather(grouped["method"]),
            "weight": grouped["strongest"].fill_nan(None),
        },
        schema=dict(CLUSTERS),
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """What a run changed in the clusters of the run before."""

    clusters: pl.DataFrame
    """CLUSTERS: records that are new or stand in another cluster, or there in another way."""
    touched: pl.Series
    """Clusters whose values must be chosen anew: their records are not those of before."""
    ended: pl.Series
    """Clusters of before that are no more."""


def link_all(
    records: pl.DataFrame, parameters: Parameters, decided: pl.DataFrame | None = None
) -> Kept:
    """Link all records, as `link_records` does, and keep what the next run needs."""
    prepared = prepare_records(records, parameters)
    fitted = rescale_prior(parameters, prepared.height)
    counts = count_values(prepared, fitted)
    edges = find_edges(prepared, counts, fitted)
    return _keep(prepared, counts, edges, fitted, decided)


def _keep(
    prepared: pl.DataFrame,
    counts: pl.DataFrame,
    edges: pl.DataFrame,
    parameters: Parameters,
    decided: pl.DataFrame | None,
) -> Kept:
    """Group all records; edges are by their rows."""
    found = group_prepared(prepared, edges, parameters)
    ids, grouped = prepared["record_id"], describe_groups(prepared, found)
    base = build_layer(
        prepared,
        grouped,
        name_rows(edges, ids),
        name_rows(found.doubts, ids).sort(*PLACES),
        parameters,
    )
    return Kept(
        parameters=parameters,
        base=base,
        later=empty_layer(base, parameters),
        tally=Tally.of_table(counts),
        known=Known.of_groups(grouped),
        decided=decided,
    )


def link_changes(
    kept: Kept, changed: pl.DataFrame, removed: pl.Series, decided: pl.DataFrame | None = None
) -> Kept:
    """Link again after some records changed, came or went.

    Parameters
    ----------
    kept : Kept
        What the run before kept.
    changed : polars.DataFrame
        Records that are new, or take the place of those with the same record_id.
    removed : polars.Series
        record_id of records that are no more; those that never were are passed over.
    decided : polars.DataFrame, optional
        All that persons decided, as in `link_records`.

    Returns
    -------
    Kept
        The same, row for row, as `link_all` gives for all records as they are now.

    Notes
    -----
    Pairs are compared anew for the records that changed, and for those without a valid identifier
    in a block that became too large, or no longer is, or whose name has become rarer or more
    common. Clusters are formed anew of what that touches. Time grows with what changed, but for a
    pass over one byte of each record. When the number of records passes a power of two, or
    what a name alone says changes, every pair is compared again, or every cluster formed anew.
    """
    kept = _flatten(kept)
    fresh = prepare_records(changed, kept.parameters)
    gone = distinct(pl.concat([fresh["record_id"], removed.cast(pl.Int64)]).to_numpy())
    before = Stack(kept.base, kept.later)
    places = before.find(gone)
    said = Said(before.take(places), fresh, places)
    fitted = rescale_prior(kept.parameters, kept.n_records - places.size + fresh.height)
    tally, rarer = kept.tally.exchange(said.before, fresh, fitted)
    layers = zip(before.layers, before.split(places), strict=True)
    now = Stack(*(layer.without(rows) for layer, rows in layers), loose_layer(fresh, fitted))
    if fitted.n_records != kept.parameters.n_records:
        prepared, counts = _all_records(now), tally.table()
        return _keep(prepared, counts, find_edges(prepared, counts, fitted), fitted, decided)
    edges = renew_edges(before, now, said, rarer, partial(tally.of, parameters=fitted), fitted)
    found = regroup(before, now, said, edges, kept.known, fitted)
    if found is None:
        return _group_all(kept, now, edges, tally.table(), fitted, decided)
    return replace(
        kept,
        base=found.base,
        later=found.later,
        tally=tally,
        known=found.known,
        decided=decided,
        renewed=Renewal(found.was, found.stands),
    )


def _all_records(now: Stack) -> pl.DataFrame:
    parts = (layer.prepared.filter(pl.Series(~layer.gone)) for layer in now.layers)
    return pl.concat(parts).rechunk().sort("record_id")


def _group_all(
    kept: Kept,
    now: Stack,
    edges: Renewed,
    counts: pl.DataFrame,
    parameters: Parameters,
    decided: pl.DataFrame | None,
) -> Kept:
    """Form all clusters anew, of all edges."""
    prepared = _all_records(now)
    ids = prepared["record_id"].to_numpy()
    held = kept.edges.join(edges.dropped, on=list(PLACES), how="anti")
    named = pl.concat([held, edges.added]).sort(*PLACES)
    rows = [pl.Series(side, np.searchsorted(ids, named[side].to_numpy())) for side in PLACES]
    return _keep(prepared, counts, named.with_columns(rows), parameters, decided)


def _flatten(kept: Kept) -> Kept:
    """Make one layer of two where the upper one has grown large."""
    if len(kept.later.gone) <= MOST_LATER_SHARE * len(kept.base.gone):
        return kept
    base = build_layer(kept.prepared, kept.grouped, kept.edges, kept.doubts, kept.parameters)
    return replace(
        kept,
        base=base,
        later=empty_layer(base, kept.parameters),
        tally=Tally.of_table(kept.counts),
    )


def compare_runs(before: Kept, after: Kept, changed: pl.Series) -> Changed:
    """Tell what is new in a run's clusters; `changed` are the records that were given anew."""
    old, new = _differing(before, after)
    old_ids, new_ids = old["record_id"].to_numpy(), new["record_id"].to_numpy()
    old_names, new_names = old["cluster"].to_numpy(), new["cluster"].to_numpy()
    if np.array_equal(old_ids, new_ids):
        at, held = np.arange(len(new_ids)), old
    else:
        at = find_rows(old_ids, new_ids, missing=-1)
        held = old.select(pl.all().gather(pl.Series(at).set(pl.Series(at < 0), None)))
    moved = held["cluster"].ne_missing(new["cluster"]).to_numpy()
    differs = moved.copy()
    for column in ("method", "weight"):
        differs |= held[column].ne_missing(new[column]).to_numpy()
    stays = np.zeros(len(old_ids), dtype=np.bool_)
    stays[at[~moved]] = True
    lost = distinct(old_names[~stays])
    # A cluster bears the number of its first record: where that has another now, it is no more.
    heads = find_rows(new_ids, lost, missing=-1)
    still = heads >= 0
    still[still] = new_names[heads[still]] == lost[still]
    again = find_rows(new_ids, changed.cast(pl.Int64).to_numpy())
    touched = distinct(np.concatenate([new_names[again], new_names[moved], lost[still]]))
    return Changed(
        clusters=new.filter(pl.Series(differs)),
        touched=pl.Series(touched),
        ended=pl.Series(lost[~still]),
    )


def _differing(before: Kept, after: Kept) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give CLUSTERS of both runs, of all that may stand in another cluster."""
    if after.renewed is None or before.decided is not None or after.decided is not None:
        return before.linked.clusters, after.linked.clusters
    was, stands = (_describe(pl.Series("record_id", ids), rows) for ids, rows in after.renewed)
    return was, stands
