"""A run that costs what changed, and gives what a whole run would."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fangge.engine.linkage.blocking import block_keys, named_rows
from fangge.engine.linkage.codes import Flags, Ints
from fangge.engine.linkage.parameters import Parameters, rescale_prior
from fangge.engine.linkage.pipeline import Linked, cluster_prepared, find_edges
from fangge.engine.linkage.schema import PLACES, REVIEWED
from fangge.engine.linkage.scoring import count_steps, count_values
from fangge.engine.linkage.standardise.records import prepare_records


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run keeps for the next: plain tables, each in the order of its first columns."""

    parameters: Parameters
    """Fitted to the number of records."""
    prepared: pl.DataFrame
    """What `prepare_records` gives."""
    counts: pl.DataFrame
    """VALUE_COUNTS."""
    edges: pl.DataFrame
    """REVIEWED: pairs, by record_id, that link or are for a person."""
    linked: Linked
    """CLUSTERS and pairs in doubt."""


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
    return Kept(
        parameters=fitted,
        prepared=prepared,
        counts=counts,
        edges=_by_record(edges, prepared["record_id"]),
        linked=cluster_prepared(prepared, edges, fitted, decided),
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
    Pairs are compared anew for the records without a valid identifier that changed, that share a
    block with what a changed record said or says, or whose name has become rarer or more common.
    All other pairs keep their weight. Clusters are then formed of all links: that is a pass over
    whole numbers. Time O(n_records) with a small constant, and O(pairs compared anew).
    """
    fresh = prepare_records(changed, kept.parameters)
    gone = np.union1d(fresh["record_id"].to_numpy(), removed.cast(pl.Int64).to_numpy())
    old_rows = find_rows(kept.prepared["record_id"].to_numpy(), gone)
    before = kept.prepared[old_rows]
    prepared = replace_rows(kept.prepared, old_rows, fresh)
    fitted = rescale_prior(kept.parameters, prepared.height)
    counts, rarer = _recount(kept.counts, before, fresh, fitted)
    if fitted.n_records == kept.parameters.n_records:
        seekers = _find_seekers(prepared, pl.concat([before, fresh]), rarer, fitted)
        stale = np.union1d(gone, prepared["record_id"].to_numpy()[seekers])
        edges = _update_edges(kept.edges, stale, prepared, seekers, counts, fitted)
    else:
        edges = find_edges(prepared, counts, fitted)
    return Kept(
        parameters=fitted,
        prepared=prepared,
        counts=counts,
        edges=_by_record(edges, prepared["record_id"]),
        linked=cluster_prepared(prepared, edges, fitted, decided),
    )


def compare_runs(before: Kept, after: Kept, changed: pl.Series) -> Changed:
    """Tell what is new in a run's clusters; `changed` are the records that were given anew."""
    old, new = before.linked.clusters, after.linked.clusters
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
    lost = np.unique(old_names[~stays])
    # A cluster bears the number of its first record: where that has another now, it is no more.
    heads = find_rows(new_ids, lost, missing=-1)
    still = heads >= 0
    still[still] = new_names[heads[still]] == lost[still]
    again = find_rows(new_ids, changed.cast(pl.Int64).to_numpy())
    touched = np.unique(np.concatenate([new_names[again], new_names[moved], lost[still]]))
    return Changed(
        clusters=new.filter(pl.Series(differs)),
        touched=pl.Series(touched),
        ended=pl.Series(lost[~still]),
    )


def find_rows(held: Ints, wanted: Ints, *, missing: int | None = None) -> Ints:
    """Find the rows of record ids in a sorted column; what is absent is left out, or `missing`."""
    at = np.searchsorted(held, wanted)
    there = at < len(held)
    there[there] = held[at[there]] == wanted[there]
    return at[there] if missing is None else np.where(there, at, missing)


def replace_rows(prepared: pl.DataFrame, old_rows: Ints, fresh: pl.DataFrame) -> pl.DataFrame:
    """Take rows out of a table in the order of record_id, and put others in."""
    ids = prepared["record_id"].to_numpy()
    if np.array_equal(ids[old_rows], fresh["record_id"].to_numpy()):
        return pl.DataFrame(
            [column.clone().scatter(old_rows, fresh[column.name]) for column in prepared]
        )
    stays = np.ones(len(ids), dtype=np.bool_)
    stays[old_rows] = False
    left = prepared.filter(pl.Series(stays))
    return pl.concat([left, fresh.select(prepared.columns)]).sort("record_id")


def _recount(
    counts: pl.DataFrame, before: pl.DataFrame, fresh: pl.DataFrame, parameters: Parameters
) -> tuple[pl.DataFrame, dict[str, Ints]]:
    """Update the counts of values; give, by field, the values that weigh otherwise now."""
    lost, won = count_values(before, parameters), count_values(fresh, parameters)
    updated, rarer = [counts.clear()], {}
    for field in parameters.fields:
        if field.counts_rarity:
            held, less, more = (each.filter(field=field.name) for each in (counts, lost, won))
            table, rarer[field.name] = _add_counts(held, less, more)
            name = pl.repeat(field.name, table.height, dtype=pl.String, eager=True)
            updated.append(table.select(name.alias("field"), "value", "n"))
    return pl.concat(updated).sort("field", maintain_order=True), rarer


def _add_counts(
    held: pl.DataFrame, lost: pl.DataFrame, won: pl.DataFrame
) -> tuple[pl.DataFrame, Ints]:
    """Add and take away counts of one field; give the values that weigh otherwise now as well."""
    values, n = held["value"].to_numpy(), held["n"].to_numpy()
    changed = np.unique(np.concatenate([lost["value"].to_numpy(), won["value"].to_numpy()]))
    change = np.zeros(len(changed), dtype=np.int64)
    change[np.searchsorted(changed, won["value"].to_numpy())] += won["n"].to_numpy()
    change[np.searchsorted(changed, lost["value"].to_numpy())] -= lost["n"].to_numpy()
    at = find_rows(values, changed, missing=-1)
    was = np.where(at >= 0, n[at], 0) if len(n) else np.zeros(len(changed), dtype=np.int64)
    now = n.copy()
    now[at[at >= 0]] += change[at >= 0]
    kept, new = now > 0, (at < 0) & (change > 0)
    places = np.searchsorted(values[kept], changed[new])
    table = pl.DataFrame(
        {
            "value": np.insert(values[kept], places, changed[new]),
            "n": np.insert(now[kept], places, change[new]),
        }
    )
    return table, changed[count_steps(was) != count_steps(was + change)]


def _find_seekers(
    prepared: pl.DataFrame, said: pl.DataFrame, rarer: dict[str, Ints], parameters: Parameters
) -> Flags:
    """Mark the rows without identifier that share a block with what changed records say or said."""
    rows = np.flatnonzero(~named_rows(prepared, parameters))
    columns = {column for block in parameters.blocks for column in block} | set(rarer)
    unnamed = prepared.select(sorted(columns))[rows]
    seeks = np.zeros(len(rows), dtype=np.bool_)
    for block in parameters.blocks:
        keys = block_keys(unnamed, block)
        seeks |= (keys != 0) & _are_among(keys, block_keys(said, block))
    for field, values in rarer.items():
        seeks |= _are_among(unnamed[field].to_numpy(), values)
    found = np.zeros(prepared.height, dtype=np.bool_)
    found[rows[seeks]] = True
    return found


def _are_among(keys: Ints, wanted: Ints) -> Flags:
    held = np.unique(wanted)
    at = np.minimum(np.searchsorted(held, keys), max(len(held) - 1, 0))
    return held[at] == keys if len(held) else np.zeros(len(keys), dtype=np.bool_)


def _update_edges(
    edges: pl.DataFrame,
    stale: Ints,
    prepared: pl.DataFrame,
    seekers: Flags,
    counts: pl.DataFrame,
    parameters: Parameters,
) -> pl.DataFrame:
    """Leave out the edges of stale records, and add those of the seekers, by row."""
    ends = [edges[side].to_numpy() for side in ("left", "right")]
    fresh = ~(_are_among(ends[0], stale) | _are_among(ends[1], stale))
    ids = prepared["record_id"].to_numpy()
    still = edges.filter(pl.Series(fresh)).with_columns(
        pl.Series(side, np.searchsorted(ids, end[fresh]))
        for side, end in zip(PLACES, ends, strict=True)
    )
    found = find_edges(prepared, counts, parameters, seekers=seekers)
    return pl.concat([still, found.select(list(REVIEWED))]).sort("left", "right")


def _by_record(edges: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    return edges.with_columns(ids.gather(edges[side]).alias(side) for side in PLACES)
